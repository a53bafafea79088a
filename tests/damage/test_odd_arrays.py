"""Spike arrays of all sorts: an error that names the argument, or events that are in order.

The long form is `slow`: NGCSNN_FUZZ says how many cases of each sort it tries (default 10 000).
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from damaging import FEW, MANY
from hypothesis import given, settings, strategies as st

import ngcsnn as ng
from ngcsnn.compilers import InferenceCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import EventData, from_structured
from ngcsnn.recording import recorded_spikes

STEPS, N = 6, 4
NUMBERS = st.sampled_from([0, 1, 2, 3, -1, 0.5, 5.9, 6.0, 1e3, -0.0, np.nan, np.inf, 2**40, 1e-300])
ITEMS = st.one_of(NUMBERS, st.booleans(), st.none(), st.text(max_size=2), st.complex_numbers(allow_nan=False))
TYPES = ["f4", "f8", "i4", "i8", "u1", "u8", "?", "f2", "c8", "O", "U2", "M8[s]", "S1"]


@st.composite
def arrays(draw: Any, items: Any = NUMBERS, most: int = 8) -> Any:
    """Arrays and lists, most of them numbers, of up to four axes."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.recursive(ITEMS, lambda inner: st.lists(inner, max_size=4), max_leaves=most))
    shape = draw(st.lists(st.sampled_from([0, 1, 2, 3, N, STEPS]), max_size=4))
    size = int(np.prod(shape))
    flat = draw(st.lists(items, min_size=1, max_size=most))
    values = np.resize(np.array(flat, object), size).reshape(shape)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return values.astype(draw(st.sampled_from(TYPES)))
    except (ValueError, TypeError, OverflowError):
        return values


@st.composite
def likely(draw: Any) -> tuple[Any, Any, Any]:
    """Times, units and offsets that could be right, often with one thing in them changed."""
    lengths = draw(st.lists(st.integers(0, 3), max_size=4))
    n = sum(lengths)
    times = np.sort(np.array(draw(st.lists(st.floats(0, 6), min_size=n, max_size=n)), np.float64))
    units = np.array(draw(st.lists(st.integers(0, N - 1), min_size=n, max_size=n)), np.int64)
    given = [times, units, np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)]
    which = draw(st.integers(0, 5))
    if which < 3:
        kind, part = draw(st.integers(0, 3)), given[which]
        if kind == 0 or not part.size:
            given[which] = draw(arrays())
        elif kind == 1:
            part = part.astype(np.float64)
            part[draw(st.integers(0, part.size - 1))] = draw(NUMBERS)
            given[which] = part
        elif kind == 2:
            given[which] = part[:-1]
        else:
            given[which] = part[::-1]
    return given[0], given[1], given[2]


SOME = st.one_of(st.just(6.0), st.none(), NUMBERS, ITEMS)
COUNT = st.one_of(st.just(N), st.just(N), NUMBERS, ITEMS)
DENSE = st.one_of(
    arrays(),
    st.builds(
        lambda n, flat: np.resize(np.array(flat), (n, STEPS, N)),
        st.integers(0, 3),
        st.lists(st.sampled_from([0, 1, 2.0]) | NUMBERS, min_size=1, max_size=5),
    ),
)
LABELS = st.lists(st.sampled_from([0, 1]) | NUMBERS, min_size=3, max_size=3)
FIELDS = np.dtype([("x", "i2"), ("y", "i2"), ("t", "i8"), ("p", "i1")])


def in_order(events: Any) -> None:
    times, units, offsets = events.times, events.units, events.offsets
    assert times.dtype == np.float64 and units.dtype == np.int32 and times.shape == units.shape
    assert np.isfinite(times).all() and (times >= 0).all() and (units >= 0).all() and (units < events.n_units).all()
    assert offsets[0] == 0 and offsets[-1] == times.size and (np.diff(offsets) >= 0).all()
    assert all((np.diff(times[a:b]) >= 0).all() for a, b in itertools.pairwise(offsets))
    assert events.t_end is None or (times <= events.t_end).all()


