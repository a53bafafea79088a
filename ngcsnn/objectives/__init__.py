"""Objectives: readouts turn a recorded output into y, losses compare y with a target, regularisers cost something
whatever the target. One file, one of each."""

from ngcsnn.objectives.base import Loss as Loss, Readout as Readout
from ngcsnn.objectives.label_assignment import LabelAssignment as LabelAssignment
from ngcsnn.objectives.lookup import (
    resolve_loss as resolve_loss,
    resolve_metric as resolve_metric,
    resolve_readout as resolve_readout,
    resolve_regulariser as resolve_regulariser,
)
from ngcsnn.objectives.losses.first_spike import FirstSpike as FirstSpike
from ngcsnn.objectives.losses.first_spike_exp import FirstSpikeExp as FirstSpikeExp
from ngcsnn.objectives.losses.mean_square_error import MeanSquareError as MeanSquareError
from ngcsnn.objectives.losses.relative_mean_square_error import RelativeMeanSquareError as RelativeMeanSquareError
from ngcsnn.objectives.losses.sparse_categorical_crossentropy import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from ngcsnn.objectives.losses.spike_time import SpikeTimeLoss as SpikeTimeLoss
from ngcsnn.objectives.metrics.accuracy import Accuracy as Accuracy
from ngcsnn.objectives.metrics.confusion_matrix import ConfusionMatrix as ConfusionMatrix
from ngcsnn.objectives.metrics.mean_square_error import MeanSquareErrorMetric as MeanSquareErrorMetric
from ngcsnn.objectives.metrics.metric import LabelMetric as LabelMetric, Metric as Metric
from ngcsnn.objectives.metrics.spike_counts import SpikeCounts as SpikeCounts
from ngcsnn.objectives.metrics.top_k import TopK as TopK
from ngcsnn.objectives.readouts.avg_var import AvgVar as AvgVar
from ngcsnn.objectives.readouts.avg_var_exp_weight import AvgVarExpWeight as AvgVarExpWeight
from ngcsnn.objectives.readouts.avg_var_input_weight import AvgVarInputWeight as AvgVarInputWeight
from ngcsnn.objectives.readouts.avg_var_linear_weight import AvgVarLinearWeight as AvgVarLinearWeight
from ngcsnn.objectives.readouts.avg_var_sigmoid_weight import AvgVarSigmoidWeight as AvgVarSigmoidWeight
from ngcsnn.objectives.readouts.first_spike_time import FirstSpikeTime as FirstSpikeTime
from ngcsnn.objectives.readouts.max_var import MaxVar as MaxVar
from ngcsnn.objectives.readouts.spike_count import SpikeCount as SpikeCount
from ngcsnn.objectives.readouts.sum_var import SumVar as SumVar
from ngcsnn.objectives.readouts.time_integral import TimeIntegral as TimeIntegral
from ngcsnn.objectives.readouts.var import Var as Var
from ngcsnn.objectives.regularisers.count import CountRegulariser as CountRegulariser
from ngcsnn.objectives.regularisers.l1 import L1Regulariser as L1Regulariser
from ngcsnn.objectives.regularisers.l2 import L2Regulariser as L2Regulariser
from ngcsnn.objectives.regularisers.population_count import PopulationCountRegulariser as PopulationCountRegulariser
from ngcsnn.objectives.regularisers.regulariser import Regulariser as Regulariser
from ngcsnn.objectives.regularisers.spike_count import SpikeCountRegulariser as SpikeCountRegulariser
from ngcsnn.objectives.regularisers.weight import WeightRegulariser as WeightRegulariser
