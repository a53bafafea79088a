"""The grazing guard: keeps dh/dt away from zero where a spike's time is divided by it."""

from __future__ import annotations

FLOOR = 1e-3  # smallest crossing slope taken at face value, in units of the threshold function per ms
