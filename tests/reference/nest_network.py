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
from ngcsnn.graph import Component, hyper, state
from ngcsnn.objectives import Loss, Readout, Regulariser

SHAPES = {  # psi of height 1 and width 1
    "piecewise_linear": "piecewise_linear",
    "exponential": "exponential",
    "fast_sigmoid_derivative": "fast_sigmoid",
    "arctan_derivative": "arctan",
}
UNIT = {"height": 1.0, "width": 1.0, "slope": 1.0}
ADAPTS = {"adapt_beta": 1.0, "adapt_tau": 10.0, "adaptation": 0.0}
DEFAULTS = {
    "C_m": 250.0, "E_L": -70.0, "I_e": 0.0, "tau_m": 10.0, "t_ref": 2.0, "V_th": -55.0, "c_reg": 0.0, "f_target": 10.0,
    "surrogate_gradient_height": 0.3, "surrogate_gradient_width": 1.0,
}  # fmt: skip
SHAPE = "surrogate_gradient_function"
OF_MODEL: dict[str, dict[str, Any]] = {  # what only some models have, with its default
    "bsshslm": {"regular_spike_arrival": True},
    "iaf": {"kappa": 0.97, "kappa_reg": 0.97, "eprop_isi_trace_cutoff": np.inf},
}
OF_MODEL["psc_delta"] = {**OF_MODEL["iaf"], "V_reset": -70.0, "refractory_input": False}
RECORD = ("max_abs_err", "nest_", "oracle_", "spikes_per", "n_spikes", "valid_rows", "dense_equivalent", "note", "seed")
ONE_VALUE = {"V_min": -1e300, "ignore_and_spike": False}  # what has an effect that is not simulated here, and when not
NO_EFFECT = ("flush_event_send_interval", "ignore_and_spike_interval", "ignore_and_spike_offset")


def check_keys(where: str, given: Mapping[str, Any], known: set[str]) -> None:
    """Raise, by name, for what this case would ignore."""
    for key, value in given.items():
        if key in ONE_VALUE:
            if np.any(np.asarray(value) > ONE_VALUE[key]):
                raise ValueError(f"{where}: `{key}` = {value!r} is not simulated here")
        elif key not in known and key not in NO_EFFECT and not key.startswith(RECORD):
            raise ValueError(f"{where}: `{key}` is no parameter of this case; it has {', '.join(sorted(known))}")


@dataclass(frozen=True)
class Population:
    """NEST's parameters of recurrent cells, one entry for each, potentials relative to E_L."""

    n: int
    dt: float
    values: Mapping[str, np.ndarray]
    model: str

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]

    def one(self, name: str) -> float:
        """A parameter that all cells share."""
        if len(found := set(self[name].tolist())) > 1:
            raise ValueError(f"`{name}` must be the same for all cells, got {sorted(found)}")
        return found.pop()

    @property
    def gain(self) -> np.ndarray:
        """By how much an event moves v, times its weight."""
        regular = self.values.get("regular_spike_arrival", np.ones(self.n))
        return np.where(regular, 1.0, -np.expm1(-self.dt / self["tau_m"]))

    @property
    def drive(self) -> np.ndarray:
        """Where I_e would bring v in the end."""
        return self["tau_m"] / self["C_m"] * self["I_e"]

    @property
    def current(self) -> np.ndarray:
        """By how much I_e moves v in a step."""
        return self.drive * -np.expm1(-self.dt / self["tau_m"])

    def cell(self, name: str) -> DeltaLIFCell:
        """The cells, on the graph."""
        shared: dict[str, Any] = {
            "n_units": self.n, "tau_m": self["tau_m"], "v_thr": self["V_th"], "beta": self["adapt_beta"],
            "tau_adapt": self["adapt_tau"], "refract_time": np.rint(self["t_ref"] / self.dt) * self.dt,
            "arrival": "end",
        }  # fmt: skip
        if self.model == "psc_delta":  # its current is none of its inputs, which may wait
            return BufferingCell(
                name, spike_reset="absolute", refractory_period="frozen", v_reset=self["V_reset"], v_rest=self.drive,
                buffers=bool(self.one("refractory_input")), **shared,
            )  # fmt: skip
        reset = "delayed" if self.model == "bsshslm" else "relative"
        return DeltaLIFCell(name, spike_reset=reset, refractory_period="silent", **shared)

    def surrogate(self) -> PerCell:
        heights, widths = (tuple(self[f"surrogate_gradient_{k}"].tolist()) for k in ("height", "width"))
        return PerCell(tuple(self[SHAPE].tolist()), heights, widths)

    def psi(self, v: np.ndarray, a: np.ndarray, refrac: np.ndarray, first: Any = 0.0) -> np.ndarray:
        """The surrogate derivative of every step, (steps, n): v before a reset, and what is left of the refractory
        time at the end of a step; first: at the start."""
        before = np.concatenate([np.zeros_like(refrac[:1]) + first, refrac[:-1]])
        h = jnp.asarray(v - self["V_th"] - self["adapt_beta"] * a)
        return np.where(before > 1.5 * self.dt, 0.0, np.asarray(self.surrogate().psi(h)))

    def start(self, name: str) -> dict[str, np.ndarray]:
        """Initial values of the states of the cells called `name`."""
        return {f"{name}.v": self["V_m"], f"{name}.a": np.where(self["adapt_beta"] > 0, self["adaptation"], 0.0)}


