"""Reward-prediction-error cell: what a reward differs from its expectation."""

from __future__ import annotations

import jax.numpy as jnp

from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, state


class RewardPredictionErrorCell(Component):
    """Reward minus its running prediction.

        rpe = reward - mu
        online        mu <- mu + alpha rpe in every step
        not online    mu <- mu + (mean reward of the episode - mu) / window at an episode's end

    An episode ends, for each sample on its own, in the step in which `done` exceeds 1/2; `accumulated` and `n_steps`
    start anew after it. The prediction outlives trials only if it is not reset. Shapes (batch, n_units), `done`
    (batch,). Rescorla & Wagner 1972; Schultz, Dayan & Montague 1997, Science 275:1593.
    """

    n_units = hyper(kind=int, check=checks.positive, doc="number of rewards")
    online = hyper(True, kind=bool, doc="whether the prediction moves in every step, or at episodes' ends")
    alpha = hyper(
        None,
        kind=(float, type(None)),
        check=checks.fraction,
        doc="share of the error per step; 0.1 unless told otherwise",
    )
    window = hyper(
        None, kind=(float, type(None)), check=checks.at_least(1.0),
        doc="episodes that the prediction remembers; 10 unless told otherwise",
    )  # fmt: skip
    reward = input_(shape="n_units", doc="reward of the step")
    done = input_(shape=(), doc="above 1/2 in the last step of an episode")
    mu = state(shape="n_units", doc="predicted reward per step")
    accumulated = state(shape="n_units", doc="reward of the episode so far")
    n_steps = state(shape=(), doc="steps of the episode so far")
    rpe = output(shape="n_units", doc="reward prediction error")

    def setup(self) -> None:
        unused, value = ("window", self.window) if self.online else ("alpha", self.alpha)
        if value is not None:
            raise GraphError(
                f"RewardPredictionErrorCell '{self.name}': `{unused}` does not apply with online={self.online}, "
                f"got {value:g}"
            )

    def advance(self) -> None:
        mu, reward = self.mu.get(), self.reward.get()
        total, count = self.accumulated.get() + reward, self.n_steps.get() + 1.0
        done = self.done.get() > 0.5
        over = done[:, None]
        self.rpe.set(reward - mu)
        if self.online:
            self.mu.set(mu + (0.1 if self.alpha is None else self.alpha) * (reward - mu))
        else:
            window = 10.0 if self.window is None else self.window
            self.mu.set(jnp.where(over, mu + (total / count[:, None] - mu) / window, mu))
        self.accumulated.set(jnp.where(over, 0.0, total))
        self.n_steps.set(jnp.where(done, 0.0, count))
