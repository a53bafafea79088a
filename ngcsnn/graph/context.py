"""The context: owner of components, wires, processes, live state, random numbers, clock and dt. No global state."""

from __future__ import annotations

import contextvars
import math
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.graph.errors import GraphError, NameClashError, ShapeError, UnknownNameError, closest
from ngcsnn.graph.frame import current_frame

if TYPE_CHECKING:
    from ngcsnn.graph.compartment import Compartment
    from ngcsnn.graph.component import Component
    from ngcsnn.graph.process import Process

CLOCK = "clock"  # the part of the state that holds step count and random key
_building: contextvars.ContextVar[Context | None] = contextvars.ContextVar("ngcsnn_building", default=None)


class Context:
    """A network under construction or in use: `with Context("net", dt=1.0, seed=0) as net:`.

    Args:
        name: an identifier. dt: time step in ms, > 0 (default 1.0). seed: of initial weights and of all random numbers
        (default 0). dtype: "float32" or "float64" (default: jax's default float type). spike_timing: "precise"
        (default) or "grid": whether processes place spikes inside the step or on its end; compilers have their own.
    """

    def __init__(
        self,
        name: str = "net",
        *,
        dt: float = 1.0,
        seed: int = 0,
        dtype: str | None = None,
        spike_timing: str = "precise",
    ):
        if not (isinstance(name, str) and name.isidentifier()):
            raise GraphError(f"a context's name must be an identifier, got {name!r}")
        if isinstance(dt, bool) or not isinstance(dt, int | float) or not math.isfinite(dt) or dt <= 0:
            raise GraphError(f"context '{name}': `dt` must be a finite number > 0 (in ms), got {dt!r}")
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise GraphError(f"context '{name}': `seed` must be an integer >= 0, got {seed!r}")
        if spike_timing not in ("precise", "grid"):
            raise GraphError(f"context '{name}': `spike_timing` must be 'precise' or 'grid', got {spike_timing!r}")
        self.name, self.dt, self.seed, self.spike_timing = name, float(dt), seed, spike_timing
        self.dtype = _float_type(name, dtype)
        self.components: dict[str, Component] = {}
        self.processes: dict[str, Process] = {}
        self.batch_size = 1
        self.version = 0  # rises with every change of structure, so that nothing compiled outlives it
        self.live: dict[str, dict[str, Any]] = {CLOCK: self._new_clock()}
        self._lent: set[tuple[str, str]] = set()
        self._entered: list[tuple[Any, tuple[Any, ...]]] = []

    # --- building -----------------------------------------------------------------------------------------------
    @staticmethod
    def building() -> Context:
        """The context whose `with` block is open."""
        context = _building.get()
        if context is None:
            raise GraphError("components are made inside a context: with ngcsnn.Context('net', dt=1.0) as net: ...")
        return context

    def __enter__(self) -> Context:
        wires = {c: c.source for component in self.components.values() for c in component.compartments.values()}
        before = (dict(self.components), dict(self.processes), {k: dict(v) for k, v in self.live.items()}, wires)
        self._entered.append((_building.set(self), before))
        return self

    def __exit__(self, kind: Any, *rest: Any) -> None:
        token, (components, processes, live, wires) = self._entered.pop()
        _building.reset(token)
        if kind is not None:  # leave nothing of a failed block behind
            self.components, self.processes, self.live = components, processes, live
            for compartment, source in wires.items():
                compartment.source = source
            self.changed()

    def check_free(self, name: str, label: str) -> None:
        if not (isinstance(name, str) and name.isidentifier()):
            raise GraphError(f"{label}: a component's name must be an identifier (letters, digits, _), got {name!r}")
        if name in self.components or name == CLOCK:
            taken = "reserved" if name == CLOCK else f"taken by {self.components[name]!r}"
            raise NameClashError(f"{label}: the name '{name}' is {taken} in context '{self.name}'")

    def add(self, component: Component, live: dict[str, Any]) -> None:
        self.components[component.name] = component
        self.live[component.name] = live
        self.changed()

    def remove(self, component: Component) -> None:
        self.components.pop(component.name, None)
        self.live.pop(component.name, None)
        self.changed()

    def changed(self) -> None:
        self.version += 1

    def find(self, key: str | Component | Compartment) -> Any:
        """A component by name, or a compartment by `component.compartment`; objects of this context pass through."""
        if not isinstance(key, str):
            owner = getattr(key, "component", key)
            if getattr(owner, "context", None) is not self:
                raise GraphError(f"{key!r} does not belong to context '{self.name}'")
            return key
        name, _, rest = key.partition(".")
        if name not in self.components:
            raise UnknownNameError(f"context '{self.name}' has no component '{name}'{closest(name, self.components)}")
        component = self.components[name]
        return component.compartment(rest) if rest else component

    # --- state --------------------------------------------------------------------------------------------------
    @property
    def state(self) -> dict[str, dict[str, Any]]:
        """The live state, `{component: {compartment: array}}`; assign to replace arrays (shapes are checked)."""
        self._lent.update((c, k) for c, part in self.live.items() for k in part)
        return {c: dict(part) for c, part in self.live.items()}

    @state.setter
    def state(self, new: Mapping[str, Mapping[str, Any]]) -> None:
        checked: dict[str, dict[str, Any]] = {c: dict(part) for c, part in self.live.items()}
        for name, part in new.items():
            if name not in self.live:
                raise UnknownNameError(f"context '{self.name}' has no component '{name}'{closest(name, self.live)}")
            for key, value in part.items():
                old = self.live[name].get(key)
                if old is None:
                    raise UnknownNameError(f"'{name}' has no compartment '{key}'{closest(key, self.live[name])}")
                if np.shape(value) != old.shape:
                    raise ShapeError(f"{name}.{key} has shape {old.shape}, got {np.shape(value)}")
                keyed = jnp.issubdtype(old.dtype, jax.dtypes.prng_key)
                checked[name][key] = value if keyed else jnp.asarray(value, old.dtype)
        self.live = checked
        self._lent.update((c, k) for c, part in new.items() for k in part)

    def lend(self, component: str, compartment: str) -> None:
        """Note that a caller holds this array, so that it is copied before a run may consume it."""
        self._lent.add((component, compartment))

    def take(self) -> dict[str, dict[str, Any]]:
        """The live state for a run that donates it; arrays in a caller's hands, or held twice, are copied first."""
        out: dict[str, dict[str, Any]] = {}
        seen: set[int] = set()
        for component, part in self.live.items():
            out[component] = {}
            for key, value in part.items():
                shared = (component, key) in self._lent or id(value) in seen
                seen.add(id(value))
                out[component][key] = jnp.copy(value) if shared else value
        self._lent.clear()
        return out

    def reset(self, batch_size: int | None = None) -> None:
        """Start a new trial: clock to zero, all but parameters and kept state to their start values.

        batch_size: samples simulated side by side from now on (default: as before).
        """
        if batch_size is not None:
            if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
                raise GraphError(f"`batch_size` must be an integer >= 1, got {batch_size!r}")
            resized = batch_size != self.batch_size
            self.batch_size = batch_size
            for component in self.components.values() if resized else ():
                for c in component.owned():
                    if c.batched:
                        self.live[component.name][c.name] = c.start_value(batch_size)
        self.live[CLOCK] = {**self.live[CLOCK], "step": jnp.zeros((), jnp.int32)}
        for component in self.components.values():
            component.reset()

    # --- time and chance ----------------------------------------------------------------------------------------
    def _clock(self) -> dict[str, Any]:
        frame = current_frame()
        return frame.values[CLOCK] if frame is not None and frame.context is self else self.live[CLOCK]

    @property
    def t(self) -> Any:
        """Time at the start of the current step, in ms."""
        return self._clock()["step"].astype(self.dtype) * self.dt

    def tick(self) -> None:
        clock = self._clock()
        clock["step"] = clock["step"] + 1

    def next_key(self) -> jax.Array:
        """A fresh random key; the context's own stream moves on."""
        clock = self._clock()
        clock["key"], key = jax.random.split(clock["key"])
        return key

    def _new_clock(self) -> dict[str, Any]:
        return {"step": jnp.zeros((), jnp.int32), "key": jax.random.key(self.seed)}

    @property
    def crossing(self) -> Any:
        """How events cross spikes in the run in progress (see `ngcsnn.credit`)."""
        frame = current_frame()
        chosen = frame.crossing if frame is not None and frame.context is self else None
        return self.spike_timing if chosen is None else chosen

    # --- processes ----------------------------------------------------------------------------------------------
    def process(self, name: str, *, ticks: bool = True) -> Process:
        """A new, empty process: `net.process("step") >> w1.advance >> hid.advance`. ticks: a step advances time."""
        from ngcsnn.graph.process import Process

        if not (isinstance(name, str) and name.isidentifier()):
            raise GraphError(f"a process's name must be an identifier, got {name!r}")
        if name in self.processes or name == "advance":
            raise NameClashError(f"context '{self.name}' already has a process '{name}'")
        self.processes[name] = Process(self, name, ticks=ticks)
        return self.processes[name]

    @property
    def advance(self) -> Process:
        """The default process: every synapse, then every source and cell, then every rule."""
        from ngcsnn.graph.process import default_process

        return default_process(self)

    # --- saving -------------------------------------------------------------------------------------------------
    def save(self, folder: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write the model and its whole state to `folder` (`model.yaml`, `state.npz`)."""
        from ngcsnn.graph.store import save

        save(self, folder, overwrite)

    @staticmethod
    def load(folder: str | os.PathLike[str], allow_modules: Iterable[str] = ()) -> Context:
        """A new context from a folder written by `save`: the same model with the same state, to the bit."""
        from ngcsnn.graph.store import load

        return load(folder, allow_modules)

    def to_yaml(self) -> str:
        """The model as YAML text: context, components with all their arguments, wires, processes."""
        from ngcsnn.graph.description import to_yaml

        return to_yaml(self)

    @staticmethod
    def from_yaml(text_or_path: str | os.PathLike[str], allow_modules: Iterable[str] = ()) -> Context:
        """The model that YAML text, or the file of that name, describes (its `data` and `train` parts are not read)."""
        from ngcsnn.graph.description import from_yaml

        return from_yaml(text_or_path, allow_modules)

    def __repr__(self) -> str:
        parts = [f"Context('{self.name}', dt={self.dt} ms, seed={self.seed}, batch_size={self.batch_size})"]
        parts += [f"  {c!r}" for c in self.components.values()]
        parts += [f"  {t.source!r} >> {t.key}" for c in self.components.values() for t in c.wired()]
        return "\n".join(parts)


def _float_type(name: str, dtype: str | None) -> Any:
    if dtype is None:
        return jnp.zeros(()).dtype
    if dtype not in ("float32", "float64"):
        raise GraphError(f"context '{name}': `dtype` must be 'float32' or 'float64', got {dtype!r}")
    if jax.dtypes.canonicalize_dtype(dtype) != np.dtype(dtype):
        raise GraphError(f"context '{name}': dtype 'float64' needs jax.config.update('jax_enable_x64', True)")
    return np.dtype(dtype)
