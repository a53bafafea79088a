"""e-prop in chunks of K steps, in memory that does not grow with the trial; with K = 1 online.

Every cell that learns has a local state x of D numbers: its own, and those of the filters of its spikes on which
learning signals act. Between chunks it carries, for every synapse i -> j, the eligibility E_ij = dx_j / dw_ij (D,
batch, n_pre, n). A chunk runs forward once, and back once for the signals and D times for the state at its end:

    dw_ij = sum_t lambda_j(t) p_i(t) + E_ij . lambda_j(start),    E_ij <- Phi_j E_ij + sum_t u_j(t) p_i(t)

p what the synapse receives, lambda the signals' way back to what arrives and to the state at the start, Phi and u that
of the state at the end. The sum over the chunks is the factorised gradient. Online, weights move after every chunk.
Where conventions are `aligned`, step by step, what was found in a step of rates and output errors waits one step: its
learning signals come then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.compilers.eprop.eligibilities import NEVER, Eligibilities
from ngcsnn.compilers.eprop.fed_chunks import Samples, by_steps, chunk
from ngcsnn.compilers.eprop.firing_rate import FiringRate
from ngcsnn.compilers.eprop.heads import Head, leaky, of_filter, of_readout
from ngcsnn.compilers.eprop.local_cell import Credit, Given, LocalCell
from ngcsnn.compilers.eprop.network_step import NetworkStep, State
from ngcsnn.compilers.eprop.step_losses import StepLosses
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.parameters import Params, merged
from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import Memo, running


@dataclass(frozen=True)
class Receiver:
    """A cell that learns. synapses: those whose parameters do, each read by the cell as (synapse, "outputs")."""

    cell: LocalCell
    synapses: tuple[str, ...]
    reads: tuple[Leaf, ...]
    ways: tuple[Any, ...]
    rates: tuple[FiringRate, ...]
    eligibilities: Eligibilities


class Trial(NamedTuple):
    """sums, as `TrainableNetwork.learning_sums` has them; gradients, of what did not move parameters at once; then what
    was recorded, and trained parameters after every chunk."""

    sums: dict[str, Any]
    grads: Params
    trained: Params
    opt_state: Any
    recorded: dict[Leaf, Any]
    moved: dict[Leaf, Any]


class Streaming:
    """network: an `EPropNetwork`. receivers: its learning cells. n_chunk: K."""

    def __init__(self, network: Any, step: NetworkStep, receivers: list[Receiver], n_chunk: int):
        self.network, self.step, self.receivers = network, step, receivers
        self.n_steps, self.n_chunk = network.n_steps, min(n_chunk, network.n_steps)
        self.losses = StepLosses(network, step)
        self.resting = replace(step.crossing, spike_gradient=False)

    # --- a trial ----------------------------------------------------------------------------------------------------
    def __call__(
        self, trained: Params, fixed: Params, data: Data, targets: dict[str, Any], index: Any, weight: Any,
        opt_state: Any = None, record: tuple[Leaf, ...] = (), follow: tuple[Leaf, ...] = (),
    ) -> Trial:  # fmt: skip
        """opt_state: given, parameters move after every chunk. record: states and outputs, follow: parameters."""
        batch, dtype = weight.shape[0], self.step.context.dtype
        fed = by_steps(self.step.context, data, index, self.n_steps)
        wanted = {k: Samples(v, index) if v.ndim == 3 else v[index] for k, v in targets.items()}
        params = merged(trained, fixed)
        heads = [self.heads(r, params) for r in self.receivers]
        carry: dict[str, Any] = {
            "state": self.step.start(params, batch), "filters": [], "traces": [], "trained": trained, "opt": opt_state,
            "grads": jax.tree.map(jnp.zeros_like, trained), "sums": self.losses.none(batch, dtype, wanted),
        }  # fmt: skip
        for r, found in zip(self.receivers, heads, strict=True):
            n = r.eligibilities.n_units
            carry["filters"].append([jnp.zeros((h.size, batch, n), dtype) for h in found])
            carry["traces"].append(r.eligibilities.none(len(r.cell.fields) + sum(h.size for h in found), batch))

        def one(carry: Any, first: Any, n_chunk: int) -> Any:
            now = chunk(fed, first, n_chunk, dtype)
            new, seen = self.chunk(carry, fixed, heads, now, wanted, weight, first, n_chunk, record)
            return new, (seen, {(n, k): new["trained"][n][k] for n, k in follow})

        whole, rest = divmod(self.n_steps, self.n_chunk)
        firsts = self.n_chunk * jnp.arange(whole)
        carry, (seen, moved) = lax.scan(lambda c, first: one(c, first, self.n_chunk), carry, firsts)
        seen = {leaf: a.reshape(-1, *a.shape[2:]) for leaf, a in seen.items()}
        if rest:
            carry, last = one(carry, jnp.asarray(whole * self.n_chunk), rest)
            seen, moved = (
                {leaf: jnp.concatenate([a, b]) for (leaf, a), b in zip(all_.items(), more.values(), strict=True)}
                for all_, more in ((seen, last[0]), (moved, {k: v[None] for k, v in last[1].items()}))
            )
        sums = {**self.losses.figures(carry["sums"], wanted, weight), "skipped": carry["sums"]["skipped"]}
        return Trial(sums, carry["grads"], carry["trained"], carry["opt"], seen, moved)

    def chunk(
        self, carry: Any, fixed: Params, heads: list[list[Head]], fed: State, targets: dict[str, Any], weight: Any,
        first: Any, n_chunk: int, record: tuple[Leaf, ...],
    ) -> Any:  # fmt: skip
        params, opt, waits = merged(carry["trained"], fixed), carry["opt"], self.waits(carry["opt"])
        met = self.forward(params, carry["state"], fed, record)
        replays, resting = [], []
        for k, r in enumerate(self.receivers):
            start = params, heads[k], carry["state"], carry["filters"][k], met.given[k]
            replays.append(r.cell.replay(*start))
            rests = r.eligibilities.cutoff is not None
            resting.append(r.cell.replay(*start, crossing=self.resting).flow() if rests else None)
        steps = first + jnp.arange(n_chunk)
        watched = {r.cell.watch: x.acted_on[1] for r, x in zip(self.receivers, replays, strict=True) if r.cell.watch}
        sums, errors = self.losses.errors(carry["sums"], watched, targets, weight, steps)
        grads, traces, active, due = carry["grads"], [], {}, {}
        waiting = jax.tree.map(jnp.zeros_like, grads)
        for k, (r, replay) in enumerate(zip(self.receivers, replays, strict=True)):
            signals, later, cost = self.signals(r, params, replay.acted_on, errors, steps, weight)
            sums["penalty"] = sums["penalty"] + cost
            before, es, sent = carry["traces"][k], r.eligibilities, met.sent[k]
            after = es.moved(replay.flow(), resting[k], sent, met.coming[k], before)
            traces.append(after)
            on, then = ({key: es.active(trace) for key, trace in t.items()} for t in (before, after))
            if waits:
                grads = _plus(grads, es.grads(replay.credit(signals), sent, before, on))
                waiting = _plus(waiting, es.grads(replay.credit(later), sent, before, then))
            else:
                both: Credit = replay.credit(jax.tree.map(jnp.add, signals, later))
                grads = _plus(grads, es.grads(both, sent, before, on))
            active.update({key: None if a is None else a.any(axis=0)[:, None] for key, a in on.items()})
            due.update({key: _again(met.coming[k].get(key[0]), trace) for key, trace in before.items()})
        for name, s in met.spikes.items():
            sums["spikes"][name] = sums["spikes"][name] + weight @ s.sum(axis=0)
        trained = carry["trained"]
        if opt is not None:
            n = jnp.sum(weight)
            where = self.where(trained, active, due)

            def update(trained: Params, opt: Any) -> Any:
                return self.network.update(trained, opt, grads, n, **where)

            def none(trained: Params, opt: Any) -> Any:
                return trained, opt, jnp.ones((), bool)

            if waits:  # there is no step before the first
                trained, opt, finite = lax.cond(first > 0, update, none, trained, opt)
            else:
                trained, opt, finite = update(trained, opt)
            grads = waiting
            sums["skipped"] = sums["skipped"] + (~finite).astype(jnp.int32)
        new = {
            "state": met.end, "filters": [replay.filters for replay in replays], "trained": trained, "opt": opt,
            "grads": grads, "sums": sums, "traces": traces,
        }  # fmt: skip
        return new, met.seen

    def waits(self, opt: Any) -> bool:
        """Whether what is found of rates and output errors moves weights one step later."""
        return opt is not None and self.network.aligned and self.n_chunk == 1

    def where(self, trained: Params, active: dict[Leaf, Any], due: dict[Leaf, Any]) -> dict[str, Any]:
        """Of which weights an optimiser hears that asks for it: those that take part, and those that transmit next."""
        if not hasattr(self.network.optimiser, "step_where"):
            return {}

        def tree(masks: dict[Leaf, Any]) -> Params:
            every = jnp.ones((), bool)
            return {
                n: {k: every if masks.get((n, k)) is None else masks[n, k] > 0 for k in part}
                for n, part in trained.items()
            }

        return {"active": tree(active), "due": tree(due)}

    # --- forward ----------------------------------------------------------------------------------------------------
    def forward(self, params: Params, state: State, fed: State, record: tuple[Leaf, ...]) -> Met:
        receiving = {r.cell.name: k for k, r in enumerate(self.receivers)}

        def one(state: State, now: State) -> Any:
            frame = self.step.frame(params, {**state, **now})
            received: dict[str, Any] = {}
            memos: list[Any] = [()] * len(self.receivers)
            for name in self.step.order:
                component: Any = self.step.context.components[name]
                if component.stage == "synapse":
                    with running(frame):
                        received[name] = component.inputs.get()
                frame.memo = Memo() if name in receiving else None
                self.step.advance(frame, name)
                if name in receiving:
                    memos[receiving[name]] = tuple(frame.memo.items) if frame.memo else ()
                    frame.memo = None
            new = {leaf: frame.values[leaf[0]][leaf[1]] for leaf in state}
            given = [
                Given(
                    {leaf: new[leaf] for leaf in r.reads}, {k: v for k, v in now.items() if k[0] == r.cell.name}, memo
                )
                for r, memo in zip(self.receivers, memos, strict=True)
            ]
            sent = [{name: received[name] for name in r.synapses} for r in self.receivers]
            spikes = {name: new[name, "s"] for name in self.network.spiking}
            return new, (given, sent, spikes, {leaf: new[leaf] for leaf in record})

        end, (given, sent, spikes, seen) = lax.scan(one, state, fed)
        frame, coming = self.step.frame(params, end), []
        for r in self.receivers:
            with running(frame):
                asked: list[Any] = [self.step.context.components[n] for n in r.synapses if r.eligibilities.asked]
                coming.append({c.name: c.inputs.get() for c in asked})
        return Met(end, given, sent, spikes, seen, coming)

    # --- signals ----------------------------------------------------------------------------------------------------
    def heads(self, r: Receiver, params: Params) -> list[Head]:
        """Of the receiver's ways, then of its rate terms."""
        out = []
        for way in r.ways:
            if way.exact:
                recorded, at_once = self.losses.recorded(way.output), bool(self.network.same_step)
                out.append(of_readout(self.step, params, way.output, recorded, way.leaf, at_once))
            else:
                out.append(of_filter(way.way))
        for rate in r.rates:
            one = Head(jnp.ones((1, 1)), jnp.ones(1), jnp.ones(1), 1.0)
            out.append(one if rate.form == "trial" else leaky(rate.kappa, 1.0 - rate.kappa))
        return out

    def signals(
        self, r: Receiver, params: Params, acted_on: Any, errors: State, steps: Any, weight: Any
    ) -> tuple[Any, Any, Any]:
        """(learning signals, those of rates and output errors, both on all that is acted on; cost of the rates)."""
        ys, watched = acted_on
        ways, rates, cost = [], [], jnp.zeros((), weight.dtype)
        for way in r.ways:
            error = errors[self.losses.recorded(way.output)]
            ways.append(error @ self.network.way_matrix(way, params, self.step.fed).T)
        for rate, y in zip(r.rates, ys[len(r.ways) :], strict=True):
            strength, target = rate.numbers(y.dtype)
            over, scale = y - target, jnp.ones(len(steps), y.dtype)
            if rate.form == "trial":
                over, scale = y / self.n_steps - target, (steps == self.n_steps - 1).astype(y.dtype)
            scale = rate.factor * strength * scale[:, None, None] * weight[:, None]
            rates.append(scale * over / (self.n_steps if rate.form == "trial" else 1))
            cost = cost + jnp.sum(0.5 * scale * jnp.square(over))
        none = [jnp.zeros_like(y) for y in ys]
        now = [*ways, *none[len(ways) :]], jax.tree.map(jnp.zeros_like, watched)
        later = [*none[: len(ways)], *rates], None if r.cell.watch is None else errors[r.cell.watch]
        return now, later, cost


class Met(NamedTuple):
    """The forward pass of a chunk. end: the state after it. given: what each receiver met, sent: what its synapses
    received, coming: what they will receive next (where asked). spikes of every spiking cell. seen: recordings."""

    end: State
    given: list[Given]
    sent: list[dict[str, Any]]
    spikes: dict[str, Any]
    seen: State
    coming: list[dict[str, Any]]


def _again(coming: Any, trace: Any) -> Any:
    """Which weights will transmit next, and have before, (n_pre, 1); None: not asked."""
    if coming is None or trace.silent is None:
        return None
    return ((coming != 0).any(axis=0) & (trace.silent < NEVER).any(axis=0))[:, None]


def _plus(a: Params, b: Params) -> Params:
    out = {name: dict(part) for name, part in a.items()}
    for name, part in b.items():
        for key, value in part.items():
            out[name][key] = out[name][key] + value.reshape(out[name][key].shape)
    return out
