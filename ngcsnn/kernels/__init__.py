"""Time loops: the generic one, and the choice between it and fused kernels."""

from ngcsnn.kernels.delayed_events import project_delayed as project_delayed
from ngcsnn.kernels.event_copies import project_copies as project_copies
from ngcsnn.kernels.event_projection import project as project
from ngcsnn.kernels.events import Events as Events
from ngcsnn.kernels.lines import Line as Line
from ngcsnn.kernels.loop import LoopBody as LoopBody, LoopInputs as LoopInputs, time_loop as time_loop
from ngcsnn.kernels.trajectory import Trajectory as Trajectory, map_rows as map_rows
