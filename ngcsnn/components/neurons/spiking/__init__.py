"""Spiking cells: one file, one model."""

from ngcsnn.components.neurons.spiking.adaptive_lif import ALIFCell as ALIFCell
from ngcsnn.components.neurons.spiking.adex import AdExCell as AdExCell
from ngcsnn.components.neurons.spiking.cell import SpikingCell as SpikingCell
from ngcsnn.components.neurons.spiking.delta_lif import DeltaLIFCell as DeltaLIFCell
from ngcsnn.components.neurons.spiking.izhikevich import IzhikevichCell as IzhikevichCell
from ngcsnn.components.neurons.spiking.lif import LIFCell as LIFCell
from ngcsnn.components.neurons.spiking.quadratic_lif import QIFCell as QIFCell
