"""e-prop in chunks of K steps, in memory that does not grow with the trial; with K = 1 online.

Every cell that learns has a local state x of D numbers: its own, and those of the filters of its spikes on which
learning signals act. Between chunks it carries, for every synapse i -> j, the eligibility E_ij = dx_j / dw_ij (D,
batch, n_pre, n). A chunk runs forward once, and back once for the signals and D times for the state at its end:

    dw_ij = sum_t lambda_j(t) p_i(t) + E_ij . lambda_j(start),    E_ij <- Phi_j E_ij + sum_t u_j(t) p_i(t)

p what the synapse receives, lambda the signals' way back to what arrives and to the state at the start, Phi and u that
of the state at the end. The sum over the chunks is the factorised gradient. Online, weights move after every chunk.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.compilers.fed_chunks import Samples, by_steps, chunk
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.firing_rate import FiringRate
from ngcsnn.compilers.heads import Head, leaky, of_filter, of_readout
from ngcsnn.compilers.local_cell import Credit, Given, LocalCell
from ngcsnn.compilers.loss_window import LossWindow
from ngcsnn.compilers.network_step import NetworkStep, State
from ngcsnn.compilers.objective import Output
from ngcsnn.compilers.parameters import Params, merged
from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import Memo, running

OF_BIAS = "bias"


@dataclass(frozen=True)
class Receiver:
    """A cell that learns. synapses: those whose parameters do, each read by the cell as (synapse, "outputs")."""

    cell: LocalCell
    synapses: tuple[str, ...]
    reads: tuple[Leaf, ...]
    ways: tuple[Any, ...]
    rates: tuple[FiringRate, ...]


class Streaming:
    """network: an `EPropNetwork`. receivers: its learning cells. n_chunk: K.

    cutoff: steps without a spike after which a synapse stops to learn (for K = 1), None: never.
    """

    def __init__(
        self, network: Any, step: NetworkStep, receivers: list[Receiver], n_chunk: int, cutoff: int | None = None
    ):
        self.network, self.step, self.receivers = network, step, receivers
        self.n_steps, self.n_chunk, self.cutoff = network.n_steps, min(n_chunk, network.n_steps), cutoff
        self.outputs: list[Output] = network.objective.outputs

    # --- a trial ----------------------------------------------------------------------------------------------------
    def __call__(
        self, trained: Params, fixed: Params, data: Data, targets: dict[str, Any], index: Any, weight: Any,
        opt_state: Any = None,
    ) -> tuple[dict[str, Any], Params, Params, Any]:  # fmt: skip
        """(sums, gradients, trained, opt_state). opt_state: given, parameters move after every chunk."""
        batch, dtype = weight.shape[0], self.step.context.dtype
        fed = by_steps(self.step.context, data, index, self.n_steps)
        wanted = {k: Samples(v, index) if v.ndim == 3 else v[index] for k, v in targets.items()}
        heads = [self.heads(r, merged(trained, fixed)) for r in self.receivers]
        carry = {
            "state": self.step.start(merged(trained, fixed), batch),
            "filters": [[jnp.zeros((h.size, batch, self.units(r)), dtype) for h in found] for r, found in
                        zip(self.receivers, heads, strict=True)],
            "trained": trained, "opt": opt_state, "grads": jax.tree.map(jnp.zeros_like, trained),
            "sums": self.no_sums(batch, dtype, wanted),
        }  # fmt: skip
        sizes = [
            len(r.cell.fields) + sum(h.size for h in found) for r, found in zip(self.receivers, heads, strict=True)
        ]
        carry["traces"] = [self.no_traces(r, d, batch, trained) for r, d in zip(self.receivers, sizes, strict=True)]

        def one(carry: Any, first: Any, n_chunk: int) -> Any:
            now = chunk(fed, first, n_chunk, dtype)
            return self.chunk(carry, fixed, heads, now, wanted, weight, first, n_chunk)

        whole, rest = divmod(self.n_steps, self.n_chunk)
        firsts = self.n_chunk * jnp.arange(whole)
        carry, _ = lax.scan(lambda c, first: (one(c, first, self.n_chunk), None), carry, firsts)
        if rest:
            carry = one(carry, jnp.asarray(whole * self.n_chunk), rest)
        return self.figures(carry["sums"], wanted, weight), carry["grads"], carry["trained"], carry["opt"]

    def chunk(
        self, carry: Any, fixed: Params, heads: list[list[Head]], fed: State, targets: dict[str, Any], weight: Any,
        first: Any, n_chunk: int,
    ) -> Any:  # fmt: skip
        params = merged(carry["trained"], fixed)
        end, (given, sent, spikes) = self.forward(params, carry["state"], fed)
        backs, found, filters = [], [], []
        for k, r in enumerate(self.receivers):
            seen, after, back = r.cell.replay(params, heads[k], carry["state"], carry["filters"][k], given[k])
            found.append(seen)
            filters.append(after)
            backs.append(back)
        steps = first + jnp.arange(n_chunk)
        watched = {r.cell.watch: seen[1] for r, seen in zip(self.receivers, found, strict=True) if r.cell.watch}
        sums, errors = self.errors(carry["sums"], watched, targets, weight, steps)
        grads, traces = carry["grads"], []
        for k, r in enumerate(self.receivers):
            signals, cost = self.signals(r, params, found[k], errors, steps, weight)
            sums["penalty"] = sums["penalty"] + cost
            credit = backs[k](signals)
            part, kept = self.learned(r, credit, sent[k], carry["traces"][k])
            grads = _plus(grads, part)
            traces.append(kept)
        for name, s in spikes.items():
            sums["spikes"][name] = sums["spikes"][name] + weight @ s.sum(axis=0)
        trained, opt = carry["trained"], carry["opt"]
        if opt is not None:
            trained, opt, _ = self.network.update(trained, opt, grads, jnp.sum(weight))
            grads = jax.tree.map(jnp.zeros_like, grads)
        return {
            "state": end, "filters": filters, "trained": trained, "opt": opt, "grads": grads, "sums": sums,
            "traces": traces,
        }  # fmt: skip

    # --- forward ----------------------------------------------------------------------------------------------------
    def forward(self, params: Params, state: State, fed: State) -> Any:
        """(state at the end, what each receiver met, what its synapses received, spikes of every spiking cell)."""
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
            return new, (given, sent, {name: new[name, "s"] for name in self.network.spiking})

        return lax.scan(one, state, fed)

    # --- signals ----------------------------------------------------------------------------------------------------
    def heads(self, r: Receiver, params: Params) -> list[Head]:
        """Of the receiver's ways, then of its rate terms."""
        out = []
        for way in r.ways:
            if way.exact:
                recorded, at_once = self.recorded(way.output), bool(self.network.same_step)
                out.append(of_readout(self.step, params, way.output, recorded, way.leaf, at_once))
            else:
                out.append(of_filter(way.way))
        for rate in r.rates:
            one = Head(jnp.ones((1, 1)), jnp.ones(1), jnp.ones(1), 1.0)
            out.append(one if rate.form == "trial" else leaky(rate.kappa, 1.0 - rate.kappa))
        return out

    def errors(self, sums: Any, watched: State, targets: dict[str, Any], weight: Any, steps: Any) -> tuple[Any, State]:
        """(sums with the losses of these steps, the derivative of their sum by what is recorded of the outputs)."""
        sums = {**sums, "y": dict(sums["y"]), "metrics": dict(sums["metrics"]), "spikes": dict(sums["spikes"])}

        def total(recorded: State) -> tuple[Any, dict[str, Any]]:
            loss, read = jnp.zeros((), weight.dtype), {}
            for o in self.outputs:
                y = o.readout(recorded[self.recorded(o.name)], self.step.context.dt).swapaxes(0, 1)  # (K, batch, n)
                inner, start, each = self.window(o)
                here, target = (steps >= start).astype(y.dtype), self.target(o, targets, steps)
                axis = 0 if isinstance(targets[o.name], Samples) else None

                def per_step(y: Any, t: Any, inner: Any = inner, axis: Any = axis) -> Any:
                    return inner(y[:, None], t if axis is None else t[:, None])

                losses = jax.vmap(per_step, in_axes=(0, axis))(y, target)
                loss = loss + each * jnp.sum(here[:, None] * losses * weight)
                read[o.name] = (y, here, target, axis)
            return loss, read

        (loss, read), errors = jax.value_and_grad(total, has_aux=True)(watched)
        sums["loss"] = sums["loss"] + loss
        for o in self.outputs:
            y, here, target, axis = read[o.name]
            sums["y"][o.name] = sums["y"][o.name] + jnp.sum(here[:, None, None] * y, axis=0)
            if axis == 0:
                inner = self.window(o)[0]
                each = jax.vmap(lambda y, t, inner=inner: inner.metrics(y[:, None], t[:, None]))(y, target)
                for key, value in each.items():
                    label = self.label(o, key)
                    mean = jnp.sum(here[:, None] * value * weight) / (self.n_steps - self.window(o)[1])
                    sums["metrics"][label] = sums["metrics"][label] + mean
        return sums, errors

    def signals(
        self, r: Receiver, params: Params, seen: Any, errors: State, steps: Any, weight: Any
    ) -> tuple[Any, Any]:
        """(what acts on the heads and on what is watched, cost of the rates in these steps)."""
        ys = seen[0]
        out, cost = [], jnp.zeros((), weight.dtype)
        for way in r.ways:
            out.append(errors[self.recorded(way.output)] @ self.network.way_matrix(way, params, self.step.fed).T)
        for rate, y in zip(r.rates, ys[len(r.ways) :], strict=True):
            over, scale = y - rate.target, jnp.ones(len(steps), y.dtype)
            if rate.form == "trial":
                over, scale = y / self.n_steps - rate.target, (steps == self.n_steps - 1).astype(y.dtype)
            scale = rate.factor * rate.c_reg * scale[:, None, None] * weight[:, None]
            out.append(scale * over / (self.n_steps if rate.form == "trial" else 1))
            cost = cost + jnp.sum(0.5 * scale * jnp.square(over))
        return (out, None if r.cell.watch is None else errors[r.cell.watch]), cost

    # --- what is learned --------------------------------------------------------------------------------------------
    def learned(self, r: Receiver, credit: Credit, sent: dict[str, Any], traces: Any) -> tuple[Params, Any]:
        """(gradients, eligibilities at the end of the chunk)."""
        grads: Params = {}
        kept: dict[Any, Any] = {}
        for (name, key), (trace, silent) in traces.items():
            if name == r.cell.name:  # a parameter of the cell itself, as a synapse from nobody: (D, batch, 1, n)
                grads.setdefault(name, {})[key] = credit.theta[key] + _heard(trace, credit.state)[:, 0]
                kept[name, key] = _moved(credit.phi, trace) + credit.by_theta[key][:, :, None], silent
                continue
            p = sent[name] if key != OF_BIAS else jnp.ones((*sent[name].shape[:2], 1), trace.dtype)
            signal, u = credit.reads[name, "outputs"], credit.u[name, "outputs"]
            active = None
            if silent is not None and self.cutoff is not None:
                silent = jnp.where(p[0] != 0, 0, silent + 1)
                active = (silent < self.cutoff).astype(trace.dtype)
            q = p if active is None else p * active
            new = q.reshape(-1, q.shape[-1]).T @ signal.reshape(-1, signal.shape[-1])
            old = _heard(trace, credit.state)
            new = new + (old if active is None else old * active[:, :, None]).sum(axis=0)
            grads.setdefault(name, {})[key] = new[0] if key == OF_BIAS else new
            kept[name, key] = _moved(credit.phi, trace) + _received(p, u), silent
        return self.fitted(r, grads), kept

    def fitted(self, r: Receiver, grads: Params) -> Params:
        """Gradients in the shapes of the parameters: masked, and summed over the samples."""
        out: Params = {}
        for name, part in grads.items():
            component: Any = self.step.context.components[name]
            for key, g in part.items():
                if name == r.cell.name:  # of every cell, or one for all
                    g = g.sum(axis=0) if component.compartment(key).shape else g.sum()
                elif key != OF_BIAS and "mask" in component.compartments:
                    g = g * self.step.context.live[name]["mask"]
                out.setdefault(name, {})[key] = g
        return out

    def no_traces(self, r: Receiver, size: int, batch: int, trained: Params) -> Any:
        """{(component, parameter): (zeros, steps since the last spike or None)}."""
        dtype, n = self.step.context.dtype, self.units(r)
        out: dict[Any, Any] = {}
        for key in r.cell.theta:
            out[r.cell.name, key] = jnp.zeros((size, batch, 1, n), dtype), None
        for name in r.synapses:
            for key in trained[name]:
                n_pre = 1 if key == OF_BIAS else trained[name][key].shape[0]
                silent = None
                if self.cutoff is not None and key != OF_BIAS:
                    silent = jnp.full((batch, n_pre), self.cutoff, jnp.int32)
                out[name, key] = jnp.zeros((size, batch, n_pre, n), dtype), silent
        return out

    def recorded(self, output: str) -> Leaf:
        """What is recorded of an output."""
        return next(leaf for o in self.outputs if o.name == output for leaf in o.leaves if leaf is not None)

    def units(self, r: Receiver) -> int:
        return self.step.leaves[r.cell.fields[0]].shape[0]

    # --- figures ----------------------------------------------------------------------------------------------------
    def window(self, o: Output) -> tuple[Any, int, float]:
        """(the loss of one step, the first step with one, its factor)."""
        if not isinstance(o.loss, LossWindow):
            return o.loss, 0, 1.0 / self.n_steps
        each = o.loss.factor * (1.0 if o.loss.summed else 1.0 / (self.n_steps - o.loss.start))
        return o.loss.inner, o.loss.start, each

    def target(self, o: Output, targets: dict[str, Any], steps: Any) -> Any:
        target = targets[o.name]
        return target.chunk(steps[0], len(steps)) if isinstance(target, Samples) else target

    def label(self, o: Output, key: str) -> str:
        return key if len(self.outputs) == 1 else f"{o.name}.{key}"

    def no_sums(self, batch: int, dtype: Any, targets: dict[str, Any]) -> dict[str, Any]:
        zero, shapes = jnp.zeros((), dtype), self.step.leaves
        sums: dict[str, Any] = {"loss": zero, "penalty": zero, "metrics": {}, "spikes": {}, "y": {}}
        sums["spikes"] = {name: jnp.zeros(shapes[name, "s"].shape, dtype) for name in self.network.spiking}
        for o in self.outputs:
            sums["y"][o.name] = jnp.zeros((batch, o.n_units), dtype)
            if isinstance(targets[o.name], Samples):
                y = jnp.zeros((batch, 1, o.n_units), dtype)
                for key in jax.eval_shape(self.window(o)[0].metrics, y, y):
                    sums["metrics"][self.label(o, key)] = zero
        return sums

    def figures(self, sums: dict[str, Any], targets: dict[str, Any], weight: Any) -> dict[str, Any]:
        """As `TrainableNetwork.learning_sums` has them."""
        out: dict[str, Any] = dict(sums["metrics"])
        for o in self.outputs:
            inner, start, _ = self.window(o)
            if not isinstance(targets[o.name], Samples):
                mean = sums["y"][o.name] / (self.n_steps - start)
                out.update(
                    {self.label(o, k): jnp.sum(v * weight) for k, v in inner.metrics(mean, targets[o.name]).items()}
                )
        extra = {"penalty": sums["penalty"]} if self.network.objective.penalties else {}
        counts = {f"{name}.grazing": jnp.zeros((), jnp.int32) for name in self.network.spiking}
        return {"loss": sums["loss"] + sums["penalty"], **out, **extra, "spikes": sums["spikes"], "counts": counts}


def _heard(trace: Any, signal: Any) -> Any:
    """sum over D of E (D, batch, n_pre, n) times lambda (D, batch, n): (batch, n_pre, n)."""
    return functools.reduce(jnp.add, (e * s[:, None] for e, s in zip(trace, signal, strict=True)))


def _moved(phi: Any, trace: Any) -> Any:
    """Phi (D, D, batch, n) times E; D is too small for matrix products."""
    return jnp.stack([_heard(trace, row) for row in phi])


def _received(p: Any, u: Any) -> Any:
    """sum over the steps of u (D, K, batch, n) p (K, batch, n_pre): (D, batch, n_pre, n)."""
    if u.shape[1] == 1:
        return u[:, 0, :, None] * p[0][:, :, None]
    return jnp.matmul(p.transpose(1, 2, 0), u.swapaxes(1, 2))


def _plus(a: Params, b: Params) -> Params:
    out = {name: dict(part) for name, part in a.items()}
    for name, part in b.items():
        for key, value in part.items():
            out[name][key] = out[name][key] + value.reshape(out[name][key].shape)
    return out
