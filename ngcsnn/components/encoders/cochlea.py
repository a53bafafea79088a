"""Cochlea encoder: from a waveform to the spike trains of a bank of filters."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.components.encoders.emission import emit, level_crossings
from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, state

ORDER = 4
FLOOR = 1e-4  # of the rectified signal, below which compression is linear, so that its slope stays finite


class CochleaEncoder(Component):
    """Gammatone filters, half-wave rectification, compression, integrate and fire: one unit for each frequency.

        y_k(f)   gammatone of order 4 at centre frequency f, bandwidth b = 1.019 ERB(f), of gain 1 at f
        drive    r = max_rate ((max(y, 0) + c)^compression - c^compression) / ((1 + c)^compression - c^compression)
        events   whenever the integral of r passes the next whole number

    ERB(f) = 24.7 + 0.108 f (Hz); centres lie at equal distances on the ERB-rate scale from f_min to f_max (Glasberg &
    Moore 1990, Hear. Res. 47:103). The filter is the complex cascade of Hohmann 2002 (Acta Acust. 88:433). c = 1e-4.
    Units lock to the phase of low tones, as auditory nerve fibres do. A step takes the dt sample_rate / 1000 samples
    that it lasts, (batch, samples), amplitude 1 being the loudest; event times resolve within a sample. Output
    (batch, n_channels).
    """

    stage = "source"

    n_channels = hyper(kind=int, check=checks.positive, doc="number of centre frequencies")
    sample_rate = hyper(16000.0, unit="Hz", check=checks.positive, doc="samples per second of the waveform")
    f_min = hyper(100.0, unit="Hz", check=checks.positive, doc="lowest centre frequency")
    f_max = hyper(6000.0, unit="Hz", check=checks.positive, doc="highest centre frequency")
    compression = hyper(0.3, check=checks.positive, doc="exponent of the rectified signal, at most 1")
    max_rate = hyper(200.0, unit="Hz", check=checks.positive, doc="event rate at a rectified signal held at 1")
    inputs = input_(shape=lambda c: (c.samples,), doc="the samples of the step")
    real = state(shape=("n_channels", ORDER), doc="filter stages, real part")
    imag = state(shape=("n_channels", ORDER), doc="filter stages, imaginary part")
    charge = state(shape="n_channels", doc="integral of the drive since the last event, 0 to 1")
    s = output(shape="n_channels", timed=True, doc="events emitted during the step (0, 1, 2, ...)")

    def setup(self) -> None:
        label, exact = f"CochleaEncoder '{self.name}'", self.sample_rate * self.context.dt / 1000.0
        if self.samples < 1 or abs(exact - self.samples) > 1e-6 * exact:
            raise GraphError(f"{label}: dt must be a whole number of samples; {self.context.dt} ms are {exact:g}")
        if not self.f_min <= self.f_max < self.sample_rate / 2:
            raise GraphError(
                f"{label}: needs f_min <= f_max < sample_rate / 2 = {self.sample_rate / 2:g} Hz, "
                f"got {self.f_min:g} and {self.f_max:g}"
            )
        if self.compression > 1.0:
            raise GraphError(f"{label}: `compression` must be <= 1, got {self.compression}")

    @property
    def samples(self) -> int:
        """Samples in a step."""
        return round(self.sample_rate * self.context.dt / 1000.0)

    @property
    def centre_frequencies(self) -> np.ndarray:
        """(n_channels,), in Hz, rising."""
        low, high = (21.4 * np.log10(1.0 + 0.00437 * f) for f in (self.f_min, self.f_max))
        places = np.linspace(low, high, self.n_channels) if self.n_channels > 1 else np.array([low])
        return (10.0 ** (places / 21.4) - 1.0) / 0.00437

    def pole(self) -> np.ndarray:
        """The complex pole of each channel's four stages."""
        f = self.centre_frequencies
        width = 1.019 * (24.7 + 0.108 * f)
        return np.exp((-2.0 * np.pi * width + 2j * np.pi * f) / self.sample_rate)

    def advance(self) -> None:
        x, pole = self.inputs.get(), self.pole()
        low, high = FLOOR**self.compression, (1.0 + FLOOR) ** self.compression
        per_sample = self.max_rate / 1000.0 * (self.context.dt / self.samples) / (high - low)
        re, im, gain = (jnp.asarray(p, x.dtype) for p in (np.real(pole), np.imag(pole), 1.0 - np.abs(pole)))
        carried = (self.real.get(), self.imag.get(), self.charge.get())
        (real, imag, charge), moments = _hear(x, carried, (re, im, gain), per_sample, self.compression, self.context.dt)
        self.real.set(real)
        self.imag.set(imag)
        self.charge.set(charge)
        emit(self.s, *moments)


@jax.jit
def _hear(x: Any, carried: Any, bank: Any, per_sample: Any, compression: Any, dt: Any) -> tuple[Any, Any]:
    """One step: (filter stages and charge after it, moments of its events). x (batch, samples)."""
    re, im, gain = bank
    samples = x.shape[1]
    period, zero = dt / samples, carried[2] * 0.0

    def sample(carry: Any, at: Any) -> tuple[Any, None]:
        (real, imag, charge), m0, m1 = carry
        value, n = at
        a, b = jnp.broadcast_to(2.0 * value[:, None], charge.shape), zero  # twice: half of a real tone is at -f
        reals, imags = [], []
        for k in range(ORDER):
            a, b = (
                re * real[..., k] - im * imag[..., k] + gain * a,
                re * imag[..., k] + im * real[..., k] + gain * b,
            )
            reals.append(a)
            imags.append(b)
        drive = (jnp.maximum(a, 0.0) + FLOOR) ** compression - FLOOR**compression
        after = charge + per_sample * drive
        count, moment = level_crossings(charge, after, period)
        moment = moment + count * ((n + 1.0 - samples) * period)  # from this sample's end to the step's end
        return ((jnp.stack(reals, -1), jnp.stack(imags, -1), after - count), m0 + count, m1 + moment), None

    numbers = jnp.arange(samples).astype(x.dtype)
    (carried, m0, m1), _ = lax.scan(sample, (carried, zero, zero), (x.T, numbers))
    return carried, (m0, m1)
