"""What a run was computed with."""

import getpass
import json
import platform

import jax

import ngcsnn
from ngcsnn.io import versions


def test_versions() -> None:
    told = versions()
    assert told["ngcsnn"] == ngcsnn.__version__ and told["jax"] == jax.__version__
    assert told["device"].startswith(jax.devices()[0].platform) and told["x64"] is False
    assert set(told) == {"ngcsnn", "python", "jax", "jaxlib", "numpy", "platform", "device", "devices", "x64"}


def test_nothing_tells_whose_machine_it_was() -> None:
    words = set(json.dumps(versions()).replace('"', " ").replace(",", " ").split())
    assert platform.node() not in words and getpass.getuser() not in words


def test_double_precision_is_noted(x64: None) -> None:
    assert versions()["x64"] is True
