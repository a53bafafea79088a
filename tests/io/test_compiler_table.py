"""Compilers by name."""

import pytest

from ngcsnn.compilers import EventPropCompiler, InferenceCompiler
from ngcsnn.graph import UnknownNameError
from ngcsnn.io.compiler_table import COMPILERS, compiler_arguments, find_compiler, is_many, is_required, trains


def test_found_by_name() -> None:
    assert find_compiler("eventprop") is EventPropCompiler
    with pytest.raises(UnknownNameError, match="unknown compiler 'evntprop'; did you mean 'eventprop'?"):
        find_compiler("evntprop")


@pytest.mark.parametrize("name", COMPILERS)
def test_arguments_are_those_of_the_class(name: str) -> None:
    arguments = compiler_arguments(COMPILERS[name])
    assert {"example_timesteps", "losses", "readouts", "batch_size"} <= set(arguments)
    assert not {"optimiser", "seed", "self"} & set(arguments)
    assert is_required(arguments["example_timesteps"]) and not is_required(arguments["batch_size"])


def test_what_their_signatures_tell() -> None:
    assert trains(EventPropCompiler) and not trains(InferenceCompiler)
    many = {k for k, p in compiler_arguments(EventPropCompiler).items() if is_many(p)}
    assert many == {"trainable", "frozen"}
