"""How credit crosses a spike: one short file for each rule."""

from ngcsnn.credit.eprop import EProp as EProp
from ngcsnn.credit.grid import Grid as Grid
from ngcsnn.credit.lookup import resolve as resolve
from ngcsnn.credit.precise import Precise as Precise
from ngcsnn.credit.rule import CreditRule as CreditRule, Crossing as Crossing, SpikingDynamics as SpikingDynamics
from ngcsnn.credit.surrogate import Surrogate as Surrogate
from ngcsnn.credit.surrogates import SurrogateFunction as SurrogateFunction, resolve_surrogate as resolve_surrogate
