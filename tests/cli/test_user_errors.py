"""Which errors are a user's."""

import json

import pytest

from ngcsnn.cli.user_errors import is_users, message
from ngcsnn.data import yin_yang
from ngcsnn.graph import YamlError


def caught(action) -> BaseException:
    with pytest.raises(Exception) as info:
        action()
    return info.value


def test_told_apart() -> None:
    assert is_users(YamlError("x")) and is_users(FileNotFoundError("x"))
    assert is_users(caught(lambda: yin_yang(0, 1)))  # raised by ngcsnn
    assert not is_users(caught(lambda: json.loads("x")))  # a ValueError too, but raised elsewhere
    assert not is_users(ValueError("never raised")) and not is_users(TypeError("x")) and not is_users(KeyError("x"))


def test_messages() -> None:
    assert message(FileNotFoundError(2, "No such file or directory", "a/b")) == "a/b: No such file or directory"
    assert message(OSError("disk full")) == "disk full"
    assert message(YamlError("f:1: x")) == "f:1: x"
