"""Every pair of loss and readout: it works, value and gradient finite, or it raises by name; a new class must be put
into the table."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from objective_examples import LOSSES, READOUTS, recordings, target

from ngcsnn.graph import GraphError
from ngcsnn.objectives import FirstSpikeTime, Loss, Readout

VALUES = {
    "avg_var", "sum_var", "max_var", "spike_count", "avg_var_exp_weight", "avg_var_linear_weight",
    "avg_var_sigmoid_weight", "avg_var_input_weight",
}  # fmt: skip
GOES_WITH = {
    "sparse_categorical_crossentropy": VALUES | {"var"},
    "mean_square_error": VALUES | {"var", "first_spike_time"},
    "first_spike": {"first_spike_time"},
    "first_spike_exp": {"first_spike_time"},
    "relative_mean_square_error": {"first_spike_time"},
}
PAIRS = [(loss, readout) for loss in Loss.family for readout in Readout.family]


def examples(kind: str, among: list[Any]) -> list[Any]:
    found = [one for one in among if one.kind == kind]
    assert found, f"{kind} has no example in objective_examples.py"
    return found


def test_the_table_names_every_class() -> None:
    assert set(GOES_WITH) == set(Loss.family)
    assert set.union(*GOES_WITH.values()) == set(Readout.family)


@pytest.mark.parametrize(("loss", "readout"), PAIRS, ids=[f"{a}-{b}" for a, b in PAIRS])
def test_a_pair_works_or_raises_by_name(x64, loss, readout) -> None:
    losses, readouts = examples(loss, LOSSES), examples(readout, READOUTS)
    if readout not in GOES_WITH[loss]:
        with pytest.raises(
            GraphError, match=f"loss '{loss}' cannot use readout '{readout}'.* goes with .*; '{readout}'"
        ):
            losses[0].supports(readouts[0])
        return
    for one in losses:
        for read in readouts:
            one.supports(read)
            for silent in (False, True):
                check_finite(one, read, silent)


def check_finite(loss: Loss, readout: Readout, silent: bool) -> None:
    given = recordings(readout, silent=silent)
    leaves, tree = jax.tree.flatten(given)

    def total(leaves: Any) -> Any:
        y = readout(jax.tree.unflatten(tree, leaves), 1.0)
        return loss(y, target(loss, y.shape)).sum()

    value, grads = jax.value_and_grad(total)(leaves)
    assert np.isfinite(value) and value > 0 and all(np.isfinite(g).all() for g in grads)
    assert any(np.abs(g).max() > 0 for g in grads), "nothing to learn from"


@pytest.mark.parametrize("loss", [one for one in LOSSES if one.takes(FirstSpikeTime)], ids=repr)
def test_without_spikes_event_times_teach_nothing_but_stay_finite(x64, loss) -> None:
    """As under EventProp, where spikes have no tangent and a silent unit no offset; `lift` makes up for it."""
    v, none = np.random.default_rng(0).uniform(0.0, 0.9, (5, 2, 3)), jnp.zeros((5, 2, 3))
    for lift in (0.0, 2.0):
        readout = FirstSpikeTime(lift=lift, v_thr=1.0 if lift else None)

        def total(v: Any, readout: FirstSpikeTime = readout) -> Any:
            y = readout((none, none, v)[: len(readout.reads)], 1.0)
            return loss(y, target(loss, y.shape)).sum()

        value, g = jax.value_and_grad(total)(v)
        assert np.isfinite(value) and np.isfinite(g).all()
        lifted = [np.abs(g[:, b, k]).max() > 0 for b, k in ((0, 0), (1, 2))]  # the labels of `target`
        assert lifted == [lift > 0] * 2


def test_a_long_trial_makes_no_exponential_overflow() -> None:
    loss = replace(examples("first_spike_exp", LOSSES)[0], trial=384.0)  # 60 tau_1
    value, g = jax.value_and_grad(lambda y: loss(y, np.array([0])).sum())(jnp.full((1, 3), 1e4, jnp.float32))
    assert np.isfinite(value) and np.isfinite(g).all()
