"""Multiplying the learning rate of an optimiser while it trains; nothing compiles again."""

from __future__ import annotations

from typing import Any


def scale_rate(optimiser: Any, opt_state: Any, factor: float) -> Any:
    """`opt_state` with every learning rate in it times `factor`.

    An optimiser says how in a method `scale_rate(opt_state, factor)`.
    Errors: `ValueError` for one without it.
    """
    method = getattr(optimiser, "scale_rate", None)
    if method is None:
        raise ValueError(f"the optimiser {optimiser!r} has no learning rate that can be changed while it trains")
    return method(opt_state, factor)
