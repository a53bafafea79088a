"""Synapses: transmission only."""

from ngcsnn.components.synapses.dense import DenseSynapse as DenseSynapse
