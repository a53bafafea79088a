"""The training loop, callbacks and progress. Knows nothing of networks; compilers build on it."""

from ngcsnn.training.callbacks import Callback as Callback, Record as Record
from ngcsnn.training.loop import Program as Program, fit as fit
from ngcsnn.training.progress import Progress as Progress
