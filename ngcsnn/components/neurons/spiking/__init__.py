"""Spiking cells: one file, one model."""

from ngcsnn.components.neurons.spiking.cell import SpikingCell as SpikingCell
from ngcsnn.components.neurons.spiking.lif import LIFCell as LIFCell
