"""Time loops: the generic one, and the choice between it and fused kernels."""

from ngcsnn.kernels.loop import LoopBody as LoopBody
from ngcsnn.kernels.loop import LoopInputs as LoopInputs
from ngcsnn.kernels.loop import time_loop as time_loop
from ngcsnn.kernels.trajectory import Trajectory as Trajectory
from ngcsnn.kernels.trajectory import map_rows as map_rows
