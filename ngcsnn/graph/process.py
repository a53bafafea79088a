"""A process: an ordered list of component methods, run step by step, eagerly or compiled.

Nothing is rewritten: the methods run at trace time over a frame that stands in for the live state, and what comes out
is a pure function. A compartment that a run feeds is set before the methods run if it is an input; what is fed to an
output (such as a source's `s`) counts as emitted during the step, so it is set after them and acts one step later.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.graph.errors import GraphError, ShapeError, WireError
from ngcsnn.graph.frame import Frame, running

if TYPE_CHECKING:
    from ngcsnn.graph.compartment import Compartment
    from ngcsnn.graph.context import Context

State = dict[str, dict[str, Any]]
Fed = Mapping[Any, Any]  # {compartment or "component.compartment": array}


class Process:
    """`net.process("step") >> w1.advance >> hid.advance`: steps of one context.

    traces: how often its step was traced so far (compiling once means one trace per kind of call).
    """

    def __init__(self, context: Context, name: str, *, ticks: bool = True):
        self.context, self.name, self.ticks = context, name, ticks
        self.methods: list[Callable[[], Any]] = []
        self.traces = 0
        self._compiled: dict[Any, Any] = {}

    def __rshift__(self, method: Callable[[], Any] | Process) -> Process:
        """Append a component's method, or all methods of another process."""
        if isinstance(method, Process):
            if method.context is not self.context:
                raise GraphError(f"process '{method.name}' belongs to context '{method.context.name}'")
            self.methods.extend(method.methods)
        else:
            owner = getattr(method, "__self__", None)
            if getattr(owner, "context", None) is not self.context:
                raise GraphError(
                    f"process '{self.name}' takes methods of components of context '{self.context.name}' "
                    f"(such as cell.advance), got {method!r}"
                )
            self.methods.append(method)
        self.context.changed()
        return self

    def pure(self, state: State, inputs: Fed | None = None) -> State:
        """The step as a pure function: `(state, {compartment: array}) -> state`; jit, grad and vmap it as you like."""
        fed = self._resolve(inputs)
        values = {c: dict(part) for c, part in state.items()}
        with running(Frame(self.context, values, driven=frozenset(_home(c) for c, _ in fed))):
            for compartment, value in fed:
                if compartment.role == "input":
                    compartment.set(value)
            for method in self.methods:
                method()
            if self.ticks:
                self.context.tick()
            for compartment, value in fed:
                if compartment.role != "input":
                    compartment.set(value)
        return values

    def run(self, inputs: Fed | None = None, *, compiled: bool = True) -> None:
        """One step on the live state; `compiled=False` runs plain Python, for a debugger."""
        fed = self._resolve(inputs)
        for compartment, value in fed:
            _check_rows(compartment, np.shape(value), (self.context.batch_size, *compartment.shape))
        if not compiled:
            self.context.live = self.pure(self.context.live, dict(fed))
            return
        keys = tuple(c for c, _ in fed)

        def build() -> Any:
            def step(state: State, values: list[Any]) -> State:
                self.traces += 1
                return self.pure(state, dict(zip(keys, values, strict=True)))

            return jax.jit(step, donate_argnums=0)

        step = self._cached(("run", keys), build)
        self.context.live = step(self.context.take(), [self._rows(v) for _, v in fed])

    def scan(
        self,
        inputs: Fed | None = None,
        n_steps: int | None = None,
        watch: Iterable[Any] = (),
        *,
        chunk: int | None = None,
        progress: bool = False,
    ) -> dict[str, Any]:
        """Many steps as one compiled loop; the live state moves on, the watched compartments come back.

        Args:
            inputs: {compartment: (T, batch, n)}. n_steps: T, needed when there are no inputs. watch: compartments to
            record after every step. chunk: run this many steps at a time and keep the recordings on the host, so that
            a long one does not fill the device. progress: print the share done after each chunk (to stderr).
        Returns:
            {"component.compartment": (T, batch, n)}; NumPy arrays when `chunk` is given.
        """
        fed = self._resolve(inputs)
        watched = [self._watched(c) for c in watch]
        n_steps = self._length(fed, n_steps)
        if chunk is None:
            rows = [self._rows(v) for _, v in fed]
            return self._scan_once(tuple(c for c, _ in fed), rows, n_steps, watched, None)
        if isinstance(chunk, bool) or not isinstance(chunk, int) or chunk < 1:
            raise GraphError(f"`chunk` must be an integer >= 1 (steps), got {chunk!r}")
        parts: list[dict[str, Any]] = []
        for start in range(0, n_steps, chunk):
            size = min(chunk, n_steps - start)
            rows = [self._rows(_padded(np.asarray(v[start : start + size]), chunk)) for _, v in fed]
            out = self._scan_once(tuple(c for c, _ in fed), rows, chunk, watched, size)
            parts.append({k: np.asarray(v)[:size] for k, v in out.items()})
            if progress:
                print(f"\r{self.name}: {start + size}/{n_steps} steps", end="", file=sys.stderr, flush=True)
        if progress:
            print(file=sys.stderr)
        return {k: np.concatenate([p[k] for p in parts]) for k in parts[0]} if parts else {}

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
        self.context.live, out = loop(self.context.take(), rows, count)
        return {c.key: o for c, o in zip(watched, out, strict=True)}

    def _cached(self, key: Any, build: Callable[[], Any]) -> Any:
        if self._compiled.get("version") != self.context.version:
            self._compiled = {"version": self.context.version}
        if key not in self._compiled:
            self._compiled[key] = build()
        return self._compiled[key]

    def _resolve(self, inputs: Fed | None) -> list[tuple[Compartment, Any]]:
        out = []
        for key, value in (inputs or {}).items():
            compartment = self.context.find(key)
            if not hasattr(compartment, "role"):
                raise GraphError(f"process '{self.name}': feed a compartment of '{compartment.name}', not the component")
            if compartment.source is not None:
                raise WireError(f"{compartment.key} is driven by {compartment.source!r} and cannot be fed")
            if compartment.role == "param":
                raise GraphError(f"{compartment.key} is a parameter: write it with .set(value), it is not fed per step")
            out.append((compartment, value))
        return out

    def _watched(self, key: Any) -> Compartment:
        compartment = self.context.find(key)
        if not hasattr(compartment, "role"):
            raise GraphError(f"process '{self.name}': watch a compartment of '{compartment.name}', not the component")
        return compartment

    def _length(self, fed: list[tuple[Compartment, Any]], n_steps: int | None) -> int:
        if n_steps is not None and (isinstance(n_steps, bool) or not isinstance(n_steps, int) or n_steps < 1):
            raise GraphError(f"`n_steps` must be an integer >= 1, got {n_steps!r}")
        for compartment, value in fed:
            n_steps = np.shape(value)[0] if n_steps is None and np.ndim(value) else n_steps
            lead = (self.context.batch_size,) if compartment.batched else ()
            _check_rows(compartment, np.shape(value), (n_steps, *lead, *compartment.shape))
        if n_steps is None:
            raise GraphError(f"process '{self.name}': scan needs `n_steps` or inputs of shape (T, batch, n)")
        return n_steps

    def _rows(self, value: Any) -> Any:
        return jnp.asarray(value, self.context.dtype)

    def __repr__(self) -> str:
        steps = " >> ".join(f"{m.__self__.name}.{m.__name__}" for m in self.methods)  # type: ignore[attr-defined]
        return f"Process('{self.name}': {steps or 'empty'})"


