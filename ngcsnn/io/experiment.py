"""A whole model file as one object: the network, the data that go into it, and how it is trained."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ngcsnn.compilers import CompiledNetwork, NetworkAtRest, PlasticNetwork, TrainableNetwork
from ngcsnn.compilers.batches import hold_out
from ngcsnn.compilers.chosen_metrics import chosen
from ngcsnn.data import Dataset, Split
from ngcsnn.graph import Context, Document, build, read_yaml
from ngcsnn.io.blame import located
from ngcsnn.io.data_section import DataPlan, read_data
from ngcsnn.io.overrides import Overridden
from ngcsnn.io.train_section import AUTO, TrainPlan, read_train


@dataclass(frozen=True)
class Experiment:
    """A model file, read and checked.

    document: its text with the overrides in it. context: the network. data, train: its other two sections, None where
    the file has none. allow_modules: the modules that its component types may come from.
    """

    document: Document
    context: Context
    data: DataPlan | None
    train: TrainPlan | None
    allow_modules: tuple[str, ...]

    @property
    def compiled(self) -> CompiledNetwork:
        """The network compiled as `train` says, as it runs when it does not learn. Raises `YamlError` for a model
        without that section."""
        if self.train is None:
            raise self.document.error((), "this needs `train: {compiler: ...}`, which the model has not")
        return self.train.compiled

    @property
    def trainable(self) -> TrainableNetwork | PlasticNetwork:
        """The same as it learns, or a `YamlError` where its compiler does not."""
        _ = self.compiled
        learner = self.train.learner if self.train is not None else None
        if learner is None:
            raise self.document.error(
                ("train", "compiler"), "this compiler does not learn; training needs one that does"
            )
        return learner

    @property
    def answering(self) -> CompiledNetwork:
        """`compiled`, ready to answer: units that stand for classes are named anew, by the training samples."""
        compiled = self.compiled
        if isinstance(compiled, NetworkAtRest) and compiled.labels is not None:
            train = self.dataset.train
            compiled.name_units(self.inputs(train), self.targets(train), self.dataset.n_classes)
        return compiled

    @cached_property
    def dataset(self) -> Dataset:
        """The data, loaded once, every split checked against the network: units, times, labels."""
        plan, compiled = self.data, self.compiled
        if plan is None:
            raise self.document.error((), "this needs `data: {name: {...}}`, which the model has not")
        dataset = plan.load(self.document)
        further = chosen(list(self.train.loop.metrics) if self.train is not None else None)
        with located(self.document, ("data", plan.name)):
            for split in (dataset.train, dataset.test, dataset.validation):
                if split is not None:
                    targets = compiled.check(self.inputs(split), self.targets(split))
                    with located(self.document, ("train", "metrics")):
                        compiled.check_metrics(further, targets, dataset.n_classes)
        learner = self.train.learner if self.train is not None else None
        if self.train is not None and isinstance(learner, PlasticNetwork):
            with located(self.document, ("train", "compiler", self.train.compiler)):
                learner.check(self.inputs(dataset.train), self.targets(dataset.train), dataset.n_classes)
        self._check_validation(dataset)
        return dataset

    def _check_validation(self, dataset: Dataset) -> None:
        choice = self.train.validation if self.train is not None else False
        path = ("train", "validation")
        if choice is True and dataset.validation is None:
            raise self.document.error(
                path, f"`validation` is true, but data set '{dataset.name}' has no validation split here"
            )
        n = len(dataset.train.labels)
        if isinstance(choice, float) and 0 in map(len, hold_out(0, n, choice)):
            raise self.document.error(path, f"`validation` {choice} of {n} samples leaves a part empty")

    def inputs(self, split: Split) -> dict[str, Any]:
        """{source: events}, as the compiled network takes them."""
        return {name: split.events for name in self.data.inputs} if self.data is not None else {}

    def targets(self, split: Split) -> dict[str, Any]:
        """{output: labels}, as the compiled network takes them."""
        return {name: split.labels for name in self.data.targets} if self.data is not None else {}

    def validation(self) -> dict[str, Any]:
        """The arguments of `TrainableNetwork.train` about validation."""
        choice, split = self.train.validation if self.train else False, self.dataset.validation
        if choice is True or choice == AUTO:
            if split is None:
                return {}
            return {"validation_inputs": self.inputs(split), "validation_targets": self.targets(split)}
        return {"validation_split": choice} if choice else {}

    def evaluate(self) -> dict[str, Any]:
        """Figures over the test split, with the parameters that the context has now."""
        test = self.dataset.test
        metrics = self.train.loop.metrics if self.train is not None else ()
        return self.answering.evaluate(self.inputs(test), self.targets(test), metrics=list(metrics))


def load_experiment(
    path_or_text: str | os.PathLike[str], overrides: Iterable[str] = (), allow_modules: Iterable[str] = ()
) -> Experiment:
    """Read a model file, put the overrides in, build and compile the network, and check everything it says.

    Args:
        path_or_text: a file, or YAML text. overrides: `key=value` (see `Overridden`): "train.epochs=5", "epochs=5".
        allow_modules: modules from which component types written `package.module:Class` may be imported.
    Returns: the experiment; its data are loaded when `dataset` is first asked for.
    Errors: `YamlError`, whose message begins with `file:line` or with the override, and names the closest valid name.
    """
    return make_experiment(read_document(path_or_text, overrides), allow_modules)


def read_document(path_or_text: str | os.PathLike[str], overrides: Iterable[str] = ()) -> Overridden:
    """The first half of `load_experiment`: the text, parsed, with the overrides in it."""
    return Overridden(read_yaml(path_or_text), overrides)


def make_experiment(document: Document, allow_modules: Iterable[str] = ()) -> Experiment:
    """The second half of `load_experiment`."""
    allowed = tuple(allow_modules)
    context = build(document, allowed)
    train = read_train(document, context) if "train" in document.data else None
    outputs = [o.name for o in train.compiled.objective.outputs] if train is not None else []
    data = read_data(document, context, outputs) if "data" in document.data else None
    return Experiment(document, context, data, train, allowed)
