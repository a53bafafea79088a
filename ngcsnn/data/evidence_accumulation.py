"""Evidence accumulation: cues on the left and right, a delay, and then the question on which side there were more.

G. Bellec, F. Scherr, A. Subramoney, E. Hajek, D. Salaj, R. Legenstein, W. Maass, "A solution to the learning dilemma
for recurrent networks of spiking neurons", Nature Communications 11, 3625 (2020), doi:10.1038/s41467-020-17236-y; after
the experiments of A. S. Morcos, C. D. Harvey, Nature Neuroscience 19, 1672 (2016), doi:10.1038/nn.4403.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.datasets import Dataset, Split, register_dataset
from ngcsnn.data.events import EventData

EVIDENCE_SIDES = ("left", "right")


class EvidenceTrials(NamedTuple):
    """Events of the input units; labels (size,) int32, 0 left, 1 right; the cues of each trial (size, n_cues) int32."""

    events: EventData
    labels: np.ndarray
    cues: np.ndarray


class EvidenceTiming(NamedTuple):
    """When what happens, in ms; made and checked by `evidence_timing`."""

    n_cues: int
    cue: float
    spacing: float
    delay: tuple[float, float]
    recall: float

    @property
    def duration(self) -> float:
        """Length of a trial: cues with their pauses, the longest delay, the decision."""
        return self.n_cues * (self.cue + self.spacing) + self.delay[1] + self.recall


def evidence_timing(
    n_cues: int = 7,
    cue: float = 100.0,
    spacing: float = 50.0,
    delay: float | Sequence[float] = 1050.0,
    recall: float = 150.0,
) -> EvidenceTiming:
    """Check the times of a trial; arguments as for `evidence_accumulation`."""
    if check_int("n_cues", n_cues, 1) % 2 == 0:
        raise ValueError(f"`n_cues` must be odd, so that one side has more cues, got {n_cues}")
    pair = tuple(delay) if isinstance(delay, Sequence) and not isinstance(delay, str) else (delay, delay)
    if len(pair) != 2:
        raise ValueError(f"`delay` must be a time in ms or a pair (shortest, longest), got {delay!r}")
    low, high = (check_number("delay", d, "ms", low=0.0) for d in pair)
    if low > high:
        raise ValueError(f"`delay` must be (shortest, longest), got ({low:g}, {high:g}) ms")
    return EvidenceTiming(
        n_cues,
        check_number("cue", cue, "ms", low=0.0, exclusive=True),
        check_number("spacing", spacing, "ms", low=0.0),
        (low, high),
        check_number("recall", recall, "ms", low=0.0, exclusive=True),
    )


def evidence_accumulation(
    size: int,
    seed: int,
    *,
    n_cues: int = 7,
    cue: float = 100.0,
    spacing: float = 50.0,
    delay: float | Sequence[float] = 1050.0,
    recall: float = 150.0,
    rate: float = 40.0,
    noise_rate: float = 10.0,
    n_units: int = 40,
    p_minority: float = 0.3,
    dt: float = 1.0,
) -> EvidenceTrials:
    """Draw trials of evidence accumulation.

    A trial: a pause of `spacing` and a cue of `cue`, n_cues times; the delay; `recall`, in which to answer. A side is
    favoured with equal chances; each cue is on the other side with probability `p_minority`, and the label is the side
    that had more cues. Four populations of n_units / 4 units fire: left and right at `rate` during their cues, recall
    at `rate` during the recall, noise at `noise_rate` always. A unit fires in a step of dt with probability rate dt, at
    the step's end.

    Args:
        size: number of trials.
        seed: of the generator, 0 to 2**32 - 1.
        n_cues: cues in a trial, odd.
        cue, spacing: length of a cue and of the pause before it, ms.
        delay: between the last cue and the recall, ms; or (shortest, longest), drawn anew for each trial: then the
            first cue comes later where the delay is shorter, and all trials end together.
        recall: length of the recall at the trial's end, ms.
        rate, noise_rate: of active units and of the noise population, Hz.
        n_units: number of input units, a multiple of 4, in the order left, right, recall, noise.
        p_minority: probability of a cue on the side that is not favoured, 0 to 0.5.
        dt: step in ms, of which every time is a multiple (rounded to it).
    Returns: events with `t_end` = n_cues (cue + spacing) + delay + recall, labels and cues.
    The defaults are NEST's and those of Bellec et al.'s tutorial; the paper has 40 Hz cues of 100 ms every 150 ms and a
    delay drawn from 500 to 1500 ms: `delay=(500.0, 1500.0)`. Source: Bellec et al. 2020, supplement.
    """
    size, seed = check_int("size", size, 1), check_int("seed", seed, 0, 2**32 - 1)
    timing = evidence_timing(n_cues, cue, spacing, delay, recall)
    dt = check_number("dt", dt, "ms", low=0.0, exclusive=True)
    if check_int("n_units", n_units, 4) % 4:
        raise ValueError(f"`n_units` must be a multiple of 4 (left, right, recall, noise), got {n_units}")
    p_minority = check_number("p_minority", p_minority, low=0.0)
    if p_minority > 0.5:
        raise ValueError(f"`p_minority` must be from 0 to 0.5, got {p_minority:g}")
    chances = [check_number(n, r, "Hz", low=0.0) * dt / 1000 for n, r in (("rate", rate), ("noise_rate", noise_rate))]
    if max(chances) > 1:
        raise ValueError(f"`rate` and `noise_rate` must be at most 1 / dt = {1000 / dt:g} Hz, got {rate}, {noise_rate}")

    rng = np.random.Generator(np.random.Philox(seed))
    favoured = rng.integers(2, size=size)
    cues = np.where(rng.random((size, timing.n_cues)) < p_minority, 1 - favoured[:, None], favoured[:, None])
    labels = (2 * cues.sum(axis=1) > timing.n_cues).astype(np.int32)
    shifts = timing.delay[1] - rng.uniform(*timing.delay, size=size)

    n_steps, per_group = round(timing.duration / dt), n_units // 4
    every, asked = timing.cue + timing.spacing, n_steps - round(timing.recall / dt)
    lists = []
    for trial in range(size):
        starts = shifts[trial] + every * np.arange(timing.n_cues) + timing.spacing
        spans = [(round(t / dt), round((t + timing.cue) / dt)) for t in starts]
        active = [(a, b, side, chances[0]) for (a, b), side in zip(spans, cues[trial], strict=True)]
        active += [(asked, n_steps, 2, chances[0]), (0, n_steps, 3, chances[1])]
        lists.append(_in_order([_fire(rng, *part, per_group) for part in active], dt))
    return EvidenceTrials(EventData.from_lists(lists, n_units, n_steps * dt), labels, cues.astype(np.int32))


def _fire(
    rng: np.random.Generator, start: int, stop: int, group: int, chance: float, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """(steps, units) of a group of `size` units, each of which fires with this chance in each step of [start, stop).

    How many fire is drawn first and then which, so that the work grows with the spikes and not with the steps.
    """
    places = (stop - start) * size
    hit = rng.choice(places, rng.binomial(places, chance), replace=False, shuffle=False)
    return start + hit // size, group * size + hit % size


def _in_order(parts: list[tuple[np.ndarray, np.ndarray]], dt: float) -> tuple[np.ndarray, np.ndarray]:
    """(times in ms, units) of all parts, by time and then by unit."""
    steps, units = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((units, steps))
    return (steps[order] + 1) * dt, units[order]


@register_dataset("evidence_accumulation")
def evidence_accumulation_dataset(
    *,
    train: int = 3200,
    test: int = 320,
    validation: int = 0,
    seed: int = 0,
    n_cues: int = 7,
    cue: float = 100.0,
    spacing: float = 50.0,
    delay: float | Sequence[float] = 1050.0,
    recall: float = 150.0,
    rate: float = 40.0,
    noise_rate: float = 10.0,
    n_units: int = 40,
    p_minority: float = 0.3,
    dt: float = 1.0,
) -> Dataset:
    """Evidence accumulation, cues to be counted: `load_dataset("evidence_accumulation", {"train": 3200, "seed": 1})`.

    Args:
        train, test, validation: numbers of trials; validation 0 leaves that split out.
        seed: of the data set, 0 to 2**30; every split draws from a generator of its own.
        The others: see `evidence_accumulation`.
    Returns: data set of n_units units and 2 classes, left and right.
    """
    seed = check_int("seed", seed, 0, 2**30)
    sizes = {"train": check_int("train", train, 1), "test": check_int("test", test, 1)}
    if check_int("validation", validation, 0):
        sizes["validation"] = validation
    splits = {}
    for number, part in enumerate(("train", "test", "validation")):
        if part in sizes:
            drawn = evidence_accumulation(
                sizes[part],
                3 * seed + number,
                n_cues=n_cues,
                cue=cue,
                spacing=spacing,
                delay=delay,
                recall=recall,
                rate=rate,
                noise_rate=noise_rate,
                n_units=n_units,
                p_minority=p_minority,
                dt=dt,
            )
            splits[part] = Split(drawn.events, drawn.labels)
    return Dataset("evidence_accumulation", n_classes=2, n_units=n_units, class_names=EVIDENCE_SIDES, **splits)
