"""Rate and error cells and integrators: one file, one model."""

from ngcsnn.components.neurons.graded.bernoulli_error import BernoulliErrorCell as BernoulliErrorCell
from ngcsnn.components.neurons.graded.gaussian_error import GaussianErrorCell as GaussianErrorCell
from ngcsnn.components.neurons.graded.laplacian_error import LaplacianErrorCell as LaplacianErrorCell
from ngcsnn.components.neurons.graded.leaky_integrator import LICell as LICell
from ngcsnn.components.neurons.graded.leaky_noise import LeakyNoiseCell as LeakyNoiseCell
from ngcsnn.components.neurons.graded.rate import RateCell as RateCell
from ngcsnn.components.neurons.graded.reward_prediction_error import (
    RewardPredictionErrorCell as RewardPredictionErrorCell,
)
