"""Optimisers by name and as plain data, for YAML and for `optim="sgd"`."""

import dataclasses
import functools
import inspect
import operator
from collections.abc import Callable, Mapping
from typing import Any

from ngcsnn.optim.adam import Adam, adam_init, adam_step
from ngcsnn.optim.base import Optimiser
from ngcsnn.optim.deep_r import DeepR
from ngcsnn.optim.errors import unknown_name
from ngcsnn.optim.hyper import is_schedule
from ngcsnn.optim.nag import NAG, nag_init, nag_step
from ngcsnn.optim.nest import PRESETS
from ngcsnn.optim.nest_online import NestOnline
from ngcsnn.optim.optax_adapter import from_optax
from ngcsnn.optim.per_param import PerParameter
from ngcsnn.optim.schedules import describe_schedule, schedule_from_description
from ngcsnn.optim.sgd import SGD, sgd_init, sgd_step

OPTIMISERS: dict[str, Any] = {"adam": Adam, "deep_r": DeepR, "nag": NAG, "nest_online": NestOnline, "sgd": SGD}
INIT_FUNCTIONS: dict[str, Callable] = {"adam": adam_init, "nag": nag_init, "sgd": sgd_init}
STEP_FUNCTIONS: dict[str, Callable] = {"adam": adam_step, "nag": nag_step, "sgd": sgd_step}
PER_PARAMETER = "per_parameter"


def get_opt_init_fn(name: str) -> Callable:
    """Return `adam_init`, `nag_init` or `sgd_init`.

    Errors: `ValueError` for an unknown name, with the closest one.
    """
    if name not in INIT_FUNCTIONS:
        raise unknown_name("optimiser", name, INIT_FUNCTIONS)
    return INIT_FUNCTIONS[name]


def get_opt_step_fn(name: str, **hyper: Any) -> Callable:
    """Return `adam_step`, `nag_step` or `sgd_step` with hyper-parameters filled in.

    Arguments: `hyper`, hyper-parameters by name: `get_opt_step_fn("adam", eta=0.01)`. They stay traced.
    Returns `step(opt_params, theta, updates) -> (opt_params, theta)`.
    Errors: `ValueError` for an unknown name or hyper-parameter, with the closest one.
    """
    if name not in STEP_FUNCTIONS:
        raise unknown_name("optimiser", name, STEP_FUNCTIONS)
    allowed = list(inspect.signature(STEP_FUNCTIONS[name]).parameters)[3:]
    for key in hyper:
        if key not in allowed:
            raise unknown_name(f"hyper-parameter of {name!r}", key, allowed)
    return functools.partial(STEP_FUNCTIONS[name], **hyper)


def from_description(description: Any) -> Optimiser:
    """Return the optimiser that a name, plain data, or an object stands for.

    Arguments: `description`, one of
    - a name: `"adam"`;
    - one name with arguments: `{"adam": {"eta": 0.005, "clamp": [-1.0, 1.0]}}`, where a number may be a schedule:
      `{"adam": {"eta": {"cosine": {"peak": 0.01, "decay_steps": 1000}}}}`;
    - `"nest_adam"`, `"nest_gradient_descent"`: `adam` (in NEST's form) and `sgd` with NEST's defaults, see
      `nest_optimiser`; also with arguments, `{"nest_adam": {"eta": 0.005}}`;
    - `"nest_online"`: `NestOnline`, with its arguments by NEST's names;
    - `{"deep_r": {"optimiser": {"adam": {"eta": 0.01}}, "l1": 1e-4}}`: `DeepR` around another one;
    - `{"per_parameter": {"in_hid.weights": "adam", "hid_out.*": None, "*": {"sgd": {"eta": 0.01}}}}`;
    - an optimiser, returned as it is; or an optax transformation, wrapped by `from_optax`.
    Errors: `ValueError` for unknown names, with the closest one, and values out of range; `TypeError` for anything
    else.
    """
    if isinstance(description, str):
        description = {description: {}}
    if isinstance(description, Mapping):
        if len(description) != 1:
            raise ValueError(f"an optimiser is described by one name, got {len(description)}: {dict(description)!r}")
        ((name, arguments),) = description.items()
        return _from_name(name, {} if arguments is None else arguments)
    if not isinstance(description, type):
        if isinstance(description, Optimiser):
            return description
        if callable(getattr(description, "init", None)) and callable(getattr(description, "update", None)):
            return from_optax(description)
    raise TypeError(
        f"an optimiser must be a name ({', '.join([*OPTIMISERS, *PRESETS])}), a mapping "
        f"{{name: {{argument: value}}}}, or an object with init, step and set_step; got {description!r}"
    )


def describe(optimiser: Any, full: bool = False) -> dict[str, Any]:
    """Return plain data (text, numbers, lists, mappings) from which `from_description` makes an equal optimiser.

    Arguments: `full`, write arguments that have their default too (False: only those that differ).
    Errors: `TypeError` for an object that plain data cannot hold: an optax transformation, a user's own class or
    schedule function.
    """
    if isinstance(optimiser, PerParameter):
        entries = optimiser.optimisers.items()
        return {PER_PARAMETER: {key: None if value is None else describe(value, full) for key, value in entries}}
    for name, kind in OPTIMISERS.items():
        if type(optimiser) is kind:
            fields = dataclasses.fields(optimiser)
            shown = [f for f in fields if full or getattr(optimiser, f.name) != f.default]
            return {name: {f.name: _described(getattr(optimiser, f.name), full) for f in shown}}
    raise TypeError(
        f"{optimiser!r} is not one of {', '.join([*OPTIMISERS, PER_PARAMETER])}; it cannot be written as plain data"
    )


def _from_name(name: Any, arguments: Any) -> Optimiser:
    if name != PER_PARAMETER and name not in OPTIMISERS and name not in PRESETS:
        raise unknown_name("optimiser", name, [*OPTIMISERS, *PRESETS, PER_PARAMETER])
    if not isinstance(arguments, Mapping):
        raise TypeError(f"the arguments of optimiser {name!r} must be a mapping, got {arguments!r}")
    if name == PER_PARAMETER:
        return PerParameter({k: None if v is None else from_description(v) for k, v in arguments.items()})
    kind, preset = PRESETS[name] if name in PRESETS else (OPTIMISERS[name], {})
    allowed = {field.name for field in dataclasses.fields(kind)}
    for key in arguments:
        if key not in allowed:
            raise unknown_name(f"argument of optimiser {name!r}", key, allowed)
    inner = {k: from_description(v) for k, v in arguments.items() if k == "optimiser"}  # of DeepR
    rest: dict[str, Any] = {
        k: schedule_from_description(v) if isinstance(v, Mapping) else v for k, v in arguments.items() if k not in inner
    }
    values = {**rest, **inner}
    return kind(**{**preset, **values})


def _described(value: Any, full: bool) -> Any:
    return describe(value, full) if isinstance(value, Optimiser) else _plain(value)


def _plain(value: Any) -> Any:
    """Schedules become mappings, tuples lists, and numpy's numbers Python's."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if is_schedule(value):
        return describe_schedule(value)
    return operator.index(value) if hasattr(value, "__index__") else float(value)
