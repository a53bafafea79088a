"""Encodings by name, as YAML gives them."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from ngcsnn.data.encodings import encode_images, full_encoding
from ngcsnn.data.latency_code import LatencyCode

PIXELS = np.arange(6, dtype=np.uint8).reshape(2, 3) * 50


def test_every_default_is_written_out():
    full = full_encoding({"latency": {"t_min": 1.0, "t_max": 5.0}})
    defaults = {k: p.default for k, p in inspect.signature(LatencyCode).parameters.items() if k != "values"}
    assert full == {"latency": {**defaults, "t_min": 1.0, "t_max": 5.0}}
    assert full_encoding(full) == full
    assert full_encoding("latency") == full_encoding({"latency": None}) == {"latency": defaults}


def test_every_option_acts():
    base = LatencyCode(PIXELS, 1.0, 5.0)
    for option, value in (("t_min", 2.0), ("t_max", 6.0), ("threshold", 60), ("invert", False), ("t_end", 9.0)):
        code = encode_images(PIXELS, {"latency": {"t_min": 1.0, "t_max": 5.0, option: value}})
        assert code == LatencyCode(PIXELS, **{"t_min": 1.0, "t_max": 5.0, option: value}) != base
    given = {"logarithmic": True, "tau": 3.0}
    assert encode_images(PIXELS, {"latency": given}) == LatencyCode(PIXELS, logarithmic=True, tau=3.0)


@pytest.mark.parametrize(
    ("encoding", "error", "message"),
    [
        ("latncy", ValueError, r"unknown encoding `latncy` \(did you mean `latency`\?\). Known: latency"),
        ({"latency": {"tmin": 1}}, ValueError, r"encoding `latency`: unknown option `tmin` \(did you mean `t_min`\?\)"),
        ({"latency": {"values": 1}}, ValueError, "unknown option `values`"),
        ({"latency": [1]}, TypeError, r"encoding `latency` takes a mapping of options to values, got \[1\]"),
        ({}, TypeError, "`encoding` is written {name: {option: value, ...}}, got {}"),
        ({"latency": {}, "rate": {}}, TypeError, "`encoding` is written"),
        (None, TypeError, "`encoding` is written"),
        ({"latency": {}}, ValueError, "a linear latency code needs `t_min` in ms"),
    ],
    ids=["name", "option", "values", "list", "empty", "two", "none", "lacks"],
)
def test_mistakes(encoding, error, message):
    with pytest.raises(error, match=message):
        encode_images(PIXELS, encoding)