def default_process(context: Context) -> Process:
    """Every synapse (those fed by other synapses after them), then sources and cells, then rules."""
    cached = context.__dict__.get("_advance")
    if cached is None or cached[0] != context.version:
        process = Process(context, "advance")
        process.methods = [c.advance for c in in_order(context)]
        cached = (context.version, process)
        context.__dict__["_advance"] = cached
    return cached[1]


def in_order(context: Context) -> list[Any]:
    """The components as the default process runs them."""
    synapses = [c for c in context.components.values() if c.stage == "synapse"]
    ordered: list[Any] = []

    def visit(synapse: Any, path: tuple[str, ...]) -> None:
        if synapse in ordered:
            return
        if synapse.name in path:
            raise WireError(f"synapses wired in a circle: {' >> '.join([*path, synapse.name])}")
        for target in synapse.wired():
            for source in target.source.sources():
                if source.component.stage == "synapse" and source.component is not synapse:
                    visit(source.component, (*path, synapse.name))
        ordered.append(synapse)

    for synapse in synapses:
        visit(synapse, ())
    rest = [c for c in context.components.values() if c.stage in ("source", "cell")]
    return ordered + rest + [c for c in context.components.values() if c.stage == "rule"]


def _read(context: Context, state: State, compartment: Compartment) -> Any:
    """What `compartment.get()` gives after a step that ended in `state`."""
    with running(Frame(context, state)):
        return compartment.get()


def _home(compartment: Compartment) -> tuple[str, str]:
    return compartment.component.name, compartment.name


def _check_rows(compartment: Compartment, shape: tuple[int, ...], expected: tuple[int | None, ...]) -> None:
    if len(shape) != len(expected) or any(e is not None and e != s for s, e in zip(shape, expected, strict=False)):
        raise ShapeError(f"input for {compartment.key} must have shape {expected}, got {shape}")


def _padded(rows: np.ndarray, length: int) -> np.ndarray:
    missing = length - rows.shape[0]
    return np.concatenate([rows, np.zeros((missing, *rows.shape[1:]), rows.dtype)]) if missing else rows
