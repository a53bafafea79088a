"""What a run was computed with. Nothing here tells whose machine it was."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from typing import Any

import jax
import numpy


def versions() -> dict[str, Any]:
    """Versions of Python and packages, system and processor kind, devices by kind, and jax's float setting."""
    devices = jax.devices()
    return {
        "ngcsnn": sys.modules[__name__.partition(".")[0]].__version__,
        "python": platform.python_version(),
        "jax": jax.__version__,
        "jaxlib": importlib.metadata.version("jaxlib"),
        "numpy": numpy.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
        "device": f"{devices[0].platform}: {devices[0].device_kind}",
        "devices": len(devices),
        "x64": bool(jax.config.jax_enable_x64),  # type: ignore[attr-defined]
    }
