"""Local plasticity: rules and optimisers of the graph itself, over whole data sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ngcsnn.compilers.plasticity.again import Again
from ngcsnn.compilers.plasticity.evaluation import Evaluation, Labels, held_values
from ngcsnn.compilers.plasticity.network import PlasticNetwork
from ngcsnn.compilers.plasticity.options import check_cell, read_option
from ngcsnn.compilers.precision import check_precision
from ngcsnn.graph import Context, GraphError, Process, UnknownNameError, closest
from ngcsnn.graph.checks import whole


class PlasticityCompiler:
    """Compiles a network whose synapses learn by rules of the graph, for `train` over data sets.

    A trial is: reset, `example_timesteps` steps of `learn`, then `at_end`. Weights, and all that is kept from trial to
    trial, pass from one to the next; an epoch is one compiled program. Several samples side by side (`batch_size`)
    share their weights, which move by the mean of what the rules propose. For a single sample, dense synapses and rules
    made of events touch only rows and columns of units that spike.

    Args:
        example_timesteps: steps of a trial.
        batch_size: samples at a time (default 1: one after the other, as these rules are meant).
        learn: what each step runs, a process of the context or its name (default: `net.advance`, then `net.evolve`).
        at_end: what runs once after the steps, such as `normalise` or `settle` of synapses (default: nothing).
        again: None, or {"cell": ..., "spikes": 5, "times": 10, "louder": 0.5}: show a sample again, with rates higher
            by `louder` each time, while the cell answers with fewer spikes; for one sample at a time, and data that
            draw their events (`ngcsnn.data.PoissonCode`).
        labels: None, or {"cell": ..., "by": "average", "samples": None}: whose units are named after the classes that
            they answer most, by how many training samples, and how a class is found from their answers (see `Labels`).
        evaluation: {"example_timesteps": None, "batch_size": 32, "values": {}}: trials while rules rest, to name units,
            validate and test (see `Evaluation`).
        seed: of the order of the samples, and of their events (default: the context's).
    Errors: `GraphError` and its kin that name the argument, here or in `compile`.
    """

    def __init__(
        self,
        example_timesteps: int,
        batch_size: int = 1,
        learn: Process | str | None = None,
        at_end: Process | str | None = None,
        again: Mapping[str, Any] | None = None,
        labels: Mapping[str, Any] | None = None,
        evaluation: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ):
        self.example_timesteps = whole("example_timesteps", example_timesteps)
        self.batch_size = whole("batch_size", batch_size)
        self.learn, self.at_end = learn, at_end
        self.again = None if again is None else read_option("again", Again, again)
        self.labels = None if labels is None else read_option("labels", Labels, labels)
        self.evaluation = read_option("evaluation", Evaluation, {} if evaluation is None else evaluation)
        self.seed = None if seed is None else whole("seed", seed, low=0)
        if self.again is not None and self.batch_size != 1:
            raise GraphError(f"`again` shows one sample at a time, got `batch_size` {self.batch_size}")

    def compile(self, context: Context) -> PlasticNetwork:
        """The network, ready to learn; weights are those of the context, before and after."""
        if not isinstance(context, Context):
            raise GraphError(f"compile takes a Context, got {type(context).__name__}")
        check_precision(context)
        learn = _process(context, "learn", self.learn)
        if learn is None:
            learn = Process(context, "learning step") >> context.advance >> context.evolve
        for argument, option in (("again", self.again), ("labels", self.labels)):
            if option is not None:
                check_cell(context, argument, option.cell)
        held_values(context, self.evaluation.values)  # raises for what is no parameter
        return PlasticNetwork(
            context, n_steps=self.example_timesteps, batch_size=self.batch_size, learn=learn,
            at_end=_process(context, "at_end", self.at_end), again=self.again,
            labels=self.labels, evaluation=self.evaluation, seed=context.seed if self.seed is None else self.seed,
        )  # fmt: skip


def _process(context: Context, argument: str, given: Process | str | None) -> Process | None:
    if given is None:
        return None
    if isinstance(given, str):
        if given not in context.processes:
            raise UnknownNameError(
                f"`{argument}`: context '{context.name}' has no process '{given}'{closest(given, context.processes)}"
            )
        return context.processes[given]
    if not isinstance(given, Process) or given.context is not context:
        raise GraphError(f"`{argument}` must be a process of context '{context.name}' or its name, got {given!r}")
    return given
