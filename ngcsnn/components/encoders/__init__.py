"""Input encoders: from values, images and waveforms to spikes."""

from ngcsnn.components.encoders.bernoulli import BernoulliEncoder as BernoulliEncoder
from ngcsnn.components.encoders.cochlea import CochleaEncoder as CochleaEncoder
from ngcsnn.components.encoders.latency import LatencyEncoder as LatencyEncoder
from ngcsnn.components.encoders.level_crossing import LevelCrossingEncoder as LevelCrossingEncoder
from ngcsnn.components.encoders.one_spike import OneSpikeEncoder as OneSpikeEncoder
from ngcsnn.components.encoders.phasor import PhasorEncoder as PhasorEncoder
from ngcsnn.components.encoders.poisson import PoissonEncoder as PoissonEncoder
from ngcsnn.components.encoders.population import PopulationEncoder as PopulationEncoder
from ngcsnn.components.encoders.retinal_ganglion import RetinalGanglionEncoder as RetinalGanglionEncoder
from ngcsnn.components.encoders.spike_source import SpikeSource as SpikeSource
from ngcsnn.components.encoders.time_to_first_spike import TTFSEncoder as TTFSEncoder
