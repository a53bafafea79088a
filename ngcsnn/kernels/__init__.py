"""Time loops: the generic one, and the choice between it and fused kernels."""

from ngcsnn.kernels.loop import LoopBody as LoopBody, LoopInputs as LoopInputs, time_loop as time_loop
from ngcsnn.kernels.trajectory import Trajectory as Trajectory, map_rows as map_rows
