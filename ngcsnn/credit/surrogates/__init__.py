"""The catalogue of surrogate functions: the derivative that a spike is given, and the smooth step it belongs to."""

from ngcsnn.credit.surrogates.base import (
    SurrogateFunction as SurrogateFunction,
    resolve_surrogate as resolve_surrogate,
)
from ngcsnn.credit.surrogates.exponential import (
    Exponential as Exponential,
    Gaussian as Gaussian,
    MultiGaussian as MultiGaussian,
    Sigmoid as Sigmoid,
)
from ngcsnn.credit.surrogates.piecewise import (
    Boxcar as Boxcar,
    Leaky as Leaky,
    PiecewiseLinear as PiecewiseLinear,
    StraightThrough as StraightThrough,
)
from ngcsnn.credit.surrogates.rational import Arctan as Arctan, FastSigmoid as FastSigmoid
