"""Initialisers: how a parameter's start values are drawn. Exported as `ngcsnn.init`.

An initialiser is plain data (it round-trips through YAML as `{normal: {mean: 0.0, sd: 0.1}}`) and draws from a NumPy
generator that depends only on the context's seed and on the names of component and parameter, so adding a component
changes no other component's weights, and the same seed gives the same numbers on every machine.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

import numpy as np

from ngcsnn.graph.declare import plain
from ngcsnn.graph.errors import GraphError, NameClashError, UnknownNameError, closest

_by_name: dict[str, type[Initialiser]] = {}


@dataclass(frozen=True)
class Initialiser:
    """Base: a frozen dataclass of numbers with `draw(rng, shape) -> float64 array`."""

    kind: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        cls.kind = "".join("_" + c.lower() if c.isupper() else c for c in cls.__name__).lstrip("_")
        other = _by_name.get(cls.kind, cls)
        if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
            raise NameClashError(f"'{cls.kind}' is the initialiser {other.__module__}.{other.__qualname__} already")
        _by_name[cls.kind] = cls

    def __post_init__(self) -> None:
        for f in fields(self):
            value = plain(getattr(self, f.name))
            if value is None and f.default is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise GraphError(f"`{f.name}` of {type(self).__name__} must be a finite number, got {value!r}")
            object.__setattr__(self, f.name, value)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} must define draw(rng, shape)")

    def describe(self) -> dict[str, Any]:
        return {self.kind: asdict(self)}


@dataclass(frozen=True)
class Constant(Initialiser):
    """Every entry equals `value` (an array of it: a scalar argument would stay one shared number)."""

    value: float = 0.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.full(shape, self.value)


@dataclass(frozen=True)
class Normal(Initialiser):
    """Gaussian with `mean` and standard deviation `sd` >= 0."""

    mean: float = 0.0
    sd: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sd < 0:
            raise GraphError(f"`sd` of Normal must be >= 0, got {self.sd}")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.normal(self.mean, self.sd, shape)


@dataclass(frozen=True)
class SparseNormal(Initialiser):
    """Gaussian with `mean` and standard deviation `sd` in the share `density` of the entries, drawn; 0 in the others.

    The number is round(density * entries), at least 1. Start weights of connections that are rewired (`optim.DeepR`).
    """

    density: float = 0.1
    mean: float = 0.0
    sd: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.density <= 1 or self.sd < 0:
            raise GraphError(f"SparseNormal needs 0 < density <= 1 and sd >= 0, got {self.density} and {self.sd}")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        out, size = np.zeros(math.prod(shape)), math.prod(shape)
        there = rng.choice(size, max(1, round(self.density * size)), replace=False)
        out[there] = rng.normal(self.mean, self.sd, len(there))
        return out.reshape(shape)


@dataclass(frozen=True)
class Uniform(Initialiser):
    """Uniform on [low, high)."""

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.high < self.low:
            raise GraphError(f"Uniform needs low <= high, got low = {self.low}, high = {self.high}")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.uniform(self.low, self.high, shape)


def _fan_in(shape: tuple[int, ...]) -> int:
    """Inputs of one target unit: the product of every axis but the last, which counts targets."""
    return max(1, math.prod(shape[:-1]))


@dataclass(frozen=True)
class FanInNormal(Initialiser):
    """Gaussian with mean `mean / n_in` and standard deviation `gain / sqrt(n_in)`, n_in the inputs of a target unit.

    With gain = sqrt(2): He et al. 2015 (doi:10.1109/ICCV.2015.123); with gain = 1: LeCun et al. 1998.
    """

    gain: float = 1.0
    mean: float = 0.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        n_in = _fan_in(shape)
        return rng.normal(self.mean / n_in, abs(self.gain) / math.sqrt(n_in), shape)


@dataclass(frozen=True)
class FanInUniform(Initialiser):
    """Uniform on (-b, b), b = gain sqrt(3 / n_in): the same variance as `FanInNormal`."""

    gain: float = 1.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        b = abs(self.gain) * math.sqrt(3.0 / _fan_in(shape))
        return rng.uniform(-b, b, shape)


@dataclass(frozen=True)
class Gamma(Initialiser):
    """Gamma-distributed with `mean` > 0 and `shape` > 0 (sd = mean / sqrt(shape)), cut to [low, high] (None: no bound).

    For heterogeneous time constants, in their unit: Gamma(20.0, low=3.0, high=60.0) for a tau_m around 20 ms. What is
    drawn outside is set to the bound. Source: Perez-Nieves et al. 2021 (doi:10.1038/s41467-021-26022-3), shape 3.
    """

    mean: float = 1.0
    shape: float = 3.0
    low: float = 0.0
    high: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("mean", "shape"):
            if getattr(self, name) <= 0:
                raise GraphError(f"`{name}` of Gamma must be > 0, got {getattr(self, name)}")
        if not 0 <= self.low <= (math.inf if self.high is None else self.high):
            raise GraphError(f"Gamma needs 0 <= low <= high, got low = {self.low}, high = {self.high}")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return np.clip(rng.gamma(self.shape, self.mean / self.shape, shape), self.low, self.high)


@dataclass(frozen=True)
class Parted(Initialiser):
    """Two kinds of units: the first `share` of the entries along the last axis equal `first`, the others `second`."""

    first: float = 0.0
    second: float = 1.0
    share: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.share <= 1:
            raise GraphError(f"`share` of Parted must be from 0 to 1, got {self.share}")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        units = np.arange(shape[-1])
        return np.broadcast_to(np.where(units < round(self.share * shape[-1]), self.first, self.second), shape).copy()


@dataclass(frozen=True)
class OffDiagonal(Initialiser):
    """`value` everywhere but on the diagonal, which is 0: the mask of a synapse without autapses."""

    value: float = 1.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        if len(shape) != 2:
            raise GraphError(f"OffDiagonal fills a matrix, got the shape {shape}")
        return self.value * (1.0 - np.eye(*shape))


@dataclass(frozen=True)
class Blocks(Initialiser):
    """`value` in `n_blocks` blocks along the diagonal of a matrix, 0 elsewhere: the mask of separate groups.

    Of n units unit i belongs to block floor(i n_blocks / n).
    """

    n_blocks: int = 1
    value: float = 1.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        if len(shape) != 2 or not 1 <= self.n_blocks <= min(shape):
            raise GraphError(f"Blocks fills a matrix of at least `n_blocks` {self.n_blocks} units, got {shape}")
        rows, columns = (np.arange(n) * int(self.n_blocks) // n for n in shape)
        return np.where(rows[:, None] == columns[None, :], self.value, 0.0)


@dataclass(frozen=True)
class MexicanHat(Initialiser):
    """Weights between units on a ring by their distance d, in shares of the ring (0 to 1/2); none to a unit itself.

        excitation exp(-d^2 / (2 near^2)) - inhibition exp(-d^2 / (2 far^2))

    Near units excite, farther ones inhibit each other. Unit i of n is at i / n. Amari 1977, Biol. Cybern. 27:77.
    """

    excitation: float = 1.0
    inhibition: float = 0.5
    near: float = 0.05
    far: float = 0.15

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.near < self.far:
            raise GraphError(f"MexicanHat needs 0 < near < far, got near = {self.near}, far = {self.far}")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        if len(shape) != 2:
            raise GraphError(f"MexicanHat fills a matrix, got the shape {shape}")
        pre, post = (np.arange(n) / n for n in shape)
        d = np.abs(pre[:, None] - post[None, :])
        d = np.minimum(d, 1.0 - d)
        near, far = (np.exp(-(d**2) / (2.0 * width**2)) for width in (self.near, self.far))
        return np.where((d == 0) & (shape[0] == shape[1]), 0.0, self.excitation * near - self.inhibition * far)


def generator(seed: int, *names: str) -> np.random.Generator:
    """The generator of one parameter: a counter-based stream keyed by the seed and the names."""
    words = [zlib.crc32(n.encode()) for n in names]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *words])))


def from_description(data: Any) -> Initialiser:
    """An initialiser from `{kind: {field: number}}` or from its bare name (all defaults)."""
    if not isinstance(data, str) and len(data) != 1:
        raise GraphError(f"an initialiser is given as {{name: {{field: number}}}}, got {sorted(map(str, data))}")
    name, args = (data, {}) if isinstance(data, str) else next(iter(data.items()))
    if name not in _by_name:
        raise UnknownNameError(f"unknown initialiser '{name}'{closest(name, _by_name)}")
    cls = _by_name[name]
    known = {f.name for f in fields(cls)}
    args = {} if args is None else args
    if not isinstance(args, Mapping):
        raise GraphError(f"initialiser '{name}' takes a mapping of {sorted(known)}, got {args!r}")
    for key in args:
        if key not in known:
            raise UnknownNameError(f"initialiser '{name}' has no '{key}'{closest(key, known)}")
    return cls(**args)
