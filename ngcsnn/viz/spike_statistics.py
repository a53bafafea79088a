"""How much and how regularly units spike: rates, intervals, coefficients of variation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.viz.raster import checked_spikes
from ngcsnn.viz.style import BLUE, FONT, GREY, INK, MUTED, SMALL, axes_or_new, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FEWEST = 3  # intervals that a coefficient of variation takes


class SpikeStatistics(NamedTuple):
    """rates: mean rate of each unit in Hz (n_units,). intervals: all between successive spikes of a unit within a
    trial, in ms. variation: standard deviation over mean of the intervals of each unit that has three or more."""

    rates: np.ndarray
    intervals: np.ndarray
    variation: np.ndarray


def spike_statistics(trials: Iterable[Any], n_units: int, t_end: float) -> SpikeStatistics:
    """Rates, intervals and their coefficients of variation, over all trials.

    Args:
        trials: (times in ms, units) of each trial; or trials of a `SpikeRecording`. n_units: number of units, silent
        ones included. t_end: length of a trial in ms.
    Errors: `ValueError` for no trial, and as in `raster`.
    """
    check_int("n_units", n_units, 1)
    check_number("t_end", t_end, "ms", low=0.0, exclusive=True)
    counts, gaps, owners, n = np.zeros(n_units), [], [], 0
    for trial in trials:
        times, units = checked_spikes(trial[-2], trial[-1], n_units)
        order = np.lexsort((times, units))
        times, units = times[order], units[order]
        same = units[1:] == units[:-1]
        counts += np.bincount(units, minlength=n_units)
        gaps.append((times[1:] - times[:-1])[same])
        owners.append(units[1:][same])
        n += 1
    if not n:
        raise ValueError("`trials` is empty: there is nothing to count")
    intervals, owner = np.concatenate(gaps), np.concatenate(owners)
    many = np.bincount(owner, minlength=n_units)
    safe = np.maximum(many, 1)
    mean = np.bincount(owner, intervals, minlength=n_units) / safe
    spread = np.sqrt(np.bincount(owner, (intervals - mean[owner]) ** 2, minlength=n_units) / safe)
    regular = (many >= _FEWEST) & (mean > 0)
    return SpikeStatistics(counts / (n * t_end) * 1000.0, intervals, spread[regular] / mean[regular])


def rate_histogram(statistics: SpikeStatistics, ax: Axes | None = None, title: str = "rates") -> Axes:
    """Draw how the mean rates of units are distributed; a note tells mean and silent units. Returns the axes."""
    rates = statistics.rates
    silent = int((rates == 0).sum())
    note = f"mean {rates.mean():.3g} Hz" + (f"\n{silent} of {len(rates)} silent" if silent else "")
    return _histogram(rates, ax, title, "mean rate (Hz)", "units", note)


def interval_histogram(statistics: SpikeStatistics, ax: Axes | None = None, title: str = "intervals") -> Axes:
    """Draw how the intervals between successive spikes are distributed, up to their 99th percentile; on a logarithmic
    axis where they differ much. Returns the axes."""
    gaps = statistics.intervals
    if not gaps.size:
        return _nothing(ax, title, "interval (ms)", "no unit spiked twice\nin a trial")
    top = float(np.percentile(gaps, 99.0))
    note = f"median {np.median(gaps):.3g} ms"
    wide = top > 8 * np.median(gaps) and bool((gaps > 0).all())
    return _histogram(gaps[gaps <= top], ax, title, "interval (ms)", "intervals", note, log=wide)


def variation_histogram(statistics: SpikeStatistics, ax: Axes | None = None, title: str = "regularity") -> Axes:
    """Draw how the coefficients of variation are distributed: 0 like a clock, 1 like a Poisson process. Returns the
    axes."""
    cv = statistics.variation
    if not cv.size:
        return _nothing(ax, title, "CV of the intervals", "no unit has\nthree intervals")
    ax = _histogram(cv, ax, title, "CV of the intervals", "units", f"median {np.median(cv):.2g}")
    ax.set_xlim(0.0, max(1.05, float(cv.max()) * 1.05))
    return ax


def spike_panels(statistics: SpikeStatistics, ax: Sequence[Axes] | None = None, title: str = "") -> tuple[Axes, ...]:
    """Draw the three of them side by side, on three axes or in a new figure.

    title: stands before the first panel's own. Returns the axes. Errors: `ValueError` for other than three axes.
    """
    if ax is None:
        figure = new_figure(9.6, 2.6)
        ax = [figure.add_subplot(1, 3, i + 1) for i in range(3)]
    if len(ax) != 3:
        raise ValueError(f"`ax` must hold three axes, got {len(ax)}")
    rate_histogram(statistics, ax[0], f"{title}: rates" if title else "rates")
    interval_histogram(statistics, ax[1])
    variation_histogram(statistics, ax[2])
    return tuple(ax)


def _histogram(values: np.ndarray, ax: Axes | None, title: str, x: str, y: str, note: str, log: bool = False) -> Axes:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    ax = axes_or_new(ax, 3.4, 2.6)
    tidy(ax, title, x=x, y=y, grid="y")
    low, high = min(0.0, float(values.min())), float(values.max())
    n_edges = int(np.clip(np.sqrt(len(values)) * 2, 8, 40)) + 1
    if log:
        edges = np.geomspace(float(values.min()), high, n_edges)
        ax.set_xscale("log")
    else:
        edges = np.linspace(low, high if high > low else low + 1.0, n_edges)
    counts = np.histogram(values, edges)[0]
    ax.stairs(counts, edges, color=BLUE, alpha=0.25, fill=True)
    ax.stairs(counts, edges, color=BLUE, linewidth=1.3)
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(0.0, 1.28 * counts.max())  # the note stands above
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    if log:
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if edges[-1] < 100 * edges[0] else (1,)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.tick_params(axis="x", which="minor", length=2, color=GREY)
    ax.text(0.98, 0.97, note, transform=ax.transAxes, ha="right", va="top", color=INK, fontsize=SMALL, fontfamily=FONT)
    return ax


def _nothing(ax: Axes | None, title: str, x: str, note: str) -> Axes:
    ax = axes_or_new(ax, 3.4, 2.6)
    tidy(ax, title, x=x)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.text(
        0.5, 0.5, note, transform=ax.transAxes, ha="center", va="center", color=MUTED, fontsize=SMALL, fontfamily=FONT
    )
    return ax
