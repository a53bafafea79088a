"""Rate cells and integrators: one file, one model."""

from ngcsnn.components.neurons.graded.leaky_integrator import LICell as LICell
