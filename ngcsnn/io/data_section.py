"""The section `data` of a model file: a data set, and where in the network it goes.

data:
  yin_yang: {train: 5000, test: 1000, seed: 42}   # or, say, mnist: {encoding: {latency: {t_min: 2.0, t_max: 18.0}}}
  inputs: {input: events}       # may be left out where the network has one source
  targets: {output: labels}     # may be left out where it has one output with a loss
  split: {leave_out: 3}         # or {validation: 0.1, classes: [0, 1], balance: true, seed: 0}: see `Splitting`
  augment: {channel_shift: 40}  # what training changes at random: see `Augmentation`
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from ngcsnn.data import (
    Augmentation,
    Dataset,
    DatasetOptionError,
    Splitting,
    augment,
    dataset_options,
    full_encoding,
    load_dataset,
)
from ngcsnn.graph import Context, Document, closest
from ngcsnn.io.blame import located
from ngcsnn.io.sections import named

_WIRING = {"inputs": "events", "targets": "labels"}  # key, and what of a data set it places
_CHANGES: dict[str, Any] = {"split": Splitting, "augment": Augmentation}


@dataclass(frozen=True)
class DataPlan:
    """name: of the data set; options: all of them, defaults included. inputs: who gets the events; targets: outputs
    that get the labels. split, augment: what is made of the data; None: nothing."""

    name: str
    options: dict[str, Any]
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    split: Splitting | None = None
    augment: Augmentation | None = None

    def load(self, document: Document) -> Dataset:
        """The data, split and augmented; errors name file and line."""
        with located(document, ("data", self.name)):
            data = load_dataset(self.name, self.options)
        if self.split is not None:
            with located(document, ("data", "split")):
                data = self.split(data)
        if self.augment:
            with located(document, ("data", "augment")):
                labels = data.train.labels if data.n_classes is not None else None
                events = augment(data.train.events, labels, **self.augment.describe())
            data = data._replace(train=data.train._replace(events=events))
        return data


def read_data(document: Document, context: Context, outputs: Sequence[str]) -> DataPlan:
    """The plan that the section describes, for a network with these `outputs` (those that have a loss).

    The data themselves are not loaded. Errors name file, line and the closest valid name.
    """
    section = document.data["data"]
    beside = {**_WIRING, **_CHANGES}
    parts = {k: v for k, v in section.items() if k not in beside} if isinstance(section, dict) else section
    name, given = named(document, ("data",), parts, "a data set")
    path = ("data", name)
    try:
        known = dataset_options(name)
    except DatasetOptionError as error:
        raise document.error(path, str(error)) from error
    document.check_keys(path, given, known, f"data set '{name}'")
    options = {k: given.get(k, default) for k, default in known.items()}
    for key, value in options.items():
        if value is inspect.Parameter.empty:
            raise document.error(path, f"data set '{name}' needs `{key}`")
    if "encoding" in options:  # of images: written out as the options are, so that a run states all of it
        with located(document, path):
            options["encoding"] = full_encoding(options["encoding"])
    wiring = section if isinstance(section, dict) else {}
    sources = [c.name for c in context.components.values() if c.stage == "source"]
    inputs = _placed(document, context, wiring, "inputs", sources, "sources")
    for source in sources:
        if source not in {i.partition(".")[0] for i in inputs}:
            raise document.error(
                ("data", "inputs"), f"the source '{source}' gets no data: inputs: {{{source}: events}}"
            )
    targets = _placed(document, context, wiring, "targets", outputs, "outputs with a loss") if outputs else ()
    for target in targets:
        if target not in outputs:
            hint = closest(target, outputs)
            raise document.error(("data", "targets", target), f"'{target}' is no output with a loss{hint}")
    for output in outputs:
        if output not in targets:
            raise document.error(("data", "targets"), f"the output '{output}' gets no labels")
    changes = {key: _change(document, key, section[key]) for key in _CHANGES if key in wiring}
    return DataPlan(name, options, inputs, targets, **changes)


def _change(document: Document, key: str, given: Any) -> Any:
    """`split` or `augment`, checked."""
    path = ("data", key)
    if given is None:
        return None
    if not isinstance(given, dict):
        raise document.error(path, f"`{key}` must be {{name: value, ...}}, got {given!r}")
    known = {field.name: field.default for field in fields(_CHANGES[key])}
    document.check_keys(path, given, known, f"`{key}`")
    with located(document, path):
        return _CHANGES[key](**given)


def _placed(
    document: Document, context: Context, section: dict[str, Any], key: str, only: Sequence[str], what: str
) -> tuple[str, ...]:
    """The names that `section[key]` gives the data to, or the only one there is."""
    kind = _WIRING[key]
    if key not in section:
        if len(only) != 1:
            example = ", ".join(f"{name}: {kind}" for name in only) or f"name: {kind}"
            count = f"has the {what} {', '.join(only)}" if only else f"has no {what}"
            raise document.error(
                ("data",), f"the network {count}: say who gets the {kind}, as in `{key}: {{{example}}}`"
            )
        return (only[0],)
    given = section[key]
    if not isinstance(given, dict) or not given:
        raise document.error(("data", key), f"`{key}` must be {{name: {kind}}}, got {given!r}")
    for name, value in given.items():
        with located(document, ("data", key, name)):
            context.find(str(name))
        if value != kind:
            raise document.error(
                ("data", key, name), f"`{key}` places {kind}, got {value!r}{closest(str(value), [kind])}"
            )
    return tuple(str(name) for name in given)
