"""e-prop: the compiler, and the three ways in which it computes."""

from ngcsnn.compilers.eprop.compiler import EPropCompiler as EPropCompiler
from ngcsnn.compilers.eprop.conventions import Conventions as Conventions
