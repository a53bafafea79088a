"""The base of every component: declarations in, compartments and a validated object out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import jax.numpy as jnp

from ngcsnn.graph import registry
from ngcsnn.graph.building import building
from ngcsnn.graph.checks import is_name
from ngcsnn.graph.compartment import Compartment
from ngcsnn.graph.context import Context
from ngcsnn.graph.declare import REQUIRED, Declared, Hyper
from ngcsnn.graph.documentation import document, is_argument, signature
from ngcsnn.graph.errors import GraphError, NameClashError, UnknownNameError, closest
from ngcsnn.graph.frame import current_frame
from ngcsnn.graph.parameter import brief, read_parameter

_FIXED = ("name", "context", "arguments", "compartments")  # attributes of every component, set once


class Component:
    """A named part of a context, made of declared hyper-parameters and compartments.

    Subclasses declare (see `ngcsnn.graph.declare`) and define `advance` (one step) and, where they learn, `evolve`. One
    that has no use for an inherited declaration takes it back by `name = None`.
    `setup` runs after the hyper-parameters are set and may declare further compartments of this one object.
    stage: when the default process runs it: synapses first, then sources and cells, then traces (what follows the
    others and reads what they wrote in the same step), then rules.
    remembers: outputs of the step before that its own step reads.
    relays: (input, output) of a component whose step does nothing but put out that input, with its moments.
    """

    declarations: ClassVar[dict[str, Hyper | Declared]] = {}
    stage: ClassVar[str] = "cell"
    remembers: ClassVar[tuple[str, ...]] = ()
    relays: ClassVar[tuple[str, str] | None] = None

    name: str
    context: Context

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        merged: dict[str, Hyper | Declared] = {}
        for base in reversed(cls.__mro__):
            merged.update({k: v for k, v in vars(base).items() if isinstance(v, Hyper | Declared)})
            for key in [k for k in merged if vars(base).get(k, merged[k]) is None]:
                del merged[key]
        _check_names(cls, merged)
        needed = {k: d for k, d in merged.items() if is_argument(d) and d.default is REQUIRED}
        cls.declarations = {**needed, **merged}
        if cls.stage not in ("source", "synapse", "cell", "trace", "rule"):
            raise GraphError(f"{cls.__name__}.stage must be source, synapse, cell, trace or rule, got {cls.stage!r}")
        cls.__signature__ = signature(cls.declarations)  # type: ignore[attr-defined]
        cls.__doc__ = document(cls.__doc__ or cls.__name__, cls.declarations)
        registry.register(cls)

    def __init__(self, name: str, **values: Any):
        context = building()
        label = f"{type(self).__name__} '{name}'"
        arguments = {k: d for k, d in self.declarations.items() if is_argument(d)}
        for key in values:
            if key not in arguments:
                raise UnknownNameError(f"{label} has no argument '{key}'{closest(key, arguments)}")
        context.check_free(name, label)
        self._ready = False
        self.name, self.context = name, context
        self.arguments: dict[str, Any] = {}
        for key, declared in arguments.items():
            value = values.get(key, declared.default)
            if value is REQUIRED or (value is None and isinstance(declared, Declared) and declared.default is REQUIRED):
                raise GraphError(f"{label}: `{key}` is required ({declared.doc})")
            if isinstance(declared, Hyper):
                value = declared.validate(label, key, value)
                setattr(self, key, value)
            elif value is None and declared.default is not None:
                raise GraphError(f"{label}: `{key}` cannot be None; leave it out for its default {declared.default!r}")
            self.arguments[key] = value
        self.compartments: dict[str, Compartment] = {}
        context.add(self)
        try:
            pending = {k: d for k, d in self.declarations.items() if isinstance(d, Declared)}
            for key, declared in sorted(pending.items(), key=lambda pair: pair[1].role != "param"):
                if declared.role == "param" and self.arguments[key] is None:
                    object.__setattr__(self, key, None)
                else:
                    self.declare(key, declared, self.arguments.get(key))
            self.setup()
        except BaseException:
            context.remove(self)
            raise
        self._ready = True

    def setup(self) -> None:
        """Hook: declare what depends on the hyper-parameters (`self.declare(name, state(...))`)."""

    def declare(self, name: str, declared: Any, value: Any = None) -> Compartment:
        """Add a compartment to this object; `value` (for a parameter) as in the constructor."""
        label = f"{type(self).__name__} '{self.name}'"
        if name in self.compartments:
            raise NameClashError(f"{label} already has a compartment '{name}'")
        if not isinstance(declared, Declared):
            raise GraphError(
                f"{label}: '{name}' must be declared with param, state, input_ or output, got {declared!r}"
            )
        taken = name in _FIXED or (hasattr(type(self), name) and not isinstance(getattr(type(self), name), Declared))
        if taken or not is_name(name) or name.startswith("_"):
            raise NameClashError(f"{label} cannot have a compartment called '{name}'{' (taken)' if taken else ''}")
        live = self.context.live[self.name]
        shape = declared.resolve_shape(self)
        if declared.role == "param":
            value = declared.default if value is None else value
            stream = (self.context.seed, self.name, name)
            kept, array = read_parameter(label, name, declared, value, shape, self.context.dtype, stream)
            if self.arguments.get(name) is not None:
                self.arguments[name] = kept
            live[name], shape = jnp.array(array), array.shape
        compartment = Compartment(self, name, declared, shape)
        if declared.role != "param" and declared.stored:
            for part in (compartment, compartment.offset):
                if part is not None:
                    live[part.name] = part.start_value(self.context.batch_size)
        self.compartments[name] = compartment
        object.__setattr__(self, name, compartment)
        self.context.changed()
        return compartment

    def forget(self, names: Iterable[str]) -> None:
        """Take back compartments that were declared after construction."""
        for name in names:
            for gone in (self.compartments[name], self.compartments[name].offset):
                if gone is not None:
                    self.context.live[self.name].pop(gone.name, None)
            del self.compartments[name], self.__dict__[name]

    def connected(self, target: Compartment) -> None:
        """Hook: a wire now drives the input `target`; declare here what only a wired one needs."""

    def advance(self) -> None:
        """One step of dt; components without dynamics of their own leave it out."""

    @property
    def learns(self) -> bool:
        """Whether `net.evolve` calls its `evolve`, one step of learning."""
        return hasattr(self, "evolve")

    def reset(self) -> None:
        """Back to the start of a trial: every unwired compartment except parameters and those declared `keep`."""
        for compartment in self.owned():
            if compartment.role != "param" and not compartment.declared.keep and compartment.source is None:
                compartment.set(compartment.start_value(self.context.batch_size))

    @property
    def memoryless(self) -> bool:
        """Whether a step depends on nothing but its inputs and parameters, so that all steps can be taken at once."""
        return all(c.role != "state" for c in self.compartments.values())

    @property
    def draws(self) -> bool:
        """Whether its step draws random numbers (`context.next_key`); compiled trials give a key to who says so."""
        return False

    def remembered(self, crossing: Any) -> tuple[str, ...]:
        """Of `remembers`, what is read under this credit rule (None: under any)."""
        return self.remembers

    def piecewise_constant(self, crossing: Any) -> tuple[str, ...]:
        """Outputs without derivative under this credit rule; who knows spares the way back through them."""
        return ()

    def untrainable(self, crossing: Any) -> str:
        """Why no gradient passes through it under this credit rule, as the end of a sentence; empty: it does."""
        return ""

    def underivable(self, crossing: Any) -> dict[str, str]:
        """Of its trainable parameters those without derivative under this credit rule, and why."""
        return {}

    def owned(self) -> list[Compartment]:
        """All compartments with arrays of their own, first moments included."""
        return [c for c in self._all_compartments() if c.declared.stored]

    def _all_compartments(self) -> list[Compartment]:
        pairs = [(c, c.offset) for c in self.compartments.values()]
        return [c for pair in pairs for c in pair if c is not None]

    def wired(self) -> list[Compartment]:
        """The inputs that a wire drives."""
        return [c for c in self.compartments.values() if c.source is not None]

    def compartment(self, name: str) -> Compartment:
        """The compartment called `name`, first moments as `s.offset`."""
        for found in self._all_compartments():
            if found.name == name:
                return found
        raise UnknownNameError(
            f"{type(self).__name__} '{self.name}' has no compartment '{name}'{closest(name, self.compartments)}"
        )

    def referred(self, argument: str, has: str, kind: str) -> Any:
        """The component that the `reference` called `argument` names; it must have the method `has` of its kind."""
        label, name = f"{type(self).__name__} '{self.name}'", getattr(self, argument)
        if name not in self.context.components:
            near = closest(name, [other for other in self.context.components if other != self.name])
            raise UnknownNameError(f"{label}: `{argument}`: no component '{name}' was made before{near}")
        found = self.context.components[name]
        if not hasattr(found, has):
            raise GraphError(f"{label}: `{argument}` '{name}' is no {kind}")
        return found

    def bounds(self, name: str) -> tuple[float, float]:
        """The closed interval that training keeps the parameter `name` in."""
        return self.compartment(name).declared.bounds

    def __setattr__(self, key: str, value: Any) -> None:
        if getattr(self, "_ready", False):
            declared = self.declarations.get(key)
            if isinstance(declared, Hyper) or key in _FIXED:
                raise GraphError(f"`{key}` of '{self.name}' is fixed when the component is made; make a new one")
            if key in self.compartments:
                raise GraphError(f"{self.name}.{key} is a compartment: write it with {self.name}.{key}.set(value)")
            if declared is not None:
                raise GraphError(f"'{self.name}' was made without `{key}`; make a new one that has it")
            if current_frame() is not None:
                raise GraphError(
                    f"'{self.name}': the attribute `{key}` cannot be set during a step (a compiled step would set it "
                    "once only): declare a state compartment"
                )
            self.context.changed()  # compiled processes may have read the old value: trace them again
        object.__setattr__(self, key, value)

    def __getattr__(self, key: str) -> Any:  # only reached when nothing else answers
        if key.startswith("_") or "compartments" not in self.__dict__:
            raise AttributeError(key)
        options = [*self.compartments, *self.declarations]
        raise AttributeError(f"{type(self).__name__} '{self.name}' has no '{key}'{closest(key, options)}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Context.find, (self.context, self.name)  # copied and pickled with its whole context

    def __repr__(self) -> str:
        values = [f"{k}={brief(v)}" for k, v in getattr(self, "arguments", {}).items() if v is not None]
        return f"{type(self).__name__}({', '.join([repr(self.name), *values])})"


def _check_names(cls: type, declarations: dict[str, Hyper | Declared]) -> None:
    """A declaration must not hide a part of `Component`, nor be hidden by a plain attribute of a subclass."""
    for key in declarations:
        if hasattr(Component, key) or key in _FIXED or not is_name(key) or key.startswith("_"):
            raise NameClashError(f"{cls.__name__} cannot declare '{key}': every component has a part of that name")
        found = getattr(cls, key, None)
        if not isinstance(found, Hyper | Declared):
            raise NameClashError(
                f"{cls.__name__}.{key} = {brief(found)} hides the declaration of `{key}`: declare it again, as hyper, "
                "param, state, input_ or output"
            )
