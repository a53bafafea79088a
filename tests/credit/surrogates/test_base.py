"""Surrogate functions by name and from plain data; a new one needs no other edit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.credit import Surrogate
from ngcsnn.credit.surrogates import (
    Arctan,
    FastSigmoid,
    MultiGaussian,
    PiecewiseLinear,
    SurrogateFunction,
    resolve_surrogate,
)
from ngcsnn.graph import NameClashError, UnknownNameError


@pytest.fixture
def register() -> Iterator[dict[str, Any]]:
    """The register, put back after the test."""
    before = dict(SurrogateFunction.family)
    yield SurrogateFunction.family
    SurrogateFunction.family.clear()
    SurrogateFunction.family.update(before)


def test_names_data_and_objects() -> None:
    assert resolve_surrogate("fast_sigmoid") == FastSigmoid(slope=10.0, height=1.0)
    assert resolve_surrogate({"fast_sigmoid": {"slope": 25}}) == FastSigmoid(slope=25.0)
    assert resolve_surrogate({"arctan": None}) == Arctan()
    assert resolve_surrogate("triangular") == PiecewiseLinear()
    own = Arctan(width=np.float32(0.5))  # type: ignore[arg-type]
    assert resolve_surrogate(own) is own and type(own.width) is float


@pytest.mark.parametrize("kind", sorted(SurrogateFunction.family))
def test_descriptions_round_trip(kind: str) -> None:
    made = resolve_surrogate(kind)
    assert resolve_surrogate(made.describe()) == made
    name, values = next(iter(made.describe().items()))
    assert name == made.kind and all(type(v) is float for v in values.values())


WRONG = [
    ("fast_sigmod", UnknownNameError, "unknown surrogate function 'fast_sigmod'; did you mean 'fast_sigmoid'"),
    ("arctan_derivative", UnknownNameError, "did you mean 'arctan'"),
    ({"arctan": {"widht": 1.0}}, UnknownNameError, "'arctan' has no field 'widht'; did you mean 'width'"),
    ({"arctan": {}, "sigmoid": {}}, ValueError, "one name, got 2"),
    ({}, ValueError, "one name, got 0"),
    ({"arctan": 3.0}, TypeError, "fields of surrogate function 'arctan' must be a mapping.*got 3.0"),
    ({"arctan": {"width": 0.0}}, ValueError, "`width`.*'arctan'.*from 1e-06 to 1e\\+06, got 0.0"),
    ({"arctan": {"width": -1}}, ValueError, "`width`.*got -1"),
    ({"arctan": {"height": float("nan")}}, ValueError, "`height`.*got nan"),
    ({"arctan": {"height": float("inf")}}, ValueError, "`height`.*got inf"),
    ({"arctan": {"height": True}}, TypeError, "`height`.*got True"),
    ({"fast_sigmoid": {"slope": "1e1"}}, TypeError, "`slope`.*got '1e1'"),
    ({"leaky": {"height": 0}}, ValueError, "`height` of surrogate function 'leaky'.*got 0"),
    (FastSigmoid, TypeError, "make an object of it: FastSigmoid"),
    (None, TypeError, "a surrogate function must be a name.*got None"),
    (jnp.tanh, TypeError, "a surrogate function must be a name"),
]


@pytest.mark.parametrize(("given", "error", "text"), WRONG, ids=[str(t) for *_, t in WRONG])
def test_what_is_none_is_refused_by_name(given: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        resolve_surrogate(given)


def test_some_fields_may_vanish() -> None:
    h = jnp.linspace(-2.0, 2.0, 9)
    gaussian = resolve_surrogate({"gaussian": {"width": 0.5, "height": 0.4}})
    np.testing.assert_allclose(MultiGaussian(dip=0.0).psi(h), gaussian.psi(h), atol=1e-7)
    assert float(resolve_surrogate({"leaky": {"leak": 0}}).psi(jnp.asarray(-1.0))) == 0.0


def test_a_new_one_needs_no_other_edit(register: dict[str, Any]) -> None:
    @dataclass(frozen=True)
    class HalfWave(SurrogateFunction):
        height: float = 2.0

        def psi(self, h: Any) -> Any:
            return jnp.where(h > 0, self.height, 0.0)

        def step(self, h: Any) -> Any:
            return 0.5 + h * self.psi(h)

    assert register["half_wave"] is HalfWave
    assert Surrogate("half_wave").function == HalfWave()
    assert Surrogate({"half_wave": {"height": 3.0}}).function == HalfWave(3.0)


def test_a_taken_name_is_refused(register: dict[str, Any]) -> None:
    with pytest.raises(NameClashError, match=r"'arctan' of .*Arctan is taken by ngcsnn\.credit"):
        type("Arctan", (SurrogateFunction,), {})
    with pytest.raises(NameClashError, match="'triangular'"):
        type("Mine", (SurrogateFunction,), {"aliases": ("triangular",)})
    assert register["arctan"] is Arctan
    first, second = (type("Again", (SurrogateFunction,), {}) for _ in range(2))
    assert first is not second and register["again"] is second


def test_psi_and_step_must_be_stated() -> None:
    with pytest.raises(TypeError, match="abstract"):
        SurrogateFunction()  # type: ignore[abstract]
