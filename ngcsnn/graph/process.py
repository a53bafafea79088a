"""A process: an ordered list of component methods, run step by step, eagerly or compiled.

Nothing is rewritten: the methods run at trace time over a frame that stands in for the live state, and what comes out
is a pure function. A compartment that a run feeds is set before the methods run if it is an input; what is fed to any
other (such as a source's `s`) counts as emitted during the step: it is set before the traces and rules, which read what
the same step emits, and after everything else, where it acts one step later.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.graph.checks import whole
from ngcsnn.graph.errors import GraphError
from ngcsnn.graph.feed import Feed, as_array, check_rows, on_device, one_compartment, resolve
from ngcsnn.graph.frame import Frame, running
from ngcsnn.graph.order import in_order
from ngcsnn.graph.recording import in_chunks

if TYPE_CHECKING:
    from ngcsnn.graph.compartment import Compartment
    from ngcsnn.graph.context import Context

State = dict[str, dict[str, Any]]
DEFAULTS = ("advance", "evolve")  # the processes that every context has


class Process:
    """`net.process("step") >> w1.advance >> hid.advance`: steps of one context.

    traces: how often its step was traced so far (compiling once means one trace per kind of call).
    """

    def __init__(self, context: Context, name: str, *, ticks: bool = True):
        self.context, self.name, self.ticks = context, name, ticks
        self.traces = 0
        self._methods: list[Callable[[], Any]] = []
        self._compiled: dict[Any, Any] = {}

    @property
    def methods(self) -> Sequence[Callable[[], Any]]:
        """What a step calls, in order."""
        return tuple(self._methods)

    def __rshift__(self, method: Callable[[], Any] | Process) -> Process:
        """Append a component's method, or all methods of another process."""
        if isinstance(method, Process):
            if method.context is not self.context:
                raise GraphError(f"process '{method.name}' belongs to context '{method.context.name}'")
            self._methods.extend(method.methods)
        else:
            self._methods.append(self._checked(method))
        self._compiled = {}
        return self

    def restore(self, methods: Iterable[Callable[[], Any]]) -> None:
        """Take the list of methods back to what it was."""
        self._methods, self._compiled = list(methods), {}

    def pure(self, state: State, inputs: Feed | None = None) -> State:
        """The step as a pure function: `(state, {compartment: array}) -> state`; jit, grad and vmap it as you like.

        state: as `context.state` gives it. Inputs that are not fed keep the value they have there.
        """
        if state.keys() != self.context.live.keys():
            parts, live = set(state), set(self.context.live)
            raise GraphError(
                f"process '{self.name}': state lacks {sorted(live - parts)}, has unknown {sorted(parts - live)}"
            )
        fed = resolve(self.context, f"process '{self.name}'", inputs)
        values = {c: dict(part) for c, part in state.items()}
        with running(Frame(self.context, values, driven=None)):
            for compartment, value in fed:
                if compartment.role == "input":
                    compartment.set(value)
            emitted = [(c, value) for c, value in fed if c.role != "input"]
            following = False
            for method in self.methods:
                if not following and _follows(method):
                    following = True
                    for compartment, value in emitted:
                        compartment.set(value)
                method()
            if self.ticks:
                self.context.tick()
            for compartment, value in emitted:
                compartment.set(value)
        return values

    def run(self, inputs: Feed | None = None, *, compiled: bool = True) -> None:
        """One step on the live state.

        Args:
            inputs: {compartment: (batch, n)}, for this step only: an input that the next run does not feed goes back to
            its start value then (`compartment.set(value)` holds it until it is changed or reset).
            compiled: False runs plain Python, for a debugger.
        """
        keys, rows = self._fed(inputs)
        for compartment, row in zip(keys, rows, strict=True):
            check_rows(compartment, row.shape)
        self.context.settle(keys)
        rows = [on_device(c, row, copy=True) for c, row in zip(keys, rows, strict=True)]

        def step(state: State, values: list[Any]) -> State:
            return self.pure(state, dict(zip(keys, values, strict=True)))

        def traced(state: State, values: list[Any]) -> State:
            self.traces += 1
            return step(state, values)

        once = self._cached(("run", keys), lambda: jax.jit(traced, donate_argnums=0)) if compiled else step
        self.context.consume(lambda state: (once(state, rows), None), donate=compiled)

    def scan(
        self,
        inputs: Feed | None = None,
        n_steps: int | None = None,
        watch: Any = (),
        *,
        chunk: int | None = None,
        progress: bool = False,
    ) -> dict[str, Any]:
        """Many steps as one compiled loop; the live state moves on, the watched compartments come back.

        Args:
            inputs: {compartment: (T, batch, n)}, as for `run`. n_steps: T, needed when there are no inputs.
            watch: compartments to record after every step. chunk: run this many steps at a time and keep the recordings
            on the host, so that a long one does not fill the device. progress: print the share done after each chunk
            (to stderr); without `chunk`, the run is then cut into 20.
        Returns:
            {"component.compartment": (T, batch, n)}; NumPy arrays when recorded in chunks.
        """
        keys, rows = self._fed(inputs)
        watch = tuple(watch) if isinstance(watch, list | tuple | set | frozenset | Mapping) else (watch,)
        watched = [one_compartment(self.context, f"process '{self.name}'", c, "watch") for c in watch]
        n_steps = self._length(keys, rows, n_steps)
        if chunk is None and not progress:
            self.context.settle(keys)
            rows = [on_device(c, row) for c, row in zip(keys, rows, strict=True)]
            return self._scan_once(keys, rows, n_steps, watched, None)
        chunk = whole("chunk", -(-n_steps // 20) if chunk is None else chunk)
        self.context.settle(keys)

        def part(rows: list[Any], size: int) -> dict[str, Any]:
            rows = [on_device(c, row) for c, row in zip(keys, rows, strict=True)]
            return self._scan_once(keys, rows, chunk, watched, size)

        return in_chunks(part, rows, n_steps, chunk, self.name if progress else None)

    def _scan_once(
        self, keys: tuple[Compartment, ...], rows: list[Any], length: int, watched: list[Compartment], size: int | None
    ) -> dict[str, Any]:
        """One compiled loop of `length` steps, of which the first `size` count (None: all)."""

        def build() -> Any:
            def loop(state: State, rows: list[Any], size: Any) -> tuple[State, tuple[Any, ...]]:
                self.traces += 1

                def step(state: State, row: list[Any]) -> State:
                    return self.pure(state, dict(zip(keys, row, strict=True)))

                def body(state: State, x: tuple[Any, list[Any]]) -> tuple[State, tuple[Any, ...]]:
                    n, row = x
                    new = step(state, row) if size is None else lax.cond(n < size, step, lambda s, _: s, state, row)
                    return new, tuple(_read(self.context, new, c) for c in watched)

                return lax.scan(body, state, (jnp.arange(length), rows), length=length)

            return jax.jit(loop, donate_argnums=0)

        loop = self._cached(("scan", keys, length, tuple(watched), size is None), build)
        count = None if size is None else jnp.asarray(size, jnp.int32)
        out = self.context.consume(lambda state: loop(state, rows, count))
        return {c.key: o for c, o in zip(watched, out, strict=True)}

    def _cached(self, key: Any, build: Callable[[], Any]) -> Any:
        version = (self.context.version, self.context.spike_timing)
        if self._compiled.get("version") != version:
            self._compiled = {"version": version}
        if key not in self._compiled:
            self._compiled[key] = build()
        return self._compiled[key]

    def _fed(self, inputs: Feed | None) -> tuple[tuple[Compartment, ...], list[Any]]:
        fed = resolve(self.context, f"process '{self.name}'", inputs)
        return tuple(c for c, _ in fed), [as_array(c, v) for c, v in fed]

    def _length(self, keys: Iterable[Compartment], rows: list[Any], n_steps: Any) -> int:
        lengths = [row.shape[0] for row in rows if row.ndim]
        n_steps = whole("n_steps", n_steps) if n_steps is not None else next(iter(lengths), None)
        if n_steps == 0 or (n_steps is None and not rows):
            raise GraphError(
                f"process '{self.name}': scan needs `n_steps`, or inputs (T, batch, n) of at least one step"
            )
        for compartment, row in zip(keys, rows, strict=True):
            check_rows(compartment, row.shape, n_steps or 1)
        return n_steps or 1

    def _checked(self, method: Any) -> Callable[[], Any]:
        owner: Any = getattr(method, "__self__", None)
        if getattr(owner, "context", None) is not self.context or self.context.components.get(owner.name) is not owner:
            raise GraphError(
                f"process '{self.name}' takes methods of components of context '{self.context.name}' "
                f"(such as cell.advance), got {method!r}"
            )
        try:
            inspect.signature(method).bind()
        except TypeError as error:
            raise GraphError(
                f"process '{self.name}': {owner.name}.{method.__name__} cannot be called: {error}"
            ) from None
        return method

    def __reduce__(self) -> tuple[Any, ...]:
        return _process_of, (self.context, self.name)  # copied and pickled with its whole context

    def __repr__(self) -> str:
        steps = " >> ".join(f"{m.__self__.name}.{m.__name__}" for m in self.methods)  # type: ignore[attr-defined]
        return f"Process('{self.name}': {steps or 'empty'})"


class DefaultProcess(Process):
    """`net.advance`, `net.evolve`: this method of every component, in the order of `in_order`, as the context stands.

    `evolve` is no step in time, and of those components only that learn by themselves.
    """

    def __init__(self, context: Context, name: str = "advance"):
        super().__init__(context, name, ticks=name == "advance")
        self._ordered: tuple[int, Sequence[Callable[[], Any]]] | None = None

    @property
    def methods(self) -> Sequence[Callable[[], Any]]:
        if self._ordered is None or self._ordered[0] != self.context.version:
            taking_part = [c for c in in_order(self.context) if self.name == "advance" or c.learns]
            self._ordered = self.context.version, tuple(getattr(c, self.name) for c in taking_part)
        return self._ordered[1]

    def __rshift__(self, method: Callable[[], Any] | Process) -> Process:
        text = f"net.process('step') >> net.{self.name} >> ..."
        raise GraphError(f"the default process is fixed: build on it with {text}")


def _follows(method: Any) -> bool:
    """Whether it is the step of a trace or a rule, which reads what others emit in the same step."""
    return method.__name__ == "advance" and method.__self__.stage in ("trace", "rule")


def _process_of(context: Context, name: str) -> Process:
    return getattr(context, name) if name in DEFAULTS else context.processes[name]


def _read(context: Context, state: State, compartment: Compartment) -> Any:
    """What `compartment.get()` gives after a step that ended in `state`."""
    with running(Frame(context, state)):
        return compartment.get()
