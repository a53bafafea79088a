"""Components: cells, synapses, encoders."""

from ngcsnn.components.dynamics import DynamicCell as DynamicCell
from ngcsnn.components.encoders import (
    BernoulliEncoder as BernoulliEncoder,
    CochleaEncoder as CochleaEncoder,
    LatencyEncoder as LatencyEncoder,
    LevelCrossingEncoder as LevelCrossingEncoder,
    OneSpikeEncoder as OneSpikeEncoder,
    PhasorEncoder as PhasorEncoder,
    PoissonEncoder as PoissonEncoder,
    PopulationEncoder as PopulationEncoder,
    RetinalGanglionEncoder as RetinalGanglionEncoder,
    SpikeSource as SpikeSource,
    TTFSEncoder as TTFSEncoder,
)
from ngcsnn.components.learning import (
    BCMRule as BCMRule,
    EligibilityTrace as EligibilityTrace,
    EPropRule as EPropRule,
    GeneralHebbianRule as GeneralHebbianRule,
    GeneralisedOjaRule as GeneralisedOjaRule,
    HebbianRule as HebbianRule,
    LearningRule as LearningRule,
    LearningSignal as LearningSignal,
    OjaRule as OjaRule,
    PairSTDP as PairSTDP,
    TripletSTDP as TripletSTDP,
)
from ngcsnn.components.neurons.graded import (
    BernoulliErrorCell as BernoulliErrorCell,
    GaussianErrorCell as GaussianErrorCell,
    LaplacianErrorCell as LaplacianErrorCell,
    LeakyNoiseCell as LeakyNoiseCell,
    LICell as LICell,
    RateCell as RateCell,
    RewardPredictionErrorCell as RewardPredictionErrorCell,
)
from ngcsnn.components.neurons.spiking import (
    AdExCell as AdExCell,
    ALIFCell as ALIFCell,
    DeltaLIFCell as DeltaLIFCell,
    IzhikevichCell as IzhikevichCell,
    LIFCell as LIFCell,
    QIFCell as QIFCell,
    SpikingCell as SpikingCell,
)
from ngcsnn.components.synapses import (
    AllButSelfSynapse as AllButSelfSynapse,
    AvgPool2DSynapse as AvgPool2DSynapse,
    Conv2DSynapse as Conv2DSynapse,
    Conv2DTransposeSynapse as Conv2DTransposeSynapse,
    DelayLineSynapse as DelayLineSynapse,
    DenseSynapse as DenseSynapse,
    LocallyConnected2DSynapse as LocallyConnected2DSynapse,
    LowRankSynapse as LowRankSynapse,
    OneToOneSynapse as OneToOneSynapse,
    PatchedSynapse as PatchedSynapse,
    SparseSynapse as SparseSynapse,
    Synapse as Synapse,
    TransposedSynapse as TransposedSynapse,
    block_pairs as block_pairs,
    grid_pairs as grid_pairs,
    low_rank_factors as low_rank_factors,
    ring_pairs as ring_pairs,
)
from ngcsnn.components.traces import (
    AlphaFilter as AlphaFilter,
    DoubleExponentialFilter as DoubleExponentialFilter,
    ExponentialKernel as ExponentialKernel,
    Monitor as Monitor,
    Trace as Trace,
)
