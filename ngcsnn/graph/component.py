"""The base of every component: declarations in, compartments and a validated object out."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import registry
from ngcsnn.graph.checks import Check
from ngcsnn.graph.compartment import Compartment
from ngcsnn.graph.context import Context
from ngcsnn.graph.declare import REQUIRED, Declared, Hyper
from ngcsnn.graph.errors import GraphError, NameClashError, ShapeError, UnknownNameError, closest
from ngcsnn.graph.init import Initialiser, from_description, generator


class Component:
    """A named part of a context, made of declared hyper-parameters and compartments.

    Subclasses declare (see `ngcsnn.graph.declare`) and define `advance` (one step) and, where they learn, `evolve`.
    `setup` runs after the hyper-parameters are set and may declare further compartments of this one object.
    stage: when the default process runs it: synapses first, then sources and cells, then rules.
    """

    declarations: ClassVar[dict[str, Hyper | Declared]] = {}
    stage: ClassVar[str] = "cell"

    name: str
    context: Context

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        merged = dict(cls.declarations)
        merged.update({k: v for k, v in vars(cls).items() if isinstance(v, Hyper | Declared)})
        cls.declarations = merged
        if cls.stage not in ("source", "synapse", "cell", "rule"):
            raise GraphError(f"{cls.__name__}.stage must be source, synapse, cell or rule, got {cls.stage!r}")
        cls.__signature__ = _signature(merged)  # type: ignore[attr-defined]
        cls.__doc__ = f"{inspect.cleandoc(cls.__doc__ or cls.__name__)}\n\n{_document(merged)}"
        registry.register(cls)

    def __init__(self, name: str, **values: Any):
        context = Context.building()
        label = f"{type(self).__name__} '{name}'"
        arguments = {k: d for k, d in self.declarations.items() if _is_argument(d)}
        for key in values:
            if key not in arguments:
                raise UnknownNameError(f"{label} has no argument '{key}'{closest(key, arguments)}")
        context.check_free(name, label)
        self._ready = False
        self.name, self.context = name, context
        self.arguments: dict[str, Any] = {}
        for key, declared in arguments.items():
            default = declared.default if isinstance(declared, Hyper) else declared.init
            value = values.get(key, default)
            if value is REQUIRED:
                raise GraphError(f"{label}: `{key}` is required ({declared.doc})")
            if isinstance(declared, Hyper):
                value = declared.validate(label, key, value)
                setattr(self, key, value)
            self.arguments[key] = value
        self.compartments: dict[str, Compartment] = {}
        pending = {k: d for k, d in self.declarations.items() if isinstance(d, Declared)}
        live: dict[str, Any] = {}
        for key, declared in pending.items():
            if declared.role == "param":
                self._add_param(live, label, key, declared, self.arguments[key])
        context.add(self, live)
        try:
            for key, declared in pending.items():
                if declared.role != "param":
                    self.declare(key, declared)
            self.setup()
        except BaseException:
            context.remove(self)
            raise
        self._ready = True

    def setup(self) -> None:
        """Hook: declare what depends on the hyper-parameters (`self.declare(name, state(...))`)."""

    def declare(self, name: str, declared: Any, value: Any = None) -> Compartment:
        """Add a compartment to this object; `value` (for a parameter) as in the constructor."""
        if name in self.compartments:
            raise NameClashError(f"'{self.name}' already has a compartment '{name}'")
        live = self.context.live[self.name]
        if declared.role == "param":
            return self._add_param(live, repr(self.name), name, declared, declared.init if value is None else value)
        compartment = self._attach(name, declared)
        for part in (compartment, compartment.offset):
            if part is not None:
                live[part.name] = part.start_value(self.context.batch_size)
        return compartment

    def advance(self) -> None:
        """One step of dt; components without dynamics of their own leave it out."""

    def reset(self) -> None:
        """Back to the start of a trial: every unwired compartment except parameters and those declared `keep`."""
        for compartment in self.owned():
            if compartment.role != "param" and not compartment.declared.keep and compartment.source is None:
                compartment.set(compartment.start_value(self.context.batch_size))

    @property
    def memoryless(self) -> bool:
        """Whether a step depends on nothing but its inputs and parameters, so that all steps can be taken at once."""
        return all(c.role != "state" for c in self.compartments.values())

    def owned(self) -> list[Compartment]:
        """All compartments with arrays of their own, first moments included."""
        out = []
        for compartment in self.compartments.values():
            out.extend(c for c in (compartment, compartment.offset) if c is not None)
        return out

    def wired(self) -> list[Compartment]:
        """The inputs that a wire drives."""
        return [c for c in self.compartments.values() if c.source is not None]

    def compartment(self, name: str) -> Compartment:
        """The compartment called `name`, first moments as `s.offset`."""
        for found in self.owned():
            if found.name == name:
                return found
        raise UnknownNameError(
            f"{type(self).__name__} '{self.name}' has no compartment '{name}'{closest(name, self.compartments)}"
        )

    def bounds(self, name: str) -> tuple[float, float]:
        """The closed interval that training keeps the parameter `name` in."""
        return self.compartment(name).declared.bounds

    def _attach(self, name: str, declared: Declared) -> Compartment:
        compartment = Compartment(self, name, declared, declared.resolve_shape(self))
        self.compartments[name] = compartment
        object.__setattr__(self, name, compartment)
        return compartment

    def _add_param(self, live: dict[str, Any], label: str, name: str, declared: Declared, value: Any) -> Any:
        if value is None:
            object.__setattr__(self, name, None)
            return None
        compartment = self._attach(name, declared)
        if isinstance(value, dict | str):
            value = from_description(value)
            self.arguments[name] = value
        if isinstance(value, Initialiser):
            value = value.draw(generator(self.context.seed, self.name, name), compartment.shape)
        array = np.asarray(value)
        if array.dtype.kind not in "iuf":
            raise GraphError(
                f"{label}: `{name}` must be a number, an array of shape {compartment.shape} or an initialiser, "
                f"got {value!r}"
            )
        if array.ndim == 0 and declared.fill:
            array = np.full(compartment.shape, array)
        if array.ndim > 0 and array.shape != compartment.shape:
            raise ShapeError(f"{label}: `{name}` must have shape {compartment.shape} or be a number, got {array.shape}")
        if declared.check is not None and not declared.check.holds(array):
            unit = f" (in {declared.unit})" if declared.unit else ""
            raise GraphError(f"{label}: `{name}` must be {declared.check.text}{unit}, got {value!r}")
        compartment.shape = array.shape
        live[name] = jnp.asarray(array, self.context.dtype)
        return compartment

    def __setattr__(self, key: str, value: Any) -> None:
        if getattr(self, "_ready", False):
            declared = self.declarations.get(key)
            if isinstance(declared, Hyper):
                raise GraphError(f"`{key}` of '{self.name}' is fixed when the component is made; make a new one")
            if key in self.compartments:
                raise GraphError(f"{self.name}.{key} is a compartment: write it with {self.name}.{key}.set(value)")
            self.context.changed()  # compiled processes may have read the old value: trace them again
        object.__setattr__(self, key, value)

    def __getattr__(self, key: str) -> Any:  # only reached when nothing else answers
        if key.startswith("_") or "compartments" not in self.__dict__:
            raise AttributeError(key)
        options = [*self.compartments, *self.declarations]
        raise AttributeError(f"{type(self).__name__} '{self.name}' has no '{key}'{closest(key, options)}")

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={_short(v)}" for k, v in self.arguments.items() if v is not None)
        return f"{type(self).__name__}('{self.name}', {values})"


def _is_argument(declared: Hyper | Declared) -> bool:
    return isinstance(declared, Hyper) or declared.role == "param"


def _short(value: Any) -> str:
    array = np.asarray(value) if not isinstance(value, Initialiser | str | dict) else None
    return f"<array {array.shape}>" if array is not None and array.size > 8 else repr(value)


def _signature(declarations: dict[str, Hyper | Declared]) -> inspect.Signature:
    parameters = [inspect.Parameter("name", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=str)]
    for key, declared in declarations.items():
        if _is_argument(declared):
            default = declared.default if isinstance(declared, Hyper) else declared.init
            default = inspect.Parameter.empty if default is REQUIRED else default
            parameters.append(inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default))
    return inspect.Signature(parameters)


def _document(declarations: dict[str, Hyper | Declared]) -> str:
    """The generated part of a class's documentation."""
    lines = ["Arguments:"]
    for key, d in declarations.items():
        if not _is_argument(d):
            continue
        default = d.default if isinstance(d, Hyper) else d.init
        check: Check | None = d.check
        facts = ["required" if default is REQUIRED else f"default {default!r}"]
        facts += [d.unit] if d.unit else []
        facts += [check.text] if check is not None else []
        facts += ["trainable"] if isinstance(d, Declared) and d.trainable else []
        lines.append(f"    {key}: {d.doc} ({'; '.join(facts)})")
    lines.append("Compartments:")
    for key, d in declarations.items():
        if isinstance(d, Declared):
            unit = f", {d.unit}" if d.unit else ""
            lines.append(f"    {key} ({d.role}{unit}{', carries event times' if d.timed else ''}): {d.doc}")
    return "\n".join(lines)
