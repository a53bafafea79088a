"""Every surrogate function: psi is the derivative of its step, finite for every input, and each field changes it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.credit import surrogates
from ngcsnn.credit.surrogates import SurrogateFunction, resolve_surrogate
from ngcsnn.credit.surrogates.base import LEAST, MOST

KINDS = sorted({cls.kind for cls in SurrogateFunction.family.values() if cls.__module__.startswith("ngcsnn.")})
OTHER = {"slope": 3.0, "width": 0.7, "height": 0.6, "ratio": 2.5, "dip": 0.4, "leak": 0.3}
UNBOUNDED = ("straight_through", "leaky")  # steps that are no step
BIG = {"float32": 3e38, "float64": 1e308}


def other(kind: str) -> SurrogateFunction:
    """The function with every field moved from its default."""
    made = resolve_surrogate(kind)
    return replace(made, **{f.name: OTHER[f.name] for f in fields(made)})


def at_and_off_zero(kind: str) -> Any:
    """Points on both sides of threshold, off every kink of `kind` and its variants."""
    return jnp.asarray(np.linspace(-2.0, 2.0, 40) + 0.0137)


def test_the_catalogue() -> None:
    assert KINDS == [
        "arctan", "boxcar", "exponential", "fast_sigmoid", "gaussian", "leaky", "multi_gaussian", "piecewise_linear",
        "sigmoid", "straight_through",
    ]  # fmt: skip
    exported = {v.kind for v in vars(surrogates).values() if isinstance(v, type) and v is not SurrogateFunction}
    assert exported == set(KINDS)


@pytest.mark.parametrize("make", [resolve_surrogate, other])
@pytest.mark.parametrize("kind", KINDS)
def test_psi_is_the_derivative_of_the_step(kind: str, make: Any, x64: None) -> None:
    f, h, eps = make(kind), at_and_off_zero(kind), 1e-6
    slope = (f.step(h + eps) - f.step(h - eps)) / (2 * eps)
    np.testing.assert_allclose(f.psi(h), slope, rtol=1e-6, atol=1e-8)
    assert float(f.step(jnp.asarray(0.0))) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("field", OTHER)
@pytest.mark.parametrize("kind", KINDS)
def test_every_field_changes_psi(kind: str, field: str) -> None:
    f = resolve_surrogate(kind)
    if field not in {x.name for x in fields(f)}:
        return
    h = jnp.linspace(-1.5, 1.5, 31)
    assert np.max(np.abs(f.psi(h) - replace(f, **{field: OTHER[field]}).psi(h))) > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_psi_peaks_at_threshold_with_its_height(kind: str, x64: None) -> None:
    f, h = resolve_surrogate(kind), jnp.arange(-30, 31) * 0.11
    height: Any = f.height  # type: ignore[attr-defined]
    psi = np.asarray(f.psi(h))
    assert psi.max() == pytest.approx(float(f.psi(jnp.asarray(0.01))), rel=0.25)
    if kind == "multi_gaussian":
        assert psi.max() == pytest.approx(height * (1 + 0.15 - 0.05 * np.exp(-1 / 72)))
    else:
        assert psi.max() == pytest.approx(height)
    if kind not in UNBOUNDED:
        np.testing.assert_allclose(psi, psi[::-1], atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_finite_for_every_input(kind: str, dtype: str) -> None:
    """psi, and the slope of a plain function of it, wherever h is and whatever the fields are."""
    with jax.enable_x64(dtype == "float64"):
        tiny = float(jnp.finfo(dtype).smallest_subnormal)
        ends = [0.0, tiny, 1e-6, 1.0, 1e6, 1e19, BIG[dtype], float("inf")]
        h = jnp.asarray([*ends, *(-x for x in ends)], dtype)
        names = [f.name for f in fields(resolve_surrogate(kind))]
        for value in (None, LEAST, 1.0, MOST):
            f = resolve_surrogate(kind if value is None else {kind: dict.fromkeys(names, value)})
            psi = f.psi(h)
            assert psi.dtype == dtype and psi.shape == h.shape
            assert np.all(np.isfinite(psi))
            assert np.all(np.isfinite(jax.grad(lambda x, f=f: jnp.sum(f.psi(x)))(h)))
            step = np.asarray(f.step(h))
            assert step.dtype == dtype and (kind in UNBOUNDED or np.all(np.isfinite(step)))


BY_HAND = [
    ({"fast_sigmoid": {"slope": 10.0}}, 0.2, 1 / 9),
    ({"fast_sigmoid": {"slope": 10.0, "height": 2.0}}, -0.2, 2 / 9),
    ({"piecewise_linear": {"width": 2.0, "height": 0.3}}, 0.5, 0.225),
    ({"piecewise_linear": {"width": 2.0}}, -2.5, 0.0),
    ({"exponential": {"width": 0.5, "height": 2.0}}, -0.5, 2 * np.exp(-1)),
    ({"arctan": {"width": 0.5, "height": 3.0}}, 1.0, 3 / 5),
    ("arctan", 0.5, 1 / (1 + (np.pi / 2) ** 2)),
    ("sigmoid", 0.5, 4 * np.exp(-2) / (1 + np.exp(-2)) ** 2),
    ({"gaussian": {"width": 0.5, "height": 1.0}}, 0.5, np.exp(-0.5)),
    ({"boxcar": {"width": 0.5}}, -0.5, 1.0),
    ({"boxcar": {"width": 0.5}}, 0.51, 0.0),
    ({"straight_through": {"height": 0.7}}, -99.0, 0.7),
    ({"leaky": {"leak": 0.2}}, -3.0, 0.2),
    ("leaky", 3.0, 1.0),
]


@pytest.mark.parametrize(("given", "h", "value"), BY_HAND, ids=[f"{g} at {h}" for g, h, _ in BY_HAND])
def test_by_hand(given: Any, h: float, value: float, x64: None) -> None:
    assert float(resolve_surrogate(given).psi(jnp.asarray(h))) == pytest.approx(value, rel=1e-12, abs=1e-15)


def test_multi_gaussian_is_the_published_one(x64: None) -> None:
    """Yin et al.: 0.5 ((1 + p) N(h; 0, s) - p N(h; s, 6 s) - p N(h; -s, 6 s)), p = 0.15, s = 0.5."""

    def density(h: Any, mean: float, sd: float) -> Any:
        return np.exp(-(((h - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))

    h, p, s = np.linspace(-4.0, 4.0, 33), 0.15, 0.5
    want = 0.5 * ((1 + p) * density(h, 0, s) - p * density(h, s, 6 * s) - p * density(h, -s, 6 * s))
    height = 0.5 / (s * np.sqrt(2 * np.pi))
    got = np.asarray(resolve_surrogate({"multi_gaussian": {"height": height}}).psi(jnp.asarray(h)))
    np.testing.assert_allclose(got, want, atol=1e-14)
    assert got.min() < -0.01 and height == pytest.approx(0.4, rel=0.01)


@pytest.mark.parametrize("kind", ["arctan", "boxcar", "fast_sigmoid", "gaussian", "sigmoid"])
def test_some_run_from_0_to_1_by_default(kind: str, x64: None) -> None:
    f = resolve_surrogate({"fast_sigmoid": {"slope": 2.0}} if kind == "fast_sigmoid" else kind)
    ends = [float(f.step(jnp.asarray(h))) for h in (-1e9, 1e9)]
    assert ends == pytest.approx([0.0, 1.0], abs=3e-3)
