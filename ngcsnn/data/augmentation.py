"""What is changed at random in each sample, each time it is shown in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from ngcsnn.data.argument_checks import check_int, check_number

FEWEST = "fewest"


@dataclass(frozen=True)
class Augmentation:
    """Random changes of spike trains, applied in this order; what is left out does nothing.

    Hashable, so that a compiled function may depend on it; the random numbers come from a key.

    Args:
        time_dilation: (low, high): times are multiplied by exp(U(log low, log high)), one factor a sample; what then
            lies after the trial is lost.
        blend: probabilities (p_0, p_1, ...): a sample is replaced by one made of itself and of len(blend) - 1 random
            ones of its class. All are moved (by whole units and steps) so that their mean unit and mean time agree, and
            each spike of number i is kept with probability p_i.
        blend_share: chance that a sample is blended at all; the others stay as they are.
        normalise_spikes: samples with more than this many spikes are thinned to it at random; "fewest" stands for the
            number in the poorest sample of the data.
        channel_shift: all spikes of a sample move by the same whole number of units, uniform from -channel_shift to
            channel_shift; those that leave the range are lost.
        channel_jitter: standard deviation, in units, of a normal number that is rounded and added to the unit of each
            spike on its own; those that leave the range are lost.
        image_shift: standard deviation in pixels of two normal numbers, rounded, by which the whole image moves down
            and to the right; what leaves it is lost.
        image_shape: (rows, columns) or (rows, columns, channels) of the image, unit = (row columns + column) channels
            + channel; with `image_shift` only.
        dropout: probability that a spike is lost.
    Raises: ValueError or TypeError naming the argument.
    Source: T. Nowotny, J. P. Turner, J. C. Knight, "Loss shaping enhances exact gradient learning with Eventprop in
        spiking neural networks", arXiv:2212.01232 (shift, dilation, jitter, blending).
    """

    time_dilation: Sequence[float] | None = None
    blend: Sequence[float] | None = None
    blend_share: float = 0.5
    normalise_spikes: int | str | None = None
    channel_shift: int = 0
    channel_jitter: float = 0.0
    image_shift: float = 0.0
    image_shape: Sequence[int] | None = None
    dropout: float = 0.0

    def __post_init__(self) -> None:
        def keep(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        if self.blend is not None:
            each = _numbers("blend", self.blend, "probabilities")
            if len(each) < 2 or not all(0 < p <= 1 for p in each):
                raise ValueError(f"`blend` must hold two or more probabilities in (0, 1], got {self.blend!r}")
            keep("blend", each)
        elif self.blend_share != 0.5:
            raise ValueError("`blend_share` does not apply without `blend`")
        keep("blend_share", _probability("blend_share", self.blend_share))
        if self.normalise_spikes is not None and self.normalise_spikes != FEWEST:
            if isinstance(self.normalise_spikes, str):
                raise ValueError(f"`normalise_spikes` must be a number or 'fewest', got {self.normalise_spikes!r}")
            keep("normalise_spikes", check_int("normalise_spikes", self.normalise_spikes, 1))
        if self.time_dilation is not None:
            pair = _numbers("time_dilation", self.time_dilation, "factors, (low, high)")
            if len(pair) != 2 or not 0 < pair[0] <= pair[1] < float("inf"):
                raise ValueError(f"`time_dilation` must be (low, high), 0 < low <= high, got {self.time_dilation!r}")
            keep("time_dilation", pair)
        keep("channel_shift", check_int("channel_shift", self.channel_shift, 0))
        keep("channel_jitter", check_number("channel_jitter", self.channel_jitter, "units", low=0.0))
        keep("image_shift", check_number("image_shift", self.image_shift, "pixels", low=0.0))
        if (self.image_shape is None) != (self.image_shift == 0):
            raise ValueError("`image_shift` and `image_shape` need each other: give both, or neither")
        if self.image_shape is not None:
            given = self.image_shape
            if not isinstance(given, Sequence) or isinstance(given, str) or len(given) not in (2, 3):
                raise TypeError(f"`image_shape` must be (rows, columns) or (rows, columns, channels), got {given!r}")
            keep("image_shape", tuple(check_int("image_shape", n, 1) for n in given))
        keep("dropout", _probability("dropout", self.dropout))
        if self.dropout == 1:
            raise ValueError("`dropout` must be below 1, else nothing is left")

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) != f.default for f in fields(self) if f.name != "blend_share")

    def describe(self) -> dict[str, Any]:
        """What does something, {name: value}, as YAML writes it."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}


def _numbers(name: str, given: Any, what: str) -> tuple[float, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise TypeError(f"`{name}` must be a list of {what}, got {given!r}")
    return tuple(check_number(name, x) for x in given)


def _probability(name: str, value: Any) -> float:
    p = check_number(name, value, low=0.0)
    if p > 1:
        raise ValueError(f"`{name}` must be a probability from 0 to 1, got {p:g}")
    return p
