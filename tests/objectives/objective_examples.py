"""An example of every readout, loss and regulariser, and recordings for them; a new class is added here."""

from typing import Any

import numpy as np

from ngcsnn.objectives import (
    AvgVar,
    AvgVarExpWeight,
    AvgVarInputWeight,
    AvgVarLinearWeight,
    AvgVarSigmoidWeight,
    FirstSpike,
    FirstSpikeExp,
    FirstSpikeTime,
    L1Regulariser,
    L2Regulariser,
    Loss,
    MaxVar,
    MeanSquareError,
    PopulationCountRegulariser,
    Readout,
    Regulariser,
    RelativeMeanSquareError,
    SparseCategoricalCrossentropy,
    SpikeCount,
    SpikeCountRegulariser,
    SumVar,
    Var,
)

STEPS: dict[str, Any] = {"integral": "steps"}
FIELDS: dict[Any, list[dict[str, Any]]] = {
    **{cls: [{}, STEPS] for cls in (AvgVar, SumVar, Var, AvgVarLinearWeight)},
    AvgVarExpWeight: [{}, STEPS, {"rate": 0.05}, {"rate": 0.05, **STEPS}],
    AvgVarSigmoidWeight: [{}, STEPS, {"centre": 0.2, "width": 0.05}],
    AvgVarInputWeight: [{"gate": "gate"}, {"gate": "gate", **STEPS}, {"gate": "gate.v"}],
}
READOUTS: list[Readout] = [
    *(cls(**values) for cls, given in FIELDS.items() for values in given),
    MaxVar(),
    SpikeCount(),
    FirstSpikeTime(),
    FirstSpikeTime(margin=2.0, lift=3.0, v_thr=1.5),
]
LOSSES: list[Loss] = [
    SparseCategoricalCrossentropy(),
    SparseCategoricalCrossentropy(0.5),
    MeanSquareError(),
    FirstSpike(trial=5.0),
    FirstSpike(temperature=0.5, ttfs_alpha=0.0, trial=5.0),
    FirstSpikeExp(trial=5.0),
    RelativeMeanSquareError(1.0, trial=5.0),
    RelativeMeanSquareError(0.5, hinge=True, trial=5.0),
]
REGULARISERS: list[Regulariser] = [
    SpikeCountRegulariser(3.0, strength_upper=0.5),
    SpikeCountRegulariser(3.0, strength_upper=0.5, strength_lower=2.0, over="batch"),
    PopulationCountRegulariser(10.0, strength_upper=0.1, strength_lower=0.2),
    L1Regulariser(0.5),
    L2Regulariser(0.5, parameter="bias"),
]


def recordings(readout: Readout, dtype: Any = np.float64, silent: bool = False, seed: int = 0) -> Any:
    """What `readout` reads, (5, 2, 3) each: potentials, spikes (none if `silent`) and their offsets."""
    rng = np.random.default_rng(seed)
    s = np.zeros((5, 2, 3)) if silent else (rng.random((5, 2, 3)) < 0.4).astype(float)
    every = {"s": s, "s.offset": -s * rng.uniform(0.1, 0.9, s.shape)}
    names = (readout.reads,) if isinstance(readout.reads, str) else readout.reads
    arrays = tuple(every.get(name, rng.normal(size=s.shape)).astype(dtype) for name in names)
    return arrays[0] if isinstance(readout.reads, str) else arrays


def target(loss: Loss, shape: tuple[int, ...]) -> np.ndarray:
    """A target for y of this shape: values for those who compare values, else labels."""
    return np.full(shape, 0.3) if isinstance(loss, MeanSquareError) else np.array([0, 2])
