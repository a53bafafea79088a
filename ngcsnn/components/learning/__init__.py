"""Learning rules and what they are made of: one file, one idea."""

from ngcsnn.components.learning.art2a import ART2ARule as ART2ARule
from ngcsnn.components.learning.associative_memory import AssociativeMemoryRule as AssociativeMemoryRule
from ngcsnn.components.learning.bcm import BCMRule as BCMRule
from ngcsnn.components.learning.clopath import ClopathRule as ClopathRule
from ngcsnn.components.learning.competition import CompetitiveRule as CompetitiveRule
from ngcsnn.components.learning.contrastive_divergence import ContrastiveDivergenceRule as ContrastiveDivergenceRule
from ngcsnn.components.learning.dopamine_stdp import DopamineSTDP as DopamineSTDP
from ngcsnn.components.learning.eligibility_trace import EligibilityTrace as EligibilityTrace
from ngcsnn.components.learning.eligible import EligibleRule as EligibleRule
from ngcsnn.components.learning.eprop_rule import EPropRule as EPropRule
from ngcsnn.components.learning.event_stdp import EventSTDP as EventSTDP
from ngcsnn.components.learning.exponential_stdp import ExponentialSTDP as ExponentialSTDP
from ngcsnn.components.learning.feedback_alignment import FeedbackAlignmentRule as FeedbackAlignmentRule
from ngcsnn.components.learning.general_hebbian import GeneralHebbianRule as GeneralHebbianRule
from ngcsnn.components.learning.generalised_oja import GeneralisedOjaRule as GeneralisedOjaRule
from ngcsnn.components.learning.hebbian import HebbianRule as HebbianRule
from ngcsnn.components.learning.hopfield import HopfieldRule as HopfieldRule
from ngcsnn.components.learning.inhibitory_stdp import InhibitorySTDP as InhibitorySTDP
from ngcsnn.components.learning.intrinsic_plasticity import IntrinsicPlasticity as IntrinsicPlasticity
from ngcsnn.components.learning.learning_signal import LearningSignal as LearningSignal
from ngcsnn.components.learning.mstdp import MSTDP as MSTDP
from ngcsnn.components.learning.mstdpet import MSTDPET as MSTDPET
from ngcsnn.components.learning.oja import OjaRule as OjaRule
from ngcsnn.components.learning.pair_stdp import PairSTDP as PairSTDP
from ngcsnn.components.learning.predictive_coding import PredictiveCodingRule as PredictiveCodingRule
from ngcsnn.components.learning.rate_rule import RateRule as RateRule
from ngcsnn.components.learning.reinforce import REINFORCERule as REINFORCERule
from ngcsnn.components.learning.rule import LearningRule as LearningRule, Term as Term
from ngcsnn.components.learning.self_organising_map import SelfOrganisingMapRule as SelfOrganisingMapRule
from ngcsnn.components.learning.spike_rule import SpikeRule as SpikeRule
from ngcsnn.components.learning.synaptic_scaling import SynapticScalingRule as SynapticScalingRule
from ngcsnn.components.learning.trace_stdp import TraceSTDP as TraceSTDP
from ngcsnn.components.learning.triplet_stdp import TripletSTDP as TripletSTDP
from ngcsnn.components.learning.vector_quantisation import VectorQuantisationRule as VectorQuantisationRule
