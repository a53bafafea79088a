"""Whether e-prop can stream through a network, and the cells that learn then."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ngcsnn.compilers.eprop.eligibilities import Eligibilities
from ngcsnn.compilers.eprop.firing_rate import FiringRate
from ngcsnn.compilers.eprop.heads import check_uniform, of_filter
from ngcsnn.compilers.eprop.local_cell import LocalCell
from ngcsnn.compilers.eprop.loss_window import LossWindow
from ngcsnn.compilers.eprop.network_step import NetworkStep
from ngcsnn.compilers.eprop.streaming import Receiver, Streaming
from ngcsnn.compilers.parameters import merged
from ngcsnn.compilers.plan import Leaf, origins
from ngcsnn.graph import Context, GraphError

PER_STEP = ("sparse_categorical_crossentropy", "mean_square_error")
MODES = "`mode` 'streaming' and 'online'"


def streaming(network: Any, fed: Collection[Leaf], n_chunk: int) -> Streaming:
    """`Streaming` of an `EPropNetwork`. Errors: `GraphError` for what has no form in chunks, by name."""
    context: Context = network.context
    outputs = [o.name for o in network.objective.outputs]
    _check_objective(network)
    late = [*network.same_step, *outputs] if network.same_step else []
    step = NetworkStep(context, network.crossing, fed, late)
    reads = {name: _reads(context, name) for name in receivers(context, outputs)}
    rates = [(p.name, p.regulariser) for p in network.objective.penalties]
    asks = hasattr(network.optimiser, "step_where") and network.mode == "online" and n_chunk == 1
    found, learned = [], set()
    for name, leaves in reads.items():
        synapses = tuple(dict.fromkeys(leaf[0] for leaf in leaves if network.names.get(leaf[0])))
        theta = network.names.get(name, ())
        if name not in outputs and not synapses and not theta:
            continue
        watch = next((o.leaves[0] for o in network.objective.outputs if o.name == name), None)
        cell = LocalCell(step, name, watch, theta)
        ways = tuple(way for way in network.ways if way.hidden == name)
        own: tuple[Any, ...] = tuple(rate for cell_name, rate in rates if cell_name == name)
        eligibilities = Eligibilities(cell, synapses, network.names, network.cutoffs.get(name), asks)
        found.append(Receiver(cell, synapses, leaves, ways, own, eligibilities))
        learned.update((name, *synapses))
    lost = [name for name in network.names if name not in learned]
    if lost:
        raise GraphError(f"{MODES} train cells and the synapses that they read; '{lost[0]}' is neither")
    for r in found:
        for synapse in r.synapses:
            _check_synapse(context, synapse, network.names[synapse])
            if r.eligibilities.asked:
                _check_heard(context, synapse, fed)
    params = merged(*network.params())
    for way in network.ways:
        if way.exact:
            recorded = next(o.leaves[0] for o in network.objective.outputs if o.name == way.output)
            assumed = set(network.names.get(way.output, ())) - {"bias"}
            if assumed:
                raise GraphError(
                    f"{MODES} need to know how '{way.output}' filters: freeze its {', '.join(sorted(assumed))}, or "
                    "give a `kappa`"
                )
            check_uniform(step, params, way.output, recorded, way.leaf)
        else:
            of_filter(way.way)
    return Streaming(network, step, found, n_chunk)


def receivers(context: Context, outputs: list[str]) -> list[str]:
    """The cells that may learn: spiking cells and outputs."""
    spiking = [c.name for c in context.components.values() if hasattr(c, "crossing_terms")]
    return list(dict.fromkeys([*spiking, *outputs]))


def _reads(context: Context, name: str) -> tuple[Leaf, ...]:
    """What a cell reads, of synapses alone."""
    found = [s for t in context.components[name].wired() for s in origins(t) if s.role != "param"]
    for source in found:
        if source.component.stage != "synapse":
            raise GraphError(
                f"{MODES} are for cells that read synapses; '{name}' reads {source.key} of a "
                f"{type(source.component).__name__}"
            )
    return tuple(dict.fromkeys((s.component.name, s.name) for s in found))


def _check_synapse(context: Context, name: str, learned: tuple[str, ...]) -> None:
    synapse: Any = context.components[name]
    if getattr(synapse, "matrix", None) is None or getattr(synapse, "delayed", False):
        what = "with delays" if getattr(synapse, "delayed", False) else f"of class {type(synapse).__name__}"
        raise GraphError(
            f"{MODES} keep an eligibility for every pair of cells and need a matrix of weights without delays; "
            f"'{name}' is one {what}: choose mode 'factorised', or freeze it"
        )
    others = [key for key in learned if key not in ("weights", "bias")]
    if others:
        raise GraphError(f"{MODES} train weights and biases of synapses, not {name}.{others[0]}")


def _check_heard(context: Context, name: str, fed: Collection[Leaf]) -> None:
    """What comes in next must be known at the end of a step."""
    inputs: Any = context.components[name].compartment("inputs")
    if (name, "inputs") in fed or any(s.component.stage == "synapse" for s in origins(inputs)):
        raise GraphError(
            f"an `eprop_isi_trace_cutoff`, and optimisers that rest with their synapses, are for synapses that read "
            f"sources and cells; '{name}' is fed, or reads a synapse"
        )


def _check_objective(network: Any) -> None:
    for o in network.objective.outputs:
        inner = o.loss.inner if isinstance(o.loss, LossWindow) else o.loss
        leaves = [leaf for leaf in o.leaves if leaf is not None]
        if not o.readout.keeps_time or inner.kind not in PER_STEP or len(leaves) != 1 or leaves[0][0] != o.name:
            raise GraphError(
                f"{MODES} learn from every step: output '{o.name}' needs the readout 'var' and one of the losses "
                f"{', '.join(PER_STEP)}; it has '{o.readout.kind}' and '{inner.kind}'"
            )
    for penalty in network.objective.penalties:
        rate = penalty.regulariser
        if not isinstance(rate, FiringRate) or rate.form == "signal":
            raise GraphError(
                f"{MODES} know the rate term `c_reg` alone, and not in mlGeNN's form; '{penalty.name}' has "
                f"'{getattr(rate, 'form', rate.kind)}'"
            )
    if network.perturbations or network.truncate or network.rescues:
        raise GraphError(f"{MODES} do without `dropout`, `noise`, `rescue_silent` and `truncate`")
    if any(way.adapts or way.trace is not None for way in network.ways):
        raise GraphError(f"{MODES} have symmetric or random feedback and true gradients of the weights to outputs")
