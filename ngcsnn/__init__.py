"""ngcsnn: a modular component library on JAX for spiking and predictive networks."""

from ngcsnn import compilers as compilers
from ngcsnn import components as components
from ngcsnn import data as data
from ngcsnn import objectives as objectives
from ngcsnn import optim as optim
from ngcsnn.graph import Component as Component
from ngcsnn.graph import Context as Context
from ngcsnn.graph import GraphError as GraphError
from ngcsnn.graph import apply as apply
from ngcsnn.graph import init as init

__version__ = "0.1.0"
