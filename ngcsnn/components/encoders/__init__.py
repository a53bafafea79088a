"""Input encoders."""

from ngcsnn.components.encoders.spike_source import SpikeSource as SpikeSource