def flat(given: Any, n_units: Any, t_end: Any, sort: bool) -> None:
    times, units, offsets = given
    in_order(EventData(times, units, offsets, n_units, t_end, sort))


def network() -> Any:
    with ng.Context("net", dt=1.0) as net:
        source, cell, out = SpikeSource("input", n_units=N), LIFCell("cell", n_units=N), LICell("out", n_units=2)
        w, v = DenseSynapse("w", shape=(N, N), weights=0.5), DenseSynapse("v", shape=(N, 2), weights=0.5)
        source.s >> w.inputs
        w.outputs >> cell.syn
        cell.s >> v.inputs
        v.outputs >> out.syn
    return InferenceCompiler(STEPS, readouts={"out": "avg_var"}).compile(net)


NET = network()


def fed(key: str, given: Any) -> None:
    data, n = NET.data({key: given} if key == "input" else {"input": np.zeros((2, STEPS, N)), key: given})
    assert n >= 0 and set(data) >= {"input.inputs"}


def labelled(given: Any) -> None:
    found = NET.objective.targets(NET.context, given, 3, STEPS)["out"]
    assert found.shape[0] == 3 and (np.asarray(found) >= 0).all() and (np.asarray(found) < 2).all()


def structured(rows: list[Any], size: Any, label: Any, options: Any) -> None:
    events = np.array([tuple(int(v) for v in row) for row in rows], FIELDS)
    found = from_structured([(events, label)], size, **options)
    in_order(found.events)


def spikes(given: Any, offsets: Any, dt: Any) -> None:
    times, units = recorded_spikes(given, offsets, dt)
    assert times.shape == units.shape


ROW = st.tuples(*[st.integers(-2, 5)] * 4)
SORTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "events": (flat, (likely(), COUNT, SOME, st.booleans())),
    "lists": (
        lambda given, n, end: in_order(EventData.from_lists(given, n, end)),
        (st.one_of(st.lists(st.tuples(arrays(), arrays()), max_size=3), arrays()), COUNT, SOME),
    ),
    "dense": (lambda given, dt: in_order(EventData.from_dense(given, dt)), (DENSE, SOME)),
    "fed": (lambda given: fed("input", given), (DENSE,)),
    "current": (lambda given: fed("cell.j", given), (DENSE,)),
    "labels": (labelled, (st.one_of(arrays(), LABELS),)),
    "recorded": (spikes, (DENSE, st.one_of(st.none(), DENSE), SOME)),
    "structured": (
        structured,
        (
            st.lists(ROW, max_size=5), st.one_of(st.just((4, 3, 2)), arrays()), ITEMS,
            st.fixed_dictionaries({}, optional={"t_end": SOME, "bin": SOME, "downsample": SOME, "crop": arrays()}),
        ),
    ),
}  # fmt: skip


def tried(name: str, cases: int) -> dict[str, int]:
    action, strategies = SORTS[name]
    ended = {"refused": 0, "read": 0}

    @settings(max_examples=cases, deadline=None, database=None, derandomize=True)
    @given(st.tuples(*strategies))
    def one(arguments: Any) -> None:
        try:
            action(*arguments)
        except (ValueError, TypeError) as error:
            trace: Any = error.__traceback__
            while trace.tb_next is not None:
                trace = trace.tb_next
            where = trace.tb_frame.f_globals["__name__"]
            assert where.startswith("ngcsnn."), f"raised in {where}: {error}"
            assert str(error) and len(str(error)) < 10_000  # arrays that were given are shown
            ended["refused"] += 1
        else:
            ended["read"] += 1

    one()
    return ended


@pytest.mark.parametrize("name", SORTS)
def test_some_odd_arrays(name: str) -> None:
    assert sum(tried(name, FEW).values()) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", SORTS)
def test_many_odd_arrays(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = tried(name, MANY)
    with capsys.disabled():
        print(f"\n{name}: {ended}")
    assert sum(ended.values()) >= MANY and min(ended.values()) > MANY // 200
