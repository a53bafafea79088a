"""The context: owner of components, wires, processes, live state, random numbers, clock and dt. No global state."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.graph.building import Block
from ngcsnn.graph.checks import is_name, whole
from ngcsnn.graph.declare import plain
from ngcsnn.graph.errors import GraphError, NameClashError, UnknownNameError, closest
from ngcsnn.graph.frame import current_frame
from ngcsnn.graph.live import LiveState, refuse_traced

if TYPE_CHECKING:
    from ngcsnn.graph.compartment import Compartment
    from ngcsnn.graph.component import Component
    from ngcsnn.graph.process import Process

_FIXED = ("name", "dt", "seed", "dtype", "batch_size")  # compiled steps have read them
_TIMINGS = ("precise", "exact", "grid")
CLOCK = "clock"  # the part of the state that holds step count and random key


class Context:
    """A network under construction or in use: `with Context("net", dt=1.0, seed=0) as net:`.

    Args:
        name: an identifier. dt: time step in ms, > 0 (default 1.0). seed: of initial weights and of all random numbers,
        0 to 2**32 - 1 (default 0). dtype: "float32" or "float64" (default: jax's default float type). spike_timing:
        "precise" (default) or "grid": whether processes place spikes inside the step or on its end, or "exact": inside
        and in order; compilers have their own.
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
        if not is_name(name):
            raise GraphError(f"a context's name must be an identifier, got {name!r}")
        label, dt = f"context '{name}'", plain(dt)
        if isinstance(dt, bool) or not isinstance(dt, int | float) or not math.isfinite(dt) or dt <= 0:
            raise GraphError(f"{label}: `dt` must be a finite number > 0 (in ms), got {dt!r}")
        try:
            self.seed = whole("seed", seed, low=0)
        except GraphError as error:
            raise GraphError(f"{label}: {error}") from None
        if self.seed >= 2**32:
            raise GraphError(f"{label}: `seed` must be < 2**32, got {seed!r}")
        self.name, self.dt, self.spike_timing = name, float(dt), spike_timing
        self.dtype = _float_type(label, dtype)
        self.components: dict[str, Component] = {}
        self.processes: dict[str, Process] = {}
        self.batch_size = 1
        self.version = 0  # rises with every change of structure, so that nothing compiled outlives it
        self._state = LiveState({CLOCK: {"step": jnp.zeros((), jnp.int32), "key": jax.random.key(self.seed)}})
        self._defaults: dict[str, Process] = {}
        self._blocks: list[Block] = []

    # --- building -----------------------------------------------------------------------------------------------
    def __enter__(self) -> Context:
        self._blocks.append(Block(self))
        return self

    def __exit__(self, kind: Any, *rest: Any) -> None:
        block = self._blocks.pop()
        block.close()
        if kind is not None:
            block.undo()

    def check_free(self, name: str, label: str) -> None:
        if not is_name(name):
            raise GraphError(f"{label}: a component's name must be an identifier (letters, digits, _), got {name!r}")
        if name in self.components or name == CLOCK:
            taken = "reserved" if name == CLOCK else f"taken by {self.components[name]!r}"
            raise NameClashError(f"{label}: the name '{name}' is {taken} in context '{self.name}'")

    def add(self, component: Component) -> None:
        """Take in a new component, without arrays yet."""
        self.components[component.name] = component
        self.live[component.name] = {}
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
            if getattr(owner, "context", None) is not self or self.components.get(owner.name) is not owner:
                raise GraphError(f"{key!r} does not belong to context '{self.name}'")
            return key
        name, _, rest = key.partition(".")
        if name not in self.components:
            raise UnknownNameError(f"context '{self.name}' has no component '{name}'{closest(name, self.components)}")
        component = self.components[name]
        return component.compartment(rest) if rest else component

    # --- state --------------------------------------------------------------------------------------------------
    @property
    def live(self) -> dict[str, dict[str, Any]]:
        """The arrays themselves, for the graph's own use: the next run consumes them. Users read `state`."""
        return self._state.values

    @property
    def state(self) -> dict[str, dict[str, Any]]:
        """The live state, `{component: {compartment: array}}`. Assign a whole or part of one to replace arrays.

        What is read is a snapshot: changing its dictionaries changes nothing here.
        """
        return self._state.lend_all()

    @state.setter
    def state(self, new: Mapping[str, Mapping[str, Any]]) -> None:
        self._state.replace(self.name, new)

    @property
    def fed(self) -> set[tuple[str, str]]:
        """The inputs, as (component, compartment), whose array the last runs left behind."""
        return self._state.fed

    def lend(self, component: str, compartment: str) -> None:
        """Note that a caller holds this array, so that it is copied before a run may consume it."""
        self._state.lend(component, compartment)

    def settle(self, feeding: Iterable[Compartment]) -> None:
        """Before a run: what an earlier one fed, and this one does not, goes back to its start value."""
        now = {(c.component.name, c.name) for c in feeding if c.role == "input"}
        over = [self.components[name].compartment(key) for name, key in self.fed - now if name in self.components]
        rest = {c: c.start_value(self.batch_size) for c in over if c.source is None}
        refuse_traced(list(rest.values()))
        for c, value in rest.items():
            self.live[c.component.name][c.name] = value
        self._state.fed = now

    def consume(self, step: Any, *, donate: bool = True) -> Any:
        """`(state, out) = step(state)` on the live state; gives `out`. See `LiveState.run`."""
        if jax.dtypes.canonicalize_dtype(self.dtype) != self.dtype:
            raise GraphError(
                f"context '{self.name}' is {self.dtype}: it needs jax.config.update('jax_enable_x64', True)"
            )
        return self._state.run(step, donate=donate)

    def reset(self, batch_size: int | None = None) -> None:
        """Start a new trial: clock to zero, all but parameters and kept state to their start values.

        batch_size: samples simulated side by side from now on (default: as before); a change of it starts kept state
        afresh too. The random stream goes on: no two trials see the same numbers.
        """
        zero = refuse_traced(jnp.zeros((), jnp.int32))
        resized = batch_size is not None and whole("batch_size", batch_size) != self.batch_size
        if resized:
            self.__dict__["batch_size"] = whole("batch_size", batch_size)
        for component in self.components.values() if resized else ():
            for c in component.owned():
                if c.batched:
                    self.live[component.name][c.name] = c.start_value(self.batch_size)
        self.live[CLOCK] = {**self.live[CLOCK], "step": zero}
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
        stream, key = jax.random.split(clock["key"])
        clock["key"] = stream if clock is not self.live[CLOCK] else refuse_traced(stream)
        return key

    @property
    def crossing(self) -> Any:
        """How events cross spikes in the run in progress (see `ngcsnn.credit`)."""
        frame = current_frame()
        chosen = frame.crossing if frame is not None and frame.context is self else None
        return self.spike_timing if chosen is None else chosen

    # --- processes ----------------------------------------------------------------------------------------------
    def process(self, name: str, *, ticks: bool = True) -> Process:
        """A new, empty process: `net.process("step") >> w1.advance >> hid.advance`. ticks: a step advances time."""
        from ngcsnn.graph.process import DEFAULTS, Process

        if not is_name(name):
            raise GraphError(f"a process's name must be an identifier, got {name!r}")
        if name in self.processes or name in DEFAULTS:
            near = "; that is a default process" if name in DEFAULTS else ""
            raise NameClashError(f"context '{self.name}' already has a process '{name}'{near}")
        self.processes[name] = Process(self, name, ticks=ticks)
        return self.processes[name]

    @property
    def advance(self) -> Process:
        """The default process: every synapse, then every source and cell, then every trace and every rule."""
        return self._default("advance")

    @property
    def evolve(self) -> Process:
        """The default process of learning: `evolve` of every component that learns by itself (see `Synapse`).

        `net.process("learn") >> net.advance >> net.evolve` learns in every step.
        """
        return self._default("evolve")

    def _default(self, name: str) -> Process:
        from ngcsnn.graph.process import DefaultProcess

        if name not in self._defaults:
            self._defaults[name] = DefaultProcess(self, name)
        return self._defaults[name]

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

    def __setattr__(self, key: str, value: Any) -> None:
        if key in self.__dict__ and key in _FIXED:
            advice = "call reset(batch_size=...)" if key == "batch_size" else "it is fixed when the context is made"
            raise GraphError(f"`{key}` of context '{self.name}' cannot be assigned: {advice}")
        if key == "spike_timing" and value not in _TIMINGS:
            near = closest(str(value), _TIMINGS)
            names = "'precise', 'exact' or 'grid'"
            raise GraphError(f"context '{self.name}': `spike_timing` must be {names}, got {value!r}{near}")
        object.__setattr__(self, key, value)

    def __reduce__(self) -> tuple[Any, ...]:
        from ngcsnn.graph.store import pack, unpack

        return unpack, pack(self)  # copies and pickles are independent contexts with the same state

    def __repr__(self) -> str:
        parts = [f"Context('{self.name}', dt={self.dt} ms, seed={self.seed}, batch_size={self.batch_size})"]
        parts += [f"  {c!r}" for c in self.components.values()]
        parts += [f"  {t.source!r} >> {t.key}" for c in self.components.values() for t in c.wired()]
        return "\n".join(parts)


def _float_type(label: str, dtype: str | None) -> Any:
    if dtype is None:
        return jnp.zeros(()).dtype
    if not isinstance(dtype, str) or dtype not in ("float32", "float64"):
        raise GraphError(f"{label}: `dtype` must be 'float32' or 'float64', got {dtype!r}")
    if jax.dtypes.canonicalize_dtype(dtype) != np.dtype(dtype):
        raise GraphError(f"{label}: dtype 'float64' needs jax.config.update('jax_enable_x64', True)")
    return np.dtype(dtype)
