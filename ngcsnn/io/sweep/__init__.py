"""Sweeps: one model with many settings and seeds."""

from ngcsnn.io.sweep.runs import Sweep as Sweep, SweepError as SweepError
from ngcsnn.io.sweep.settings import drawn_settings as drawn_settings, grid as grid, read_axes as read_axes
from ngcsnn.io.sweep.table import (
    Row as Row,
    table_of as table_of,
    table_text as table_text,
    write_tables as write_tables,
)
