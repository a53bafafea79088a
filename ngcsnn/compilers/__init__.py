"""Compilers: graph + credit rule + objective + optimiser -> a compiled, trainable network."""

from ngcsnn.compilers.compiler import Compiler as Compiler
from ngcsnn.compilers.eprop import Conventions as Conventions, EPropCompiler as EPropCompiler
from ngcsnn.compilers.eventprop import EventPropCompiler as EventPropCompiler
from ngcsnn.compilers.gradient import GradientCompiler as GradientCompiler
from ngcsnn.compilers.inference import InferenceCompiler as InferenceCompiler
from ngcsnn.compilers.network import CompiledNetwork as CompiledNetwork
from ngcsnn.compilers.plasticity.at_rest import NetworkAtRest as NetworkAtRest
from ngcsnn.compilers.plasticity.compiler import PlasticityCompiler as PlasticityCompiler
from ngcsnn.compilers.plasticity.network import PlasticNetwork as PlasticNetwork
from ngcsnn.compilers.surrogate import SurrogateCompiler as SurrogateCompiler
from ngcsnn.compilers.trainable import TrainableNetwork as TrainableNetwork
