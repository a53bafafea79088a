"""What a sweep tries: `key=a,b,c`, `key=low:high:n`, `key=low:high:log:n`, or ranges to draw from."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from ngcsnn.graph import GraphError

Setting = dict[str, Any]  # key as given on the command line -> value
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER})(:log)?(?::(\d+))?")


class SweepError(GraphError):
    """A sweep that cannot be read, or a folder that holds another one."""


@dataclass(frozen=True)
class Axis:
    """One key. values: those it takes; or low, high, log, whole: the range that it is drawn from."""

    key: str
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    def at(self, part: float) -> Any:
        """The value at `part` of the way from low to high."""
        if self.log:
            value = math.exp(math.log(self.low) + part * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + part * (self.high - self.low)
        return round(value) if self.whole else float(f"{value:.6g}")


def read_axes(overrides: Iterable[str]) -> tuple[list[Axis], list[str]]:
    """(the keys with several values, the overrides with one, which hold for every run).

    `a,b=1,2` gives both keys one value, 1 or 2: a size that is written in two places.
    Errors: `SweepError` for a range upside down, a logarithmic one that is not above 0, a key given twice.
    """
    axes, fixed = [], []
    for text in overrides:
        key, equals, value = text.partition("=")
        keys = [part.strip() for part in key.split(",")]
        if not all(keys):
            raise SweepError(f"{text}: there is an empty key")
        axis = _axis(",".join(keys), value.strip(), text) if equals else None
        if axis is None:
            fixed += [f"{part}={value}" if equals else text for part in keys]
        elif axis.key in [a.key for a in axes]:
            raise SweepError(f"{text}: '{axis.key}' is given a second time")
        else:
            axes.append(axis)
    return axes, fixed


def grid(axes: Sequence[Axis]) -> list[Setting]:
    """Every combination of values, the last key fastest. Errors: `SweepError` for a range without a count."""
    for axis in axes:
        if not axis.values:
            text = f"{axis.low:g}:{axis.high:g}{':log' if axis.log else ''}"
            raise SweepError(
                f"{axis.key}={text}: say how many values ({axis.key}={text}:5), or draw some by --random N"
            )
    return [
        dict(zip([a.key for a in axes], values, strict=True)) for values in itertools.product(*(a.values for a in axes))
    ]


def drawn_settings(axes: Sequence[Axis], n: int, seed: int) -> list[Setting]:
    """`n` settings drawn at random; the first ones are the same for every n. None comes twice.

    Errors: `SweepError` where the lists do not have so many combinations.
    """
    if n < 1:
        raise SweepError(f"--random {n}: draw at least one setting")
    rng, out = np.random.default_rng([seed, 7]), []
    for _ in range(200 * n):
        if len(out) == n:
            break
        parts = rng.random(len(axes))
        setting = {
            a.key: a.values[min(int(p * len(a.values)), len(a.values) - 1)] if a.values else a.at(float(p))
            for a, p in zip(axes, parts, strict=True)
        }
        if setting not in out:
            out.append(setting)
    if len(out) < n:
        raise SweepError(f"--random {n}: there are only {len(out)} different settings")
    return out


def as_overrides(setting: Setting) -> list[str]:
    """`key=value` for the model; keys with commas between them share one value."""
    return [f"{key}={_yaml(value)}" for keys, value in setting.items() for key in keys.split(",")]


def in_words(setting: Setting) -> str:
    """A setting as the user wrote it, keys that share a value by the first of them."""
    return " ".join(f"{first_key(keys)}={_yaml(value)}" for keys, value in setting.items())


def first_key(keys: str) -> str:
    return keys.partition(",")[0]


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=10_000).strip().removesuffix("...").strip()


def _axis(key: str, value: str, text: str) -> Axis | None:
    """The axis that a value describes, or None for a single value."""
    found = _RANGE.fullmatch(value)
    if found:
        return _range(key, text, *found.groups())
    parts = _split(value)
    if len(parts) == 1:
        return None
    if any(not part for part in parts):
        raise SweepError(f"{text}: there is an empty value between the commas")
    return Axis(key, tuple(_value(part, text) for part in parts))


def _range(key: str, text: str, low: str, high: str, log: str | None, count: str | None) -> Axis:
    axis = Axis(
        key, (), float(low), float(high), log is not None, all(re.fullmatch(r"[-+]?\d+", end) for end in (low, high))
    )
    if axis.low >= axis.high:
        raise SweepError(f"{text}: a range goes from low to high")
    if axis.log and axis.low <= 0:
        raise SweepError(f"{text}: a logarithmic range begins above 0")
    if count is None:
        return axis
    n = int(count)
    if n < 2:
        raise SweepError(f"{text}: a range has at least 2 values")
    return Axis(key, tuple(dict.fromkeys(axis.at(i / (n - 1)) for i in range(n))))


def _split(value: str) -> list[str]:
    """At the commas outside brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for sign in value:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        depth += (sign in "[{") - (sign in "]}")
        if sign == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def _value(part: str, text: str) -> Any:
    try:
        value = yaml.safe_load(part)
    except yaml.YAMLError:
        raise SweepError(f"{text}: cannot read {part!r} as a YAML value") from None
    if isinstance(value, str) and re.fullmatch(_NUMBER, value):
        return float(value)  # 1e-3, which YAML 1.1 takes for text
    return value
