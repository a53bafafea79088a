"""e-prop with an eligibility trace for every synapse, forward in time, in plain NumPy: the truth for e-prop's tests.

Every hidden layer is `(w_in, w_rec or None, w_out or None)`, inputs of a layer are the spikes of the one before it. A
spike acts one step later. Cells are leaky with one exponential current, adaptive where `beta` is not 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ngcsnn.components.neurons.membrane import charge


@dataclass(frozen=True)
class Cells:
    """Constants of the hidden cells; every number may be an array of one for each cell."""

    tau_m: Any = 20.0
    tau_syn: Any = 5.0
    v_thr: Any = 1.0
    v_reset: Any = 0.0
    beta: Any = 0.0
    tau_adapt: Any = 50.0
    relative: bool = False
    rest: int = 0  # steps
    width: float = 1.0
    height: float = 0.3


@dataclass(frozen=True)
class Readout:
    tau_m: Any = 20.0
    tau_syn: Any = 5.0


class _Layer:
    def __init__(self, cells: Cells, weights: Any, batch: int):
        self.cells, (self.w_in, self.w_rec, self.w_out) = cells, weights
        n = self.w_in.shape[1]
        n_pre = len(self.w_in) + (n if self.w_rec is not None else 0)
        self.v, self.i, self.a, self.s = (np.zeros((batch, n)) for _ in range(4))
        self.left = np.zeros((batch, n), int)
        self.count = np.zeros((batch, n))
        self.eps = np.zeros((3, batch, n_pre, n))  # of i, v and a
        self.sum_e = np.zeros((batch, n_pre, n))

    def step(self, spikes: Any) -> Any:
        """Takes what was sent in the step before; returns e of every synapse."""
        c, (eps_i, eps_v, eps_a) = self.cells, self.eps
        pre = np.concatenate([spikes, self.s], axis=1) if self.w_rec is not None else spikes
        weights = np.concatenate([self.w_in, self.w_rec]) if self.w_rec is not None else self.w_in
        alpha, b, rho = (np.exp(-1.0 / np.asarray(t)) for t in (c.tau_m, c.tau_syn, c.tau_adapt))
        gain = np.asarray(charge(1.0, c.tau_m, c.tau_syn))
        resting = self.left > 0
        i, eps_i = self.i + pre @ weights, eps_i + pre[:, :, None]
        v = np.where(resting, self.v, alpha * self.v + gain * i)
        eps_v = np.where(resting[:, None], eps_v, alpha * eps_v + gain * eps_i)
        self.i, eps_i, a, eps_a = b * i, b * eps_i, rho * self.a, rho * eps_a
        self.left = np.maximum(self.left - 1, 0)
        able = self.left == 0
        h = v - c.v_thr - c.beta * a
        psi = np.where(able, c.height * np.maximum(1.0 - np.abs(h) / c.width, 0.0), 0.0)
        e = psi[:, None] * (eps_v - c.beta * eps_a)
        self.s = ((h > 0) & able).astype(float)
        spiked = self.s > 0
        self.v = np.where(spiked, v - (c.v_thr - c.v_reset) if c.relative else c.v_reset, v)
        if not c.relative:
            eps_v = np.where(spiked[:, None], 0.0, eps_v)
        self.a, eps_a = a + self.s, eps_a + e
        self.left = np.where(spiked, c.rest, self.left)
        self.eps = np.stack([eps_i, eps_v, eps_a])
        self.count += self.s
        self.sum_e += e
        return e


def eprop(
    cells: list[Cells], layers: list[Any], readout: Readout, x: Any, error: Any, feedback: list[Any] | None = None,
    c_reg: float = 0.0, f_target: float = 0.0, eta: float = 0.0,
) -> dict[str, Any]:  # fmt: skip
    """{"grads": [(in, rec, out) of each layer], "y": (T, batch, n_out), "counts", and for each layer the spikes "s" and
    eligibilities "e" (batch, n_pre, n) of every step}; gradients are sums over the batch.

    x (T, batch, n). error(t, y): dL/dy of that step. feedback: (n_hidden, n_out) of each layer instead of its w_out.
    c_reg, f_target (spikes per step): of the cost c_reg / 2 (f - f_target)^2 of each sample. eta: weights (in place)
    move after every step, by eta times the batch mean of what the step added to the gradient.
    """
    steps, batch = x.shape[:2]
    parts = [_Layer(c, w, batch) for c, w in zip(cells, layers, strict=True)]
    n_out = next(w[2].shape[1] for w in layers if w[2] is not None)
    back = feedback or [w[2] for w in layers]
    a, b = np.exp(-1.0 / np.asarray(readout.tau_m)), np.exp(-1.0 / np.asarray(readout.tau_syn))
    gain = np.asarray(charge(1.0, readout.tau_m, readout.tau_syn))
    i_out, y = np.zeros((batch, n_out)), np.zeros((batch, n_out))
    e_heard = [np.zeros((2, *p.sum_e.shape)) for p in parts]  # (i, v) of the readout's filter, for every synapse
    s_heard = [np.zeros((2, *p.s.shape)) for p in parts]
    e_last = [np.zeros_like(p.sum_e) for p in parts]
    into = [np.zeros(p.sum_e.shape[1:]) for p in parts]
    onto = [np.zeros((p.s.shape[1], n_out)) for p in parts]
    out, before = [], np.zeros_like(x[0])
    kept_s, kept_e = [], []
    for t in range(steps):
        sent = [p.s for p in parts]
        i_out = i_out + sum(s @ w[2] for s, w in zip(sent, layers, strict=True) if w[2] is not None)
        y, i_out = a * y + gain * i_out, b * i_out
        out.append(y)
        err = error(t, y)
        for k in range(len(parts)):
            for filtered, new in ((e_heard[k], e_last[k]), (s_heard[k], sent[k])):
                filtered[0] += new
                filtered[1] = a * filtered[1] + gain * filtered[0]
                filtered[0] *= b
            if back[k] is not None:
                into[k] += np.einsum("bj,bij->ij", err @ back[k].T, e_heard[k][1])
            onto[k] += np.einsum("bj,bk->jk", s_heard[k][1], err)
        received = [before, *sent[:-1]]
        e_last = [p.step(r) for p, r in zip(parts, received, strict=True)]
        before = x[t]
        if eta:
            for k, (w_in, w_rec, w_out) in enumerate(layers):
                step = eta / batch * into[k]
                w_in -= step[: len(w_in)]
                w_rec -= step[len(w_in) :]
                w_out -= eta / batch * onto[k]
                into[k][:], onto[k][:] = 0.0, 0.0
        kept_s.append([p.s for p in parts])
        kept_e.append(e_last)
    for k, p in enumerate(parts):
        over = c_reg * (p.count / steps - f_target) / steps
        into[k] += np.einsum("bj,bij->ij", over, p.sum_e)
    grads = [(i[: len(w[0])], i[len(w[0]) :], o) for i, o, w in zip(into, onto, layers, strict=True)]
    found = {"grads": grads, "y": np.stack(out), "counts": [p.count for p in parts]}
    return {**found, "s": [*zip(*kept_s, strict=True)], "e": [*zip(*kept_e, strict=True)]}
