"""The cells, losses and regularisers of NEST's e-prop recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.components import DeltaLIFCell
from ngcsnn.credit import SurrogateFunction, resolve_surrogate
from ngcsnn.graph import Component
from ngcsnn.objectives import Loss, Readout, Regulariser

SHAPES = {  # psi of height 1 and width 1
    "piecewise_linear": "piecewise_linear",
    "exponential": "exponential",
    "fast_sigmoid_derivative": "fast_sigmoid",
    "arctan_derivative": "arctan",
}
UNIT = {"height": 1.0, "width": 1.0, "slope": 1.0}


@dataclass(frozen=True)
class Population:
    """NEST's parameters of recurrent cells, one entry for each, relative to E_L."""

    n: int
    dt: float
    values: Mapping[str, np.ndarray]
    shape: str
    regular: bool
    model: str

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]

    @property
    def current(self) -> np.ndarray:
        """The jump by which I_e moves v in a step."""
        jump = self["tau_m"] / self["C_m"] * self["I_e"]
        return jump * -np.expm1(-self.dt / self["tau_m"]) if self.regular else jump

    def cell(self, name: str) -> DeltaLIFCell:
        """The cells, on the graph."""
        delta = "psc_delta" in self.model
        settings: dict[str, Any] = {"spike_reset": "delayed", "refractory_period": "silent"}
        if delta:
            settings = {"spike_reset": "absolute", "refractory_period": "frozen", "v_reset": self["V_reset"]}
        elif "bsshslm" not in self.model:
            settings = {"spike_reset": "relative", "refractory_period": "silent"}
        return DeltaLIFCell(
            name, n_units=self.n, tau_m=self["tau_m"], v_thr=self["V_th"], beta=self["adapt_beta"],
            tau_adapt=self["adapt_tau"], refract_time=np.rint(self["t_ref"] / self.dt) * self.dt,
            arrival="end" if self.regular else "spread", **settings,
        )  # fmt: skip

    def surrogate(self) -> PerCell:
        heights, widths = (tuple(self[f"surrogate_gradient_{k}"].tolist()) for k in ("height", "width"))
        return PerCell(self.shape, heights, widths)


DEFAULTS = {
    "C_m": 250.0, "E_L": -70.0, "I_e": 0.0, "tau_m": 10.0, "t_ref": 2.0, "V_th": -55.0, "V_reset": -70.0, "c_reg": 0.0,
    "f_target": 10.0, "surrogate_gradient_height": 0.3, "surrogate_gradient_width": 1.0, "adapt_beta": 1.0,
    "adapt_tau": 10.0,
}  # fmt: skip


def population(parts: list[tuple[int, Mapping[str, Any]]], model: str, dt: float) -> Population:
    """parts: (number of cells, NEST's parameters of them), in order; cells without adaptation last not."""
    parts = [(n, p) for n, p in parts if n]
    values = {k: np.concatenate([np.full(n, float(p.get(k, d))) for n, p in parts]) for k, d in DEFAULTS.items()}
    adapts = np.concatenate([np.full(n, "adapt_tau" in p) for n, p in parts])
    values["adapt_beta"] = np.where(adapts, values["adapt_beta"], 0.0)
    for key in ("V_th", "V_reset"):
        values[key] = values[key] - values["E_L"]
    shapes = {p.get("surrogate_gradient_function", "piecewise_linear") for _, p in parts}
    arrivals = {bool(p.get("regular_spike_arrival", True)) for _, p in parts}
    if len(shapes) > 1 or len(arrivals) > 1:
        raise ValueError(f"cells differ in what cannot differ within a population: {shapes}, {arrivals}")
    return Population(len(adapts), dt, values, shapes.pop(), arrivals.pop(), model)


@dataclass(frozen=True)
class PerCell(SurrogateFunction):
    """psi(h) = height f(|h| / width), height and width for each cell."""

    shape: str = "piecewise_linear"
    heights: tuple[float, ...] = (0.3,)
    widths: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        """Tuples, not numbers."""

    def psi(self, h: Any) -> Any:
        inner = resolve_surrogate(SHAPES[self.shape])
        inner = resolve_surrogate({inner.kind: {k: v for k, v in UNIT.items() if hasattr(inner, k)}})
        return jnp.asarray(self.heights, h.dtype) * inner.psi(h / jnp.asarray(self.widths, h.dtype))

    def step(self, h: Any) -> Any:
        raise NotImplementedError("only the derivative is used")


@dataclass(frozen=True)
class NestLoss(Loss, abstract=True):
    """What NEST descends: the error y - target, or softmax(y) - target, of the steps in [start, stop), summed.

    cross_entropy: else half the square error. factor: of it all.
    """

    keeps_time: ClassVar[bool] = True
    cross_entropy: bool
    start: int
    stop: int
    factor: float = 1.0

    def __call__(self, y: Any, target: Any) -> Any:
        y, target = (a[:, self.start : self.stop] for a in (y, target))
        if self.cross_entropy:
            cost = jax.nn.logsumexp(y, axis=2) - jnp.sum(target * y, axis=2)
        else:
            cost = 0.5 * jnp.sum(jnp.square(y - target), axis=2)
        return self.factor * cost.sum(axis=1)

    @classmethod
    def takes(cls, readout: Readout | type[Readout]) -> bool:
        return readout.keeps_time

    def check_target(
        self, target: ArrayLike, n_samples: int, n_units: int, n_steps: int | None, where: str
    ) -> np.ndarray:
        return np.asarray(target, float)


@dataclass(frozen=True)
class NestRates(Regulariser, abstract=True):
    """c_reg / 2 (f - f_target)^2 of every cell, f its spikes in a step; strength and target of each cell.

    f_target in spikes per step; factor: of it all.
    """

    reads: ClassVar[tuple[str, ...]] = ("counted",)
    c_reg: tuple[float, ...]
    f_target: tuple[float, ...]
    factor: float = 1.0

    def check(self, component: Component) -> None:
        """It is made for the recurrent cells alone."""

    def __call__(self, recorded: Mapping[str, Any], params: Mapping[str, Any], weight: Any) -> Any:
        s = recorded["counted"]
        off = s.mean(axis=0) - jnp.asarray(self.f_target, s.dtype)
        return self.factor * jnp.sum(0.5 * jnp.asarray(self.c_reg, s.dtype) * jnp.square(off))