def population(parts: list[tuple[str, int, Mapping[str, Any], bool]], model: str, dt: float) -> Population:
    """parts: (what it is called in messages, number of cells, NEST's parameters, whether they adapt), in order."""
    parts = [part for part in parts if part[1]]
    known = {**DEFAULTS, **OF_MODEL[model], SHAPE: "piecewise_linear"}
    for where, _, p, adapts in parts:
        check_keys(where, p, {*known, "V_th", "V_m", *(ADAPTS if adapts else ())})

    def column(key: str, default: Any) -> np.ndarray:
        return np.concatenate([np.broadcast_to(p.get(key, default), n) for _, n, p, _ in parts])

    values = {key: column(key, default) for key, default in known.items()}
    values.update({k: np.concatenate([np.broadcast_to(p.get(k, d) if adapts else (0.0 if k == "adapt_beta" else d), n)
                                      for _, n, p, adapts in parts]) for k, d in ADAPTS.items()})  # fmt: skip
    values["V_m"] = np.concatenate([np.broadcast_to(p.get("V_m", p.get("E_L", -70.0)), n) for _, n, p, _ in parts])
    for key in ("V_th", "V_reset", "V_m"):
        if key in values:
            values[key] = values[key] - values["E_L"]
    unknown = set(values[SHAPE].tolist()) - set(SHAPES)
    if unknown:
        raise ValueError(f"`{SHAPE}` must be one of {', '.join(SHAPES)}, got {unknown.pop()!r}")
    values = {k: v if k == SHAPE else v.astype(float) for k, v in values.items()}
    return Population(len(values["tau_m"]), dt, values, model)


class BufferingCell(DeltaLIFCell):
    """NEST's `eprop_iaf_psc_delta`: with `buffers` (`refractory_input`), what arrives in the refractory period waits,
    decaying by exp(-left / tau_m), and moves v when it is over; its derivatives are as though it had not waited."""

    buffers = hyper(False, kind=bool, doc="whether what arrives in the refractory period waits for its end")
    buffer = state(shape="n_units", doc="what waits")

    def _refractory_step(self, x: Any, j: Any, dt: float) -> Any:
        held = self.refrac.get() > 0
        left = jnp.where(held, self.refrac.get(), 0.0)
        new = super()._refractory_step(x, j, dt)
        if not self.buffers:
            return new
        waits = jax.lax.stop_gradient(self.buffer.get())
        size = jax.lax.stop_gradient(self.jump.get() if self.jump.is_driven else 0.0)
        self.buffer.set(jnp.where(held, waits + size * jnp.exp(-left / self.tau_m.get()), 0.0))
        return new._replace(v=new.v + jnp.where(held, 0.0, waits))


@dataclass(frozen=True)
class PerCell(SurrogateFunction):
    """psi(h) = height f(|h| / width), f, height and width for each cell."""

    shapes: tuple[str, ...] = ("piecewise_linear",)
    heights: tuple[float, ...] = (0.3,)
    widths: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        """Tuples, not numbers."""

    def psi(self, h: Any) -> Any:
        h, out = h / jnp.asarray(self.widths, h.dtype), jnp.zeros_like(h)
        for shape in dict.fromkeys(self.shapes):
            inner = resolve_surrogate(SHAPES[shape])
            inner = resolve_surrogate({inner.kind: {k: v for k, v in UNIT.items() if hasattr(inner, k)}})
            out = jnp.where(np.array(self.shapes) == shape, inner.psi(h), out)
        return jnp.asarray(self.heights, h.dtype) * out

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
