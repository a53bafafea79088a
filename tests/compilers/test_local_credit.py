"""Where credit stops: which reads are cut, and that the way back then has no product between cells."""

from __future__ import annotations

import re
from typing import Any

import jax.numpy as jnp
import numpy as np
from eprop_cases import MSE, STEPS, network

from ngcsnn.compilers import EPropCompiler, SurrogateCompiler
from ngcsnn.compilers.local_credit import cuts, hidden_cells, reached


def test_cuts_of_layers() -> None:
    net = network(layers=2, to_output=(1,))
    assert hidden_cells(net, ["output"]) == ["hidden_0", "hidden_1"]
    cut = {name: leaves for name, leaves in cuts(net, ["output"]).items() if leaves}
    s = {k: frozenset({(f"hidden_{k}", "s")}) for k in (0, 1)}
    assert cut == {"back_0": s[0], "back_1": s[1], "forward_1": s[0]}
    assert "hidden_1" in reached(net, ["output"], cut) and "hidden_0" not in reached(net, ["output"], cut)
    apart = cuts(net, ["output"], to_hidden=False)
    assert set(apart) - set(cuts(net, ["output"])) == {"readout_1", "output"}
    assert apart["readout_1"] == s[1]


def products(compiler: Any) -> int:
    """Products within the loops over time, of which there is one where spikes go out through the recurrent weights."""
    net = network(n=24)
    made = compiler.compile(net)
    data, n = made.data({"input": np.zeros((2, STEPS, 5), np.float32)})
    y = made.objective.targets(net, {"output": np.zeros((2, STEPS, 3))}, n, STEPS)
    arguments = *made.params(), data, y, jnp.arange(n, dtype=jnp.int32), jnp.ones(n)
    text = str(made._gradient_program(data).lower(*arguments).compile().as_text())
    return len(re.findall(r"f32\[2,24\]\S* dot\(.*while/body", text))


def test_the_way_back_has_no_recurrent_product() -> None:
    assert products(SurrogateCompiler(STEPS, MSE, "var", batch_size=2)) == 2
    assert products(EPropCompiler(STEPS, MSE, batch_size=2)) == 1
