"""Contrastive divergence: a Boltzmann machine compares what it sees with what it dreams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
from jax import lax

from ngcsnn.components.learning.rule import LearningRule, Term
from ngcsnn.graph import checks, computed, hyper, input_, state


class ContrastiveDivergenceRule(LearningRule):
    """Learning of a restricted Boltzmann machine whose weights are those of a synapse, by sampling.

        p(h_j = 1 | v) = sigmoid(sum_i v_i w_ij + b_j),    p(v_i = 1 | h) = sigmoid(sum_j w_ij h_j + a_i)
        dw_ij = rate (v_i p(h_j | v) - v'_i p(h_j | v')),  db_j, da_i alike

    v, `pre`: the data, 0 to 1; v': after `steps` times sampling h given v, then v' given h, from the data on (CD-k) or
    from where the last step's chain stopped (`persistent`, one chain for each sample of the batch). b is the synapse's
    bias; a, `visible_bias`, that of a synapse that leads to the visible units, such as a OneToOneSynapse, and
    `dvisible` its change. With visible "gaussian" v is normal around its mean with variance 1. `advance` samples, once
    in each step, with the context's random numbers; `fantasy` is v'. A change per step. Sources: Hinton 2002, Neural
    Comput. 14:1771; Tieleman 2008, ICML (persistent).
    """

    unread = ("post",)
    biased = True

    rate = hyper(1.0, kind=float, check=checks.finite, doc="learning rate")
    steps = hyper(1, kind=int, check=checks.positive, doc="times that h and v are sampled")
    persistent = hyper(False, kind=bool, doc="whether chains go on from step to step and from trial to trial")
    visible = hyper("bernoulli", kind=str, check=checks.one_of("bernoulli", "gaussian"), doc="bernoulli or gaussian")
    visible_bias = input_(shape=lambda c: c.target.sizes[:1], doc="bias of the visible units")
    expected = state(shape=lambda c: c.target.sizes[1:], doc="p(h = 1 | v) at the data")
    dreamt = state(shape=lambda c: c.target.sizes[1:], doc="p(h = 1 | v') at the fantasy")
    dvisible = computed(
        "visible_change", shape=lambda c: c.target.sizes[:1], batched=False,
        doc="the direction in which the visible biases should move",
    )  # fmt: skip

    def setup(self) -> None:
        super().setup()
        shape = self.target.sizes[:1]
        self.declare("fantasy", state(shape=shape, keep=self.persistent, doc="v', the end of the chain"))

    # --- the machine ----------------------------------------------------------------------------------------------
    def hidden_probability(self, v: Any) -> Any:
        """p(h = 1 | v)."""
        w = self.target
        bias = w.effective_bias()
        return jax.nn.sigmoid(w.transmit(v, w.effective_weights()) + (0.0 if bias is None else bias))

    def visible_mean(self, h: Any) -> Any:
        """The mean of v given h."""
        total = self.target.back(h) + self.visible_bias.get()
        return total if self.visible == "gaussian" else jax.nn.sigmoid(total)

    def sample(self, v: Any, key: Any) -> Any:
        """v after one round: h given v, then v given h."""
        first, second = jax.random.split(key)
        p = self.hidden_probability(v)
        mean = self.visible_mean((jax.random.uniform(first, p.shape, p.dtype) < p).astype(p.dtype))
        if self.visible == "gaussian":
            return mean + jax.random.normal(second, mean.shape, mean.dtype)
        return (jax.random.uniform(second, mean.shape, mean.dtype) < mean).astype(mean.dtype)

    # --- learning -------------------------------------------------------------------------------------------------
    def advance(self) -> None:
        data = self.pre.get()
        start = self.fantasy.get() if self.persistent else data
        keys = jax.random.split(self.context.next_key(), self.steps)
        v, _ = lax.scan(lambda v, key: (self.sample(v, key), None), start, keys)
        self.fantasy.set(v)
        self.expected.set(self.hidden_probability(data))
        self.dreamt.set(self.hidden_probability(v))

    def terms(self) -> Sequence[Term]:
        return [
            Term(self.pre.get(), self.rate * self.expected.get()),
            Term(self.fantasy.get(), -self.rate * self.dreamt.get()),
        ]

    def visible_change(self) -> Any:
        """dvisible of this step."""
        apart = self.modulator.get() * (self.pre.get() - self.fantasy.get())
        return self.rate * (apart.sum(0) if self.reduce == "sum" else apart.mean(0))
