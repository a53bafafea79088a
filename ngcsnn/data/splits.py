"""Which samples of a data set are learned from, and which are held out: by class, by speaker, from a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.argument_checks import check_int, check_number, closest
from ngcsnn.data.datasets import Dataset, DatasetOptionError, Split


class Fold(NamedTuple):
    """group: who is held out; train, held: numbers of samples, sorted."""

    group: Any
    train: np.ndarray
    held: np.ndarray


def stratified(labels: ArrayLike, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (training, held out) samples, with the same fraction of every class held out, up to one sample.

    Args:
        labels: class of each sample, (n,) int. fraction: between 0 and 1; round(fraction n) are held out in all.
        seed: of the generator, 0 to 2**32 - 1.
    Raises: ValueError if a part would be empty.
    """
    labels = np.asarray(labels)
    share = check_number("fraction", fraction, low=0.0, exclusive=True)
    total = round(share * len(labels))
    if share >= 1 or not 0 < total < len(labels):
        raise ValueError(f"a fraction of {share:g} of {len(labels)} samples leaves a part empty")
    rng = _generator(seed, 0)
    classes, where = np.unique(labels, return_inverse=True)
    exact = share * np.bincount(where)
    each = np.floor(exact).astype(int)
    # what rounding down left over goes to the classes that lost most, at random among equals
    order = np.lexsort((rng.permutation(len(classes)), each - exact))
    each[order[: total - each.sum()]] += 1
    held = [rng.permutation(np.flatnonzero(where == c))[: each[c]] for c in range(len(classes))]
    chosen = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen


def leave_one_out(groups: ArrayLike | None) -> Iterator[Fold]:
    """Return one fold for each group (speaker, person), in their order: all of its samples held out.

    Args:
        groups: who each sample is from, (n,); a `Split` has them where they are known.
    Raises: ValueError where there is no or only one group.
    """
    if groups is None:
        raise ValueError("these samples have no groups: nobody says who they are from")
    groups = np.asarray(groups)
    names = np.unique(groups)
    if len(names) < 2:
        raise ValueError(f"leaving one out needs two groups, there is {names.tolist()}")
    return (Fold(g, np.flatnonzero(groups != g), np.flatnonzero(groups == g)) for g in names.tolist())


def balanced(labels: ArrayLike, seed: int) -> np.ndarray:
    """Return samples, sorted, so many of each class as the rarest has; drawn from the seed."""
    labels = np.asarray(labels)
    rng = _generator(seed, 1)
    classes, counts = np.unique(labels, return_counts=True)
    each = [rng.permutation(np.flatnonzero(labels == c))[: counts.min()] for c in classes]
    return np.sort(np.concatenate(each))


