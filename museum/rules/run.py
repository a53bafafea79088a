"""Which learning rule moves the weights of which synapse: `python museum/rules/run.py [--out FOLDER] [--smoke]`.

Builds every pair of a rule and a synapse, feeds the rule some random activity, and writes `README.md`: whether the
weights moved, or the reason that the pair was refused with. A new rule or synapse gets a line in RULES or SYNAPSES.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import jax
import numpy as np

import ngcsnn as ng
from ngcsnn import components

BATCH, STEPS = 2, 3
BOUNDED = {"weights": ng.init.Uniform(0.2, 0.8), "w_min": 0.0, "w_max": 1.0}
IMAGE = {"in_shape": (2, 2, 1), "filters": 1}
SYNAPSES: dict[str, dict[str, Any]] = {
    "DenseSynapse": {"shape": (4, 4), **BOUNDED},
    "SparseSynapse": {"shape": (4, 4), "pre": [0, 0, 1, 2, 3], "post": [1, 2, 0, 3, 2], **BOUNDED},
    "OneToOneSynapse": {"n_units": 4, **BOUNDED},
    "AllButSelfSynapse": {"n_units": 4, **BOUNDED},
    "PatchedSynapse": {"patches": 2, "patch_shape": (2, 2), **BOUNDED},
    "StochasticSynapse": {"shape": (4, 4), **BOUNDED},
    "LowRankSynapse": {"shape": (4, 4), "rank": 2, "weights": ng.init.Uniform(0.2, 0.8)},
    "Conv2DSynapse": {"kernel_size": 2, "padding": "same", **IMAGE, **BOUNDED},
    "Conv2DTransposeSynapse": {"kernel_size": 2, "in_shape": (1, 1, 4), "filters": 1, **BOUNDED},
    "LocallyConnected2DSynapse": {"window_size": 2, "padding": "same", **IMAGE, **BOUNDED},
    "DelayLineSynapse": {"shape": (4, 4), "copies": 2, "spacing": 1.0, **BOUNDED},
    "TransposedSynapse": {"synapse": "other"},
    "AvgPool2DSynapse": {"in_shape": (2, 2, 1), "pool_size": 2},
}
RULES: dict[str, dict[str, Any]] = {  # arguments besides `synapse`; an entry "Rule, words" is a further way to use it
    "HebbianRule": {},
    "OjaRule": {},
    "GeneralisedOjaRule": {},
    "GeneralisedOjaRule, sequential": {"order": "sequential"},
    "BCMRule": {},
    "GeneralHebbianRule": {"c_post": 0.1},
    "PairSTDP": {},
    "PairSTDP, multiplicative": {"mu_plus": 1.0, "mu_minus": 1.0},
    "TripletSTDP": {},
    "TraceSTDP": {"A_minus": 0.02},
    "ExponentialSTDP": {},
    "EventSTDP": {},
    "InhibitorySTDP": {},
    "ClopathRule": {"lag": 1.0},
    "MSTDP": {},
    "MSTDPET": {},
    "DopamineSTDP": {},
    "REINFORCERule": {},
    "SynapticScalingRule": {"tau": 100.0},
    "PredictiveCodingRule": {},
    "FeedbackAlignmentRule": {},
    "ContrastiveDivergenceRule": {},
    "SelfOrganisingMapRule": {"grid": (2, 2)},
    "VectorQuantisationRule": {},
    "ART2ARule": {},
    "HopfieldRule": {"storage": "projection"},
    "AssociativeMemoryRule": {},
}


def rule_class(name: str) -> Any:
    """The class that an entry of RULES is about."""
    return getattr(components, name.partition(",")[0])


def pair(rule: str, synapse: str, **changed: Any) -> Any:
    """A context with this synapse, `w`, and this rule, `rule`, wired; raises what the library raises.

    changed: arguments of the rule in place of those in RULES.
    """
    with ng.Context("net", dt=1.0, seed=1) as net:
        if SYNAPSES[synapse].get("synapse") == "other":
            components.DenseSynapse("other", shape=(4, 4), weights=0.5)
        w = getattr(components, synapse)("w", **SYNAPSES[synapse])
        part = rule_class(rule)("rule", synapse=w, **{**RULES[rule], **changed})
        part.dweights >> w.dweights
    net.reset(batch_size=BATCH)
    return net


def activity(rule: Any, steps: int) -> dict[Any, np.ndarray]:
    """Random spikes of both sides and random values for whatever else the rule reads, (steps, batch, ...) each."""
    rng, fed = np.random.default_rng(0), {}
    for compartment in rule.compartments.values():
        if compartment.role == "input" and compartment.declared.stored:
            value = rng.random((steps, *((BATCH,) if compartment.batched else ()), *compartment.shape)).astype("f")
            if compartment.name == "modulator":
                value[:] = 1.0
            fed[compartment] = (value < 0.8).astype("f") if compartment.name in ("pre", "post") else value
    return fed


def refusal(rule: str, synapse: str) -> str | None:
    """None where the rule moved the weights; else why it does not."""
    try:
        net = pair(rule, synapse)
        part, w = net.components["rule"], net.components["w"]
        before, fed = np.asarray(w.weights.get()), activity(part, STEPS)
        for n in range(STEPS):
            for compartment, rows in fed.items():
                compartment.set(rows[n])
            part.advance()
            w.evolve()
    except (ValueError, TypeError) as error:
        text = str(error).replace(f"{rule.partition(',')[0]} 'rule'", "the rule")
        for name in ("`synapse` 'w'", f"{synapse} 'w'", "'w'"):
            text = text.replace(name, "the synapse")
        return text
    return None if np.any(np.asarray(w.weights.get()) != before) else "the weights do not move"


@jax.disable_jit()  # one step of each pair: nothing here is worth compiling
def table() -> str:
    """The page."""
    reasons: list[str] = []
    lines = []
    for rule in RULES:
        cells = []
        for synapse in SYNAPSES:
            why = refusal(rule, synapse)
            if why is not None and why not in reasons:
                reasons.append(why)
            cells.append("+" if why is None else f"[{reasons.index(why) + 1}]")
        lines.append(f"| {rule} | {' | '.join(cells)} |")
    names = [name.removesuffix("Synapse") for name in SYNAPSES]
    return "\n".join(
        [
            "# Every learning rule with every synapse",
            "",
            "Written by `python museum/rules/run.py`, which builds each pair and runs it: `+` where the rule moves the",
            "weights, else the number of the reason that the library refuses the pair with.",
            "",
            f"| | {' | '.join(names)} |",
            f"|---|{'---|' * len(names)}",
            *lines,
            "",
            *(f"{n}. {reason}" for n, reason in enumerate(reasons, 1)),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--smoke", action="store_true", help="write nothing; fail where the page is another one")
    told = parser.parse_args()
    page, path = table(), told.out / "README.md"
    if not told.smoke:
        told.out.mkdir(parents=True, exist_ok=True)
        path.write_text(page)
    elif path.read_text() != page:
        raise SystemExit(f"{path} is not what this script writes; run it without --smoke")
    print(f"{len(RULES)} rules, {len(SYNAPSES)} synapses")


if __name__ == "__main__":
    main()
