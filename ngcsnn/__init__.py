"""ngcsnn: a modular component library on JAX for spiking and predictive networks."""

from ngcsnn import (
    compilers as compilers,
    components as components,
    data as data,
    objectives as objectives,
    optim as optim,
)
from ngcsnn.graph import (
    Component as Component,
    Context as Context,
    GraphError as GraphError,
    apply as apply,
    init as init,
)

__version__ = "0.1.0"
