"""How a data set of images becomes spikes, as YAML says it: `encoding: {latency: {t_min: 2.0, t_max: 18.0}}`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ngcsnn.data.argument_checks import closest
from ngcsnn.data.latency_code import LatencyCode
from ngcsnn.data.poisson_code import PoissonCode
from ngcsnn.data.trial_data import TrialData

# Each takes the images, (n_samples, n_units) uint8, and its options by name.
ENCODINGS: dict[str, Callable[..., TrialData]] = {"latency": LatencyCode, "poisson": PoissonCode}


def full_encoding(encoding: str | Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return an encoding with every default written out, {name: {option: value}}.

    Args:
        encoding: `{name: {option: value}}`, or a bare name.
    Raises: ValueError for an unknown encoding or option, with the closest valid name; TypeError for another form. The
        values of the options are checked when the encoding is used.
    """
    given = {encoding: {}} if isinstance(encoding, str) else encoding
    if not isinstance(given, Mapping) or len(given) != 1:
        raise TypeError(f"`encoding` is written {{name: {{option: value, ...}}}}, got {encoding!r}")
    ((name, options),) = given.items()
    if name not in ENCODINGS:
        raise ValueError(f"unknown encoding `{name}`{closest(str(name), ENCODINGS)}. Known: {', '.join(ENCODINGS)}")
    if options is not None and not isinstance(options, Mapping):
        raise TypeError(f"encoding `{name}` takes a mapping of options to values, got {options!r}")
    known = dict(list(inspect.signature(ENCODINGS[name]).parameters.items())[1:])  # without the images
    for key in options or {}:
        if key not in known:
            raise ValueError(
                f"encoding `{name}`: unknown option `{key}`{closest(str(key), known)}. Known: {', '.join(known)}"
            )
    return {name: {key: parameter.default for key, parameter in known.items()} | dict(options or {})}


def encode_images(images: np.ndarray, encoding: str | Mapping[str, Any]) -> TrialData:
    """Return images, (n_samples, n_units) uint8, as trials: `ENCODINGS[name](images, **options)`."""
    ((name, options),) = full_encoding(encoding).items()
    return ENCODINGS[name](images, **options)
