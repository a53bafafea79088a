"""What holds for every learning rule: the table of rules and synapses, and how a rule runs. A new one must be listed.

Rules are listed in RULES of museum/rules/run.py, which makes the table, and here in OTHERS.
"""

from __future__ import annotations

import runpy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import (
    CompetitiveRule,
    DenseSynapse,
    EligibleRule,
    LearningRule,
    RateRule,
    SpikeRule,
    Synapse,
)
from ngcsnn.components.synapses import few_changes
from ngcsnn.graph import known_types

FOLDER = Path(__file__).resolve().parents[2] / "museum" / "rules"
TABLE = runpy.run_path(str(FOLDER / "run.py"))
RULES: dict[str, dict[str, Any]] = TABLE["RULES"]
SYNAPSES: dict[str, dict[str, Any]] = TABLE["SYNAPSES"]
BASES = {c.__name__ for c in (LearningRule, RateRule, SpikeRule, EligibleRule, CompetitiveRule)}
STEPS = 6


class Along(NamedTuple):
    """A value that needs other arguments changed with it."""

    value: Any
    others: dict[str, Any]


STDP = {"A_plus": 0.03, "A_minus": 0.03, "mu_plus": 0.5, "mu_minus": 0.5}
OTHERS: dict[str, dict[str, Any]] = {  # for every argument of a rule, a value that must change something
    "HebbianRule": {"tau": 20.0, "rate": 0.3, "decay": 0.1},
    "OjaRule": {"tau": 20.0, "rate": 0.3, "alpha": 2.0},
    "GeneralisedOjaRule": {"tau": 20.0, "rate": 0.3, "alpha": 2.0, "order": "sequential"},
    "BCMRule": {
        "tau": 20.0, "rate": 0.3, "decay": 0.1, "tau_theta": 5.0, "theta_start": 0.5, "y0": 0.5,
        "scaled": Along(True, {"theta_start": 0.5}),
    },
    "GeneralHebbianRule": {
        "tau": 20.0, "c0": 0.1, "c_pre": 0.1, "c_post": 0.2, "c_corr": (0.0, 1.0), "c_pre2": 0.1, "c_post2": 0.1,
    },
    "PairSTDP": {**STDP, "tau_plus": 10.0, "tau_minus": 10.0, "pairing": "nearest"},
    "TripletSTDP": {
        "preset": "hippocampus", "A2_plus": 0.1, "A3_plus": 0.1, "A2_minus": 0.1, "A3_minus": 0.1, "tau_plus": 5.0,
        "tau_minus": 5.0, "tau_x": 5.0, "tau_y": 5.0, "mu_plus": 0.5, "mu_minus": 0.5, "pairing": "nearest",
    },
    "TraceSTDP": {**STDP, "trace_target": 0.2},
    "ExponentialSTDP": {
        "A_plus": 0.03, "A_minus": 0.03, "beta": 2.0, "trace_target": 0.2,
        "loss": Along("constant", {"trace_target": 0.2}),
    },
    "EventSTDP": {"rate": 0.02, "A_plus": 0.5, "A_minus": 0.5, "decay": 0.2, "window": 2.0},
    "InhibitorySTDP": {"rate": 0.02, "target_rate": 8.0, "tau": 5.0},
    "ClopathRule": {
        "A_plus": 0.1, "A_minus": 0.1, "theta_plus": -100.0, "theta_minus": -90.0, "tau_x": 5.0, "tau_plus": 5.0,
        "tau_minus": 5.0, "lag": 0.0, "spike_potential": 20.0, "spike_width": 1.0, "u_ref": 5.0,
        "tau_bar": Along(100.0, {"u_ref": 5.0}),
    },
    "MSTDP": {**STDP, "tau_plus": 10.0, "tau_minus": 10.0, "pairing": "nearest", "rate": 0.3},
    "MSTDPET": {**STDP, "tau_plus": 10.0, "tau_minus": 10.0, "pairing": "nearest", "rate": 0.3, "tau_e": 10.0},
    "DopamineSTDP": {
        **STDP, "tau_plus": 10.0, "tau_minus": 10.0, "pairing": "nearest", "rate": 0.01, "tau_c": 10.0, "tau_d": 10.0,
        "tonic": 0.5,
    },
    "REINFORCERule": {"rate": 0.3, "discount": 0.5, "variance": 2.0},
    "SynapticScalingRule": {"target_rate": 8.0, "tau": 1e4, "tau_rate": 1e3, "spikes": False},
    "PredictiveCodingRule": {
        "tau": 20.0, "rate": 0.3, "prior": Along("cauchy", {"prior": "gaussian", "strength": 0.1}),
        "strength": Along(0.2, {"prior": "gaussian", "strength": 0.1}),
    },
    "FeedbackAlignmentRule": {"tau": 20.0, "rate": 0.3, "slope": "tanh"},
    "ContrastiveDivergenceRule": {
        "rate": 0.3, "steps": 2, "persistent": Along(True, {"visible": "gaussian"}), "visible": "gaussian",
    },
    "SelfOrganisingMapRule": {
        "grid": (1, 4), "rate": 0.1, "tau_rate": 2.0, "radius": 0.5, "tau_radius": 2.0, "neighbourhood": "bubble",
        "wraps": Along(True, {"grid": (1, 4)}),
    },
    "VectorQuantisationRule": {"rate": 0.1, "tau_rate": 2.0, "classes": (0, 1, 0, 1)},
    "ART2ARule": {"rate": 0.5, "vigilance": 0.1, "threshold": 0.55},
    "HopfieldRule": {"storage": "hebbian"},
    "AssociativeMemoryRule": {},
}  # fmt: skip
COMMON = {"name", "synapse", "reduce"}  # of every rule: test_learning_rule


