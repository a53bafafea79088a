"""Programs are compiled with options that this XLA knows, and run without those that it does not."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest

import ngcsnn.compilers.jitted as room


@pytest.fixture
def asked_anew():
    room._options.cache_clear()
    yield
    room._options.cache_clear()


def test_wide_vectors_on_a_cpu(asked_anew):
    assert room._options() == (room.WIDE if jax.default_backend() == "cpu" else None)
    assert float(room.jitted(lambda x: 2.0 * x)(3.0)) == 6.0


def test_an_option_that_xla_does_not_know_is_left_out(asked_anew, monkeypatch):
    monkeypatch.setattr(room, "WIDE", {"xla_no_such_option": 1})
    assert room._options() is None
    assert float(room.jitted(lambda x: 2.0 * x)(3.0)) == 6.0


def test_arguments_may_be_given_up():
    given = jnp.ones(8)
    room.jitted(lambda x: x + 1.0, donate=(0,))(given)
    assert given.is_deleted()
