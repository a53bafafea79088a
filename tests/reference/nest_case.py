"""NEST's recordings of e-prop as cases for our compiler: `run(npz, json)` returns what a recording stores.

`bsshslm_*`, `opt_*`, `full_sine`, `full_evid*`: an update after every interval, see `nest_intervals`. `cont_*`,
`full_cont_*`: an update after every step, see `nest_online`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
from nest_intervals import run_intervals
from nest_online import run_online


def run(npz_path: str | Path, json_path: str | Path) -> dict[str, Any]:
    """{"w_in": (n, post, pre), "w_rec", "w_out": weights after every update, "v", "z", ...}, float64, NEST's axes.

    Of intervals also "y_vm", "readout", "error", "V_th_adapt", "adaptation", "g_in", "g_rec", "g_out" (before the mean
    over a batch) and "loss". Of steps "y_vm", "error", "V_th_adapt", "adaptation", and "dense_w_in", "dense_w_rec",
    "dense_w_out", the weights with which spikes are transmitted in each of NEST's update steps.
    """
    m = json.loads(Path(json_path).read_text())
    with np.load(npz_path) as arrays, jax.enable_x64(True):
        f = dict(arrays)
        return run_online(f, m) if "model" in m else run_intervals(f, m)