def test_every_rule_and_every_synapse_is_listed() -> None:
    library = {n: c for n, c in known_types().items() if c.__module__.startswith("ngcsnn.components")}
    rules = {n for n, c in library.items() if issubclass(c, LearningRule)} - BASES
    assert {name.partition(",")[0] for name in RULES} == rules == set(OTHERS)
    assert set(SYNAPSES) == {n for n, c in library.items() if issubclass(c, Synapse)} - {Synapse.__name__}
    for name, others in OTHERS.items():
        assert set(others) == set(library[name].__signature__.parameters) - COMMON, name


def test_the_page_is_the_table() -> None:
    """Written anew by museum/rules/run.py after a rule or a synapse is added."""
    page = TABLE["table"]()
    assert "the weights do not move" not in page
    assert (FOLDER / "README.md").read_text() == page


def run(name: str, compiled: bool = True, net: Any = None, **changed: Any) -> np.ndarray:
    """The weights in every step of the rule on a dense synapse."""
    net = TABLE["pair"](name, "DenseSynapse", **changed) if net is None else net
    rows = TABLE["activity"](net.components["rule"], STEPS)
    process = net.process("learn") >> net.advance >> net.evolve
    if compiled:
        return np.asarray(process.scan(rows, watch=["w.weights"])["w.weights"])
    out = []
    for n in range(STEPS):
        with jax.disable_jit():
            process.run({k: v[n] for k, v in rows.items()}, compiled=False)
        out.append(np.asarray(net.components["w"].weights.get()))
    return np.stack(out)


@cache
def base(name: str) -> np.ndarray:
    return run(name, compiled=False)


@pytest.mark.parametrize("name", list(RULES))
def test_eager_compiled_and_reloaded_runs_agree(name: str) -> None:
    net = TABLE["pair"](name, "DenseSynapse")
    reloaded = ng.Context.from_yaml(net.to_yaml())
    assert reloaded.to_yaml() == net.to_yaml()
    reloaded.reset(batch_size=TABLE["BATCH"])
    np.testing.assert_allclose(run(name, net=reloaded), base(name), rtol=2e-5, atol=1e-6)
    assert reloaded.processes["learn"].traces == 1


@pytest.mark.parametrize("name, argument", [(n, a) for n, others in OTHERS.items() for a in others])
def test_every_argument_changes_something(name: str, argument: str) -> None:
    other = OTHERS[name][argument]
    given, others = other if isinstance(other, Along) else (other, {})
    same = run(name, compiled=False, **others) if others else base(name)
    assert not np.array_equal(run(name, compiled=False, **{**others, argument: given}), same)


def test_changes_of_few_weights_are_those_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules of events change rows and columns of units that spiked: the same as changing the whole matrix."""
    ways = {}
    for many in (1, 10**9):
        monkeypatch.setattr(few_changes, "MANY", many)
        with ng.Context("net", dt=1.0, seed=1) as net:
            for n, name in enumerate(RULES):
                w = DenseSynapse(f"w{n}", **SYNAPSES["DenseSynapse"])
                TABLE["rule_class"](name)(f"r{n}", synapse=w, **RULES[name]).dweights >> w.dweights
        rows = {}
        for n in range(len(RULES)):
            fed = TABLE["activity"](net.components[f"r{n}"], STEPS)
            rows |= {k: v[:, :1] * (np.arange(STEPS)[:, None, None] % 3 > 0) for k, v in fed.items()}
        out = (net.process("learn") >> net.advance >> net.evolve).scan(
            rows, watch=[f"w{n}.weights" for n in range(len(RULES))]
        )
        ways[many] = out
    for n, name in enumerate(RULES):
        one, all_ = (np.asarray(ways[many][f"w{n}.weights"]) for many in (1, 10**9))
        np.testing.assert_allclose(one, all_, rtol=2e-5, atol=1e-6, err_msg=name)
        assert np.ptp(one, axis=0).max() > 0, name