@dataclass(frozen=True)
class Splitting:
    """What is made of a loaded data set; what is left out does nothing.

    Args:
        classes: keep samples of these classes alone, in all splits, and number them anew in this order.
        validation: fraction of the training samples held out, the same of every class.
        leave_out: the group (a speaker) whose training samples are held out; in place of `validation`.
        balance: keep so many training samples of each class as the rarest has, after the others.
        seed: of what is drawn, 0 to 2**32 - 1.
    Raises: ValueError or TypeError naming the argument.
    """

    classes: Sequence[int] | None = None
    validation: float | None = None
    leave_out: Any = None
    balance: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_int("seed", self.seed, 0, 2**32 - 1)
        if not isinstance(self.balance, bool):
            raise TypeError(f"`balance` must be true or false, got {self.balance!r}")
        if self.validation is not None and self.leave_out is not None:
            raise ValueError("give `validation` or `leave_out`, not both")
        if self.validation is not None and check_number("validation", self.validation, low=0.0, exclusive=True) >= 1:
            raise ValueError(f"`validation` must be a fraction between 0 and 1, got {self.validation!r}")
        if self.classes is None:
            return
        if not isinstance(self.classes, Sequence) or isinstance(self.classes, str) or not self.classes:
            raise TypeError(f"`classes` must be a list of classes, got {self.classes!r}")
        chosen = [check_int("classes", c, 0) for c in self.classes]
        if len(set(chosen)) < len(chosen):
            raise ValueError(f"`classes` names one twice: {chosen}")

    def describe(self) -> dict[str, Any]:
        """All of it, {name: value}, as YAML writes it."""
        return {f.name: list(v) if isinstance(v := getattr(self, f.name), tuple) else v for f in fields(self)}

    def __call__(self, data: Dataset) -> Dataset:
        """Return the data set, split so.

        Raises: DatasetOptionError naming the option: one that needs classes or groups where there are none, a class or
        a group that does not exist, a validation split where there is one already.
        """
        if data.n_classes is None and (self.classes or self.validation or self.balance):
            option = "classes" if self.classes else "validation" if self.validation else "balance"
            raise DatasetOptionError(f"data set '{data.name}' has no classes, which `{option}` needs", option)
        if self.classes is not None:
            data = _of_classes(data, self.classes)
        held = "validation" if self.validation is not None else "leave_out" if self.leave_out is not None else ""
        if held:
            if data.validation is not None:
                raise DatasetOptionError(f"data set '{data.name}' has a validation split already; `{held}`", held)
            keep, out = self._held(data)
            data = _taken(data, {"train": ("train", keep), "validation": ("train", out), "test": ("test", None)})
        if self.balance:
            data = _taken(data, {**_AS_THEY_ARE, "train": ("train", balanced(data.train.labels, self.seed))})
        return data

    def _held(self, data: Dataset) -> tuple[np.ndarray, np.ndarray]:
        if self.validation is not None:
            return stratified(data.train.labels, self.validation, self.seed)
        groups = data.train.groups
        if groups is None:
            raise DatasetOptionError(f"data set '{data.name}' does not say whom to `leave_out`", "leave_out")
        for fold in leave_one_out(groups):
            if fold.group == self.leave_out:
                return fold.train, fold.held
        known = [str(g) for g in np.unique(groups).tolist()]
        raise DatasetOptionError(
            f"data set '{data.name}' has no samples of `leave_out` {self.leave_out!r}"
            f"{closest(str(self.leave_out), known)}. Known: {', '.join(known)}",
            "leave_out",
        )


def _of_classes(data: Dataset, classes: Sequence[int]) -> Dataset:
    """Samples of these classes alone, numbered anew."""
    wrong = [c for c in classes if data.n_classes is not None and c >= data.n_classes]
    if wrong:
        last = (data.n_classes or 0) - 1
        message = f"data set '{data.name}' has classes 0 to {last}, `classes` names {wrong[0]}"
        raise DatasetOptionError(message, "classes")
    new = np.full(data.n_classes or 0, -1, np.int32)
    new[list(classes)] = np.arange(len(classes))
    chosen: dict[str, tuple[str, Any]] = {}
    for part, split in _splits(data).items():
        here = np.flatnonzero(new[split.labels] >= 0)
        if not len(here):
            raise DatasetOptionError(f"data set '{data.name}': {part} has no sample of `classes` {classes}", "classes")
        chosen[part] = (part, here)
    data = _taken(data, chosen)
    parts: dict[str, Any] = {k: split._replace(labels=new[split.labels]) for k, split in _splits(data).items()}
    names = None if data.class_names is None else tuple(data.class_names[c] for c in classes)
    return data._replace(**parts, n_classes=len(classes), class_names=names)


_AS_THEY_ARE: dict[str, tuple[str, Any]] = {part: (part, None) for part in ("train", "test", "validation")}


def _splits(data: Dataset) -> dict[str, Split]:
    return {part: split for part in _AS_THEY_ARE if (split := getattr(data, part)) is not None}


def _taken(data: Dataset, chosen: dict[str, tuple[str, Any]]) -> Dataset:
    """The data set with splits taken from splits, {new: (old, samples or None for all)}, and `raw` with them."""
    old = _splits(data)
    here = {new: (part, samples) for new, (part, samples) in chosen.items() if part in old}
    parts: dict[str, Any] = {n: old[p] if s is None else old[p].select(s) for n, (p, s) in here.items()}
    raw = data.raw
    if raw is not None:
        raw = {n: raw[p] if s is None else raw[p][s] for n, (p, s) in here.items() if p in raw}
    return data._replace(**parts, raw=raw)


def _generator(seed: int, purpose: int) -> np.random.Generator:
    return np.random.Generator(
        np.random.Philox(np.random.SeedSequence([check_int("seed", seed, 0, 2**32 - 1), purpose]))
    )
