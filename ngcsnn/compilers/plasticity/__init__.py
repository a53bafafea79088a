"""Local learning rules over whole data sets: trial after trial in one compiled program."""

from ngcsnn.compilers.plasticity.compiler import PlasticityCompiler as PlasticityCompiler
from ngcsnn.compilers.plasticity.network import PlasticNetwork as PlasticNetwork
