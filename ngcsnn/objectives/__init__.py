"""Objectives: readouts turn a recorded output into y, losses compare y with a target. One file, one of either."""

from ngcsnn.objectives.base import Loss as Loss, Readout as Readout
from ngcsnn.objectives.lookup import resolve_loss as resolve_loss, resolve_readout as resolve_readout
from ngcsnn.objectives.losses.mean_square_error import MeanSquareError as MeanSquareError
from ngcsnn.objectives.losses.sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from ngcsnn.objectives.readouts.avg_var import AvgVar as AvgVar
from ngcsnn.objectives.readouts.avg_var_exp_weight import AvgVarExpWeight as AvgVarExpWeight
from ngcsnn.objectives.readouts.max_var import MaxVar as MaxVar
from ngcsnn.objectives.readouts.sum_var import SumVar as SumVar
from ngcsnn.objectives.readouts.time_integral import TimeIntegral as TimeIntegral
from ngcsnn.objectives.readouts.var import Var as Var
