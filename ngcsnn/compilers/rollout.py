"""Running a plan: from parameters and fed trajectories to the trajectories of the compartments asked for.

The components run as they are: each `advance` over a frame, for all steps at once or inside a time loop. The result
equals the default process, `net.advance`, step by step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.compilers.chance import step_keys
from ngcsnn.compilers.delay_lines import delay_lines
from ngcsnn.compilers.event_lists import projected, route
from ngcsnn.compilers.perturbations import NONE, Perturbations
from ngcsnn.compilers.plan import Leaf, Stage, make_plan
from ngcsnn.graph import CLOCK, Context, Frame, GraphError, Memo, running
from ngcsnn.graph.compartment import OFFSET
from ngcsnn.kernels import Events, LoopBody, LoopInputs, Trajectory, map_rows, time_loop

Params = dict[str, dict[str, Any]]
Trajectories = dict[Leaf, Any]  # each a `Trajectory`; None: first moments of events that are all on the grid
NO_LINES: dict[str, Any] = {}
KEY = (-2, CLOCK, "key")  # among what a step reads: the data of the key of its perturbations
DRAWS = (-2, CLOCK, "draws")  # and that of the key of components that draw
OWN = -1  # in the place of a lag: what a member of the stage is fed itself


class Rollout:
    """A context's trial as a pure function.

    crossing: the credit rule. fed: the leaves that are given from outside. truncate: steps after which gradients are
    cut, None: never. perturbations: what happens to trials that are given a random key. cuts: {component: what it reads
    without its derivative}. same_step: components that read in a step what is written in it, though they come first.
    Its call takes the trained parameters, the other ones, the fed trajectories, the compartments to record, and
    perhaps a key.
    """

    def __init__(
        self, context: Context, crossing: Any, n_steps: int, fed: Iterable[Leaf], truncate: int | None = None,
        perturbations: Perturbations = NONE, cuts: Mapping[str, Collection[Leaf]] = NO_LINES,
        same_step: Collection[str] = (),
    ):  # fmt: skip
        self.context, self.crossing, self.n_steps, self.cuts = context, crossing, n_steps, cuts
        self.truncate, self.perturbations, self.same_step = truncate, perturbations, same_step
        self.hear: Any = None  # (reader, leaf, trajectory, known, params) -> trajectory; the values stay the same
        self.fed = frozenset(fed)
        self.stages = make_plan(context, crossing)

    def __call__(
        self, trained: Params, fixed: Params, fed: dict[Leaf, Any], watch: Iterable[Leaf], key: Any = None
    ) -> tuple[dict[Leaf, Any], dict[str, Any]]:
        """({leaf: (T, batch, n)}, counts). fed: {leaf: (T, batch, n)}, what is set before (inputs) in each step."""
        watch, fixed = list(watch), dict(fixed)
        draws = fixed.pop(CLOCK, {}).get("key")
        if key is not None:
            fed = self.perturbations.on_fed(fed, key)
        first = next(iter(fed.values()))
        batch = first.batch if isinstance(first, Events) else first.shape[1]
        routes = route(self.context, self.stages, fed, watch)
        known: Trajectories = {leaf: Trajectory.written(a) for leaf, a in routes.spread.items()}
        counts: dict[str, Any] = {}
        wanted = set(watch) | {r.leaf for stage in self.stages for r in (*stage.external, *stage.internal)}
        for stage in self.stages:
            run = _Run(self, stage, trained, fixed, batch, wanted)
            name = stage.members[0]
            if name in routes.lists:
                known.update(run.projected(routes.lists[name], watch))
            elif stage.looped:
                known.update(run.looped(known, counts, key, draws))
            elif name not in routes.idle:
                known.update(run.flat(known))
        return {leaf: self.heard(None, leaf, known, trained, fixed).seen() for leaf in watch}, counts

    def heard(self, reader: str | None, leaf: Leaf, known: Trajectories, trained: Params, fixed: Params) -> Trajectory:
        """What `reader` reads (None: who records); `hear` may give it further derivatives."""
        if self.hear is None:
            return known[leaf]
        return self.hear(reader, leaf, known[leaf], known, {**fixed, **trained})


class _Run:
    """One stage within one trace of a rollout."""

    def __init__(self, rollout: Rollout, stage: Stage, trained: Params, fixed: Params, batch: int, wanted: set[Leaf]):
        self.rollout, self.stage, self.batch = rollout, stage, batch
        self.trained, self.fixed = trained, fixed
        self.components = rollout.context.components
        timed = _is_timed(rollout.crossing)
        self.leaves = {
            (name, c.name): c for name in stage.members for c in self.components[name].owned()
            if c.role != "param" and c.source is None and (timed or not c.name.endswith(OFFSET))
        }  # fmt: skip
        self.outs = [leaf for leaf in self.leaves if leaf in wanted and leaf not in rollout.fed]

    # --- all steps at once --------------------------------------------------------------------------------------
    def flat(self, known: Trajectories) -> Trajectories:
        inputs = self.external(known)
        inputs.update({(OWN, *leaf): known[leaf] for leaf in self.leaves if leaf in known})
        if not inputs:
            empty = jnp.zeros((self.rollout.n_steps, self.batch, 1), self.rollout.context.dtype)
            inputs = {(OWN, "", ""): Trajectory.written(empty)}

        def rows(given: dict[Any, Any]) -> dict[Leaf, Any]:
            n_rows = next(iter(given.values())).shape[0]
            values = self.values(self.trained, self.fixed, n_rows, self.stage.members)
            frame = self.frame(values)
            self.place(values, given)
            for name in self.stage.members:
                self.advance(frame, name, given)
            return {leaf: values[leaf[0]][leaf[1]] for leaf in self.outs}

        return map_rows(rows, inputs)

    def projected(self, events: Events, watch: list[Leaf]) -> Trajectories:
        """A synapse that is given a list of events: what it puts out, seen one step after the events."""
        (name,) = self.stage.members
        component: Any = self.components[name]

        def put_out(m0: Any, m1: Any) -> dict[Leaf, Any]:
            values = self.values(self.trained, self.fixed, m0.shape[0], self.stage.members)
            with running(self.frame(values)):
                component.emit(m0, m1)
            return {leaf: values[leaf[0]][leaf[1]] for leaf in self.outs}

        with running(self.frame({name: {**self.fixed.get(name, {}), **self.trained.get(name, {})}})):
            m0, m1 = projected(component, events, self.rollout.crossing)
        shape = m0.shape[:2]
        written = put_out(*(None if m is None else m.reshape(-1, m.shape[-1]) for m in (m0, m1)))
        start = put_out(jnp.zeros_like(m0[0]), None if m1 is None else jnp.zeros_like(m1[0]))
        still = {leaf for leaf in self.outs if m1 is None and leaf[1].endswith(OFFSET) and leaf not in watch}
        return {
            k: None if k in still else Trajectory(v.reshape(*shape, *v.shape[1:]), start[k][None], 1)
            for k, v in written.items()
        }

    # --- step by step -------------------------------------------------------------------------------------------
    def looped(self, known: Trajectories, counts: dict[str, Any], key: Any, draws: Any = None) -> Trajectories:
        stage = self.stage
        start = self.values(self.trained, self.fixed, self.batch, stage.members)
        own = {m: self.trained.get(m, {}) for m in (*stage.members, *stage.borrowed)}
        weights = {m: own.pop(m) for m in stage.transmitting}
        states = [leaf for leaf, c in self.leaves.items() if c.role == "state"]
        feedback = {r.leaf: start[r.leaf[0]][r.leaf[1]] for r in stage.internal if r.leaf in self.leaves}
        xs: dict[Any, Trajectory] = self.external(known)
        lines = delay_lines(self, feedback, xs)
        waiting = {(m, key) for m in lines for key in ("on_the_way", "on_the_way_moments")}
        carry = {leaf: start[leaf[0]][leaf[1]] for leaf in states if leaf not in feedback and leaf not in waiting}
        xs.update({(OWN, *leaf): known[leaf] for leaf in self.leaves if leaf in known})
        perturbed = [m for m in stage.members if key is not None and self.rollout.perturbations.acts_on(m)]
        if perturbed:
            xs[KEY] = Trajectory.written(self.keys(key, perturbed[0]))
        drawing = [m for m in stage.members if self.components[m].draws]
        if drawing and draws is not None:
            number = list(self.components).index(drawing[0])
            xs[DRAWS] = Trajectory.written(step_keys(draws, number, self.rollout.n_steps))
        outs = list(dict.fromkeys([*self.outs, *feedback]))
        sent = {
            key for r in stage.external if r.reader in stage.transmitting for key in [(r.lag, *r.leaf)] if key in xs
        }
        sent.update((OWN, *leaf) for leaf in self.leaves if leaf[0] in stage.transmitting and leaf in known)
        stepping = [m for m in stage.members if m not in stage.transmitting]

        def transmit(weights: Params, constants: Params, feedback: dict[Leaf, Any], x: Any) -> dict[Leaf, Any]:
            n_rows = next(iter(feedback.values())).shape[0] if feedback else self.batch
            values = self.values(weights, constants, n_rows, stage.transmitting)
            frame = self.frame(values)
            _put(values, feedback)
            self.place(values, x)
            before = {name: dict(values[name]) for name in stage.transmitting}
            for name in stage.transmitting:
                self.advance(frame, name, x)
            written = [leaf for leaf in self.leaves if leaf[0] in before]
            return {(n, k): values[n][k] for n, k in written if values[n][k] is not before[n][k]}

        def step(
            params: Params,
            constants: Params,
            carry: Any,
            feedback: Any,
            arrivals: Any,
            x: Any,
            memo: Memo,
            lines: Any = NO_LINES,
        ) -> tuple[Any, dict[Leaf, Any], dict[str, Any]]:
            values = self.values(params, constants, self.batch, stepping)
            frame = self.frame(values)
            frame.memo, frame.lines = memo, {m: (*line, None)[:2] for m, line in lines.items()}
            for part in (carry, feedback, arrivals):
                _put(values, part)
            self.place(values, x)
            for name in stepping:
                self.advance(frame, name, x)
                if name in perturbed:
                    here = jax.random.fold_in(jax.random.wrap_key_data(x[KEY]), stage.members.index(name))
                    self.rollout.perturbations.after_step(name, values[name], here, memo, self.rollout.context.dt)
            new = {leaf: values[leaf[0]][leaf[1]] for leaf in carry}
            return new, {leaf: values[leaf[0]][leaf[1]] for leaf in outs}, frame.counts

        written, counted = time_loop(
            LoopBody(transmit, step, frozenset(sent), self.rollout.truncate),
            LoopInputs(weights, own, carry, feedback, xs, lines),
            self.fixed,
            self.rollout.n_steps,
        )
        counts.update(counted)
        flat = {(m, k) for m in stepping for k in self.components[m].piecewise_constant(self.rollout.crossing)}
        written = {leaf: lax.stop_gradient(a) if leaf in flat else a for leaf, a in written.items()}
        return {leaf: Trajectory.written(a) for leaf, a in written.items()}

    def keys(self, key: Any, name: str) -> Any:
        """The data of one random key for each step of this loop, (T, 2)."""
        number = list(self.components).index(name) + 1  # 0 and on are the inputs' numbers, one level above
        here = jax.random.fold_in(jax.random.fold_in(key, 2**31 - 1), number)
        return jax.random.key_data(jax.random.split(here, self.rollout.n_steps))

    # --- frames -------------------------------------------------------------------------------------------------
    def values(self, trained: Params, fixed: Params, n_rows: int, members: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What the frame starts with: all parameters, and the start values of the members' compartments.

        A state whose value stands among the fixed parameters starts from there (see `CompiledNetwork.start_from`).
        """
        values = {name: {**fixed.get(name, {}), **trained.get(name, {})} for name in self.components}
        with running(self.frame(values)):
            for (name, key), compartment in self.leaves.items():
                if name in members:
                    given = values[name].get(key)
                    start = compartment.start_value(n_rows)
                    values[name][key] = start if given is None else jnp.broadcast_to(given, start.shape)
        return values

    def frame(self, values: dict[str, dict[str, Any]]) -> Frame:
        return Frame(self.rollout.context, values, self.rollout.crossing, driven=self.rollout.fed)

    def external(self, known: Trajectories) -> dict[Any, Trajectory]:
        """What members read from outside, keyed by (lag, component, compartment)."""
        out: dict[Any, Trajectory] = {}
        for read in self.stage.external:
            if read.leaf not in known:
                if _is_timed(self.rollout.crossing) or not read.leaf[1].endswith(OFFSET):
                    raise GraphError(f"{'.'.join(read.leaf)} is read by '{read.reader}' but nothing writes or feeds it")
                continue
            if known[read.leaf] is None:
                continue
            trajectory = self.rollout.heard(read.reader, read.leaf, known, self.trained, self.fixed)
            if read.lag and read.reader not in self.rollout.same_step:
                trajectory = trajectory.delayed(self.first(read.leaf)).cut(self.rollout.truncate)
            out[(read.lag, *read.leaf)] = trajectory
        return out

    def first(self, leaf: Leaf) -> Any:
        """What a reader of the step before sees in step 0."""
        values = {name: {**self.fixed.get(name, {}), **self.trained.get(name, {})} for name in self.components}
        with running(self.frame(values)):
            return self.components[leaf[0]].compartment(leaf[1]).start_value(self.batch)

    def place(self, values: dict[str, dict[str, Any]], x: dict[Any, Any]) -> None:
        """Set what is fed to the members themselves."""
        own = {leaf: v for leaf, v in x.items() if leaf[0] == OWN and leaf[1]}
        _put(values, {(name, key): v for (_, name, key), v in own.items()})

    def advance(self, frame: Frame, name: str, x: dict[Any, Any]) -> None:
        """Run one member; what it reads from outside is put in its place first."""
        for read in self.stage.external:
            key = (read.lag, *read.leaf)
            if read.reader == name and key in x:
                frame.values[read.leaf[0]][read.leaf[1]] = x[key]
        frame.values[CLOCK] = clock = NoClock(name)
        if DRAWS in x and self.components[name].draws:
            clock["key"] = jax.random.fold_in(jax.random.wrap_key_data(x[DRAWS]), self.stage.members.index(name))
        cut = [leaf for leaf in self.rollout.cuts.get(name, ()) if leaf[1] in frame.values[leaf[0]]]
        whole = {leaf: frame.values[leaf[0]][leaf[1]] for leaf in cut}
        _put(frame.values, {leaf: lax.stop_gradient(value) for leaf, value in whole.items()})
        with running(frame):
            self.components[name].advance()
        _put(frame.values, whole)


class NoClock(dict[str, Any]):
    """Stands where a process keeps step count and random key; a rollout has a key for those who say that they draw."""

    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def __missing__(self, key: str) -> Any:
        if key == "key":
            raise GraphError(
                f"'{self.name}' draws random numbers in its step, for which it got no key: `draws` of its class must "
                "be True, and e-prop in chunks has none; run it in a process, such as net.advance"
            )
        raise GraphError(
            f"'{self.name}' reads the time in its step, which compiled trials do not offer yet: run it in a process, "
            "such as net.advance"
        )


def _put(values: dict[str, dict[str, Any]], part: dict[Leaf, Any]) -> None:
    for (name, key), value in part.items():
        values[name][key] = value


def _is_timed(crossing: Any) -> bool:
    return bool(crossing.timed)
