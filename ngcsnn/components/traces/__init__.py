"""Traces, kernels and monitors: what follows events and values within the step."""

from ngcsnn.components.traces.alpha_filter import AlphaFilter as AlphaFilter
from ngcsnn.components.traces.double_exponential_filter import DoubleExponentialFilter as DoubleExponentialFilter
from ngcsnn.components.traces.exponential_kernel import ExponentialKernel as ExponentialKernel
from ngcsnn.components.traces.monitor import Monitor as Monitor
from ngcsnn.components.traces.trace import Trace as Trace
