"""Synapses: transmission only."""

from ngcsnn.components.synapses.convolution import Conv2DSynapse as Conv2DSynapse
from ngcsnn.components.synapses.delay_line import DelayLineSynapse as DelayLineSynapse
from ngcsnn.components.synapses.dense import DenseSynapse as DenseSynapse
from ngcsnn.components.synapses.one_to_one import OneToOneSynapse as OneToOneSynapse
from ngcsnn.components.synapses.pooling import AvgPool2DSynapse as AvgPool2DSynapse
from ngcsnn.components.synapses.sparse import SparseSynapse as SparseSynapse
from ngcsnn.components.synapses.synapse import Synapse as Synapse
from ngcsnn.components.synapses.transposed_convolution import Conv2DTransposeSynapse as Conv2DTransposeSynapse
