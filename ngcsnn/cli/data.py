"""`ngcsnn data`."""

from __future__ import annotations

import argparse
import inspect
import textwrap
from typing import Any

import numpy as np
import yaml

from ngcsnn.data import DatasetOptionError, dataset_names, dataset_options, datasets, load_dataset, published_files
from ngcsnn.graph import GraphError, closest

_WIDTH = 118


def run(arguments: argparse.Namespace) -> int:
    arguments.names = [*arguments.names, *arguments.overrides]
    return {"list": _list, "fetch": _fetch, "info": _info}[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    if arguments.names or arguments.load:
        raise GraphError("`data list` takes no names; `data info NAME` tells more of one")
    states = {name: state_of(name) for name in dataset_names()}
    width, wide = max(map(len, states)), max(map(len, states.values()))
    for name, state in states.items():
        line = f"{name:<{width}}  {state:<{wide}}  {_summary(name)}"
        print(line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}...")
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    if not arguments.names or arguments.load:
        raise GraphError("`data fetch` needs the names of data sets, and nothing else")
    found = {name: published_files(_known(name)) for name in arguments.names}
    for name, published in found.items():
        if published is None:
            raise GraphError(
                f"data set '{name}' has no files to fetch: it {_MADE.get(name, 'is made when it is loaded')}"
            )
        print(f"{name}: {published.fetch()}")
    return 0


def _info(arguments: argparse.Namespace) -> int:
    if not arguments.names:
        raise GraphError("`data info` needs the name of a data set")
    name, *options = arguments.names
    if options and not arguments.load:
        raise GraphError(f"options such as {options[0]!r} are for `--load`")
    print(f"{inspect.getdoc(datasets._LOADERS[_known(name)])}\n")
    print("options (and their defaults)")
    for key, value in dataset_options(name).items():
        print(f"  {key}: {'needed' if value is inspect.Parameter.empty else value}")
    published = published_files(name)
    if published is not None:
        lacking = published.lacking()
        print(f"\nfiles in {published.folder} ({state_of(name)})")
        for file in published.files:
            here = "to fetch" if file.name in lacking else "here"
            print(f"  {file.name}  {here}  {file.algorithm} {file.checksum}")
        if published.by_hand:
            print(textwrap.fill(published.by_hand, _WIDTH, initial_indent="  ", subsequent_indent="  "))
        print(f"page: {published.home}")
    if arguments.load:
        print()
        _describe(load_dataset(name, dict(map(_option, options))))
    return 0


def state_of(name: str) -> str:
    """In a word or two, whether a data set can be used as it is."""
    published = published_files(name)
    if published is None:
        return "your files" if name in _MADE else "made"
    if published.files:
        lacking = len(published.lacking())
        return "here" if not lacking else f"{lacking} to fetch"
    return "here" if published.folder.is_dir() and any(published.folder.iterdir()) else "by hand"


_MADE = {"events": "reads files of your own"}


def _known(name: str) -> str:
    if name not in dataset_names():
        raise DatasetOptionError(f"no data set is called '{name}'{closest(name, dataset_names())}", name)
    return name


def _option(given: str) -> tuple[str, Any]:
    key, equals, value = given.partition("=")
    if not equals:
        raise GraphError(f"options are written key=value, got {given!r}")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        raise GraphError(f"{given!r}: the value is no YAML") from None


def _summary(name: str) -> str:
    """The first line of its documentation, without the example in it."""
    return (inspect.getdoc(datasets._LOADERS[name]) or "").partition("\n")[0].partition(": `")[0].rstrip(".")


def _describe(data: Any) -> None:
    """What was loaded: sizes, classes, groups, events."""
    kind = "values" if data.n_classes is None else f"{data.n_classes} classes"
    print(f"{data.name}: {data.n_units} units, {kind}")
    for part in ("train", "validation", "test"):
        split = getattr(data, part)
        if split is None:
            continue
        line = f"  {part:<10} {len(split.labels)} samples"
        if data.n_classes is not None:
            counts = np.bincount(split.labels, minlength=data.n_classes)
            line += f", {counts.min()} to {counts.max()} of a class"
        if split.groups is not None:
            line += f", {len(np.unique(split.groups))} groups"
        print(f"{line}; {split.events!r}")
