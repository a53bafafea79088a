"""Trials on the device, and the random changes that a batch of them goes through."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.data import spike_changes as changes
from ngcsnn.data.augmentation import Augmentation
from ngcsnn.data.blending import blended, partners
from ngcsnn.data.event_grid import PaddedEvents
from ngcsnn.data.spike_changes import Spikes


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["trials", "labels", "members", "classes"],
    meta_fields=["how", "n_steps", "dt"],
)
@dataclass(frozen=True)
class AugmentedOnDevice:
    """As the trials that it holds, until a key is given: `with_key(key)` changes what is taken.

    Args:
        trials: a pytree with `take`. labels: (n_samples,), or None. members, classes: of `partners`; None: no blending.
        how: what is done, nothing left to be counted; static, as are n_steps and dt (ms).
    """

    trials: Any
    labels: Any
    members: Any
    classes: Any
    how: Augmentation
    n_steps: int
    dt: float

    @property
    def n_units(self) -> int:
        """Number of input units."""
        return self.trials.n_units

    @property
    def one_each(self) -> bool:
        """Whether every unit has at most one event, of the trials as they are."""
        return self.trials.one_each

    @property
    def most(self) -> int:
        """An upper bound on the events of a sample in one step, of the trials as they are."""
        return getattr(self.trials, "most", self.n_units)

    @property
    def random(self) -> bool:
        """Whether the trials themselves are drawn."""
        return getattr(self.trials, "random", False)

    @property
    def changes(self) -> bool:
        """Whether training changes what is taken."""
        return True

    def louder(self, gain: float) -> AugmentedOnDevice:
        """With rates `gain` times as high, where the trials are drawn."""
        return replace(self, trials=self.trials.louder(gain))

    def among(self, samples: np.ndarray) -> AugmentedOnDevice:
        """With partners for blending from these samples alone: what is held out stays out."""
        if self.members is None:
            return self
        members, classes = partners(np.asarray(self.labels), samples)
        return replace(self, members=jnp.asarray(members), classes=jnp.asarray(classes))

    def take(self, index: Any, *drawn: Any) -> PaddedEvents:
        """Return the events of some samples as they are; further arguments go to the trials."""
        return self.trials.take(index, *drawn)

    def with_key(self, key: Any) -> Augmenting:
        """The same trials, changed by what is drawn with `key`; for use within one traced function."""
        if not getattr(self.trials, "changes", False):
            return Augmenting(self, key)
        own, key = jax.random.split(key)
        return Augmenting(replace(self, trials=self.trials.with_key(own)), key)


@dataclass(frozen=True)
class Augmenting:
    """Trials whose `take` draws changes with a key; made by `AugmentedOnDevice.with_key`."""

    source: AugmentedOnDevice
    key: Any

    @property
    def n_units(self) -> int:
        """Number of input units."""
        return self.source.n_units

    @property
    def one_each(self) -> bool:
        """Whether every unit still has at most one event."""
        how = self.source.how
        return self.source.one_each and how.blend is None and not how.channel_jitter

    @property
    def random(self) -> bool:
        """Whether the trials themselves are drawn."""
        return self.source.random

    @property
    def most(self) -> int:
        """An upper bound on the events of a sample in one step: blends add up, shorter trials are denser."""
        how = self.source.how
        most = self.source.most * len(how.blend or (1,))
        if how.time_dilation is not None and how.time_dilation[0] < 1:
            most *= math.ceil(1 / how.time_dilation[0]) + 1
        return most

    def take(self, index: Any, *drawn: Any) -> PaddedEvents:
        """Return the events of some samples, changed; further arguments go to the trials."""
        how = self.source.how
        keys = iter(jax.random.split(self.key, 7))
        stretch = next(keys)
        spikes = self._blended(index, stretch, next(keys), drawn) if how.blend else self._taken(index, stretch, drawn)
        if how.normalise_spikes:
            spikes = changes.thinned(spikes, next(keys), cast(int, how.normalise_spikes))
        if how.channel_shift:
            spikes = changes.shifted(spikes, next(keys), how.channel_shift)
        if how.channel_jitter:
            spikes = changes.jittered(spikes, next(keys), how.channel_jitter)
        if how.image_shape:
            spikes = changes.image_shifted(spikes, next(keys), how.image_shift, tuple(how.image_shape))
        if how.dropout:
            spikes = changes.dropped(spikes, next(keys), how.dropout)
        return spikes.events

    def _taken(self, index: Any, stretch: Any, drawn: Any) -> Spikes:
        """Dilated first, while spikes are in the order of their exact times; all parts of a blend by one factor."""
        s = self.source
        spikes = Spikes(s.trials.take(index, *drawn), s.one_each, s.n_units, s.n_steps, s.dt)
        if s.how.time_dilation is None:
            return spikes
        low, high = s.how.time_dilation
        return changes.dilated(spikes, stretch, low, high)

    def _blended(self, index: Any, stretch: Any, key: Any, drawn: Any) -> Spikes:
        s, how = self.source, self.source.how
        chances = cast(tuple[float, ...], how.blend)
        choose, mix = jax.random.split(key)
        first, n = jnp.moveaxis(s.classes[index], -1, 0)
        draws = jax.random.randint(choose, (len(chances) - 1, *first.shape), 0, jnp.maximum(n, 1))
        # a class that was left out as a whole has no partner but the sample itself
        others = [jnp.where(n > 0, s.members[first + draw], index) for draw in draws]
        parts = [self._taken(i, stretch, drawn) for i in (index, *others)]
        return blended(parts, mix, chances, how.blend_share)
