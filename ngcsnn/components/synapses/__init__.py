"""Synapses: transmission only."""

from ngcsnn.components.synapses.all_but_self import AllButSelfSynapse as AllButSelfSynapse
from ngcsnn.components.synapses.alpha_receptor import AlphaReceptor as AlphaReceptor
from ngcsnn.components.synapses.convolution import Conv2DSynapse as Conv2DSynapse
from ngcsnn.components.synapses.delay_line import DelayLineSynapse as DelayLineSynapse
from ngcsnn.components.synapses.dense import DenseSynapse as DenseSynapse
from ngcsnn.components.synapses.double_exponential_receptor import (
    DoubleExponentialReceptor as DoubleExponentialReceptor,
)
from ngcsnn.components.synapses.exponential_receptor import ExponentialReceptor as ExponentialReceptor
from ngcsnn.components.synapses.locally_connected import LocallyConnected2DSynapse as LocallyConnected2DSynapse
from ngcsnn.components.synapses.low_rank import LowRankSynapse as LowRankSynapse, low_rank_factors as low_rank_factors
from ngcsnn.components.synapses.one_to_one import OneToOneSynapse as OneToOneSynapse
from ngcsnn.components.synapses.patched import PatchedSynapse as PatchedSynapse
from ngcsnn.components.synapses.patterns import (
    block_pairs as block_pairs,
    grid_pairs as grid_pairs,
    ring_pairs as ring_pairs,
)
from ngcsnn.components.synapses.pooling import AvgPool2DSynapse as AvgPool2DSynapse
from ngcsnn.components.synapses.receptor import Receptor as Receptor
from ngcsnn.components.synapses.release import StochasticRelease as StochasticRelease
from ngcsnn.components.synapses.short_term import ShortTermPlasticity as ShortTermPlasticity
from ngcsnn.components.synapses.sparse import SparseSynapse as SparseSynapse
from ngcsnn.components.synapses.stochastic import StochasticSynapse as StochasticSynapse
from ngcsnn.components.synapses.synapse import Synapse as Synapse
from ngcsnn.components.synapses.transposed import TransposedSynapse as TransposedSynapse
from ngcsnn.components.synapses.transposed_convolution import Conv2DTransposeSynapse as Conv2DTransposeSynapse
