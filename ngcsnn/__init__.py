"""ngcsnn: a modular component library on JAX for spiking and predictive networks."""

from ngcsnn.graph import Component as Component
from ngcsnn.graph import Context as Context
from ngcsnn.graph import GraphError as GraphError
from ngcsnn.graph import apply as apply
from ngcsnn.graph import init as init
