"""The training loop, callbacks, checkpoints and progress. Knows nothing of networks; compilers build on it."""

from ngcsnn.training.callbacks import Callback as Callback, Record as Record
from ngcsnn.training.checkpoint_files import (
    best_checkpoint as best_checkpoint,
    is_checkpoint as is_checkpoint,
    read_checkpoint as read_checkpoint,
)
from ngcsnn.training.checkpoints import Checkpoints as Checkpoints
from ngcsnn.training.early_stopping import EarlyStopping as EarlyStopping
from ngcsnn.training.loop import fit as fit
from ngcsnn.training.plateau import Plateau as Plateau
from ngcsnn.training.profile import Profile as Profile
from ngcsnn.training.progress import Progress as Progress
from ngcsnn.training.run import Program as Program, Run as Run
from ngcsnn.training.snapshot import CheckpointError as CheckpointError, Snapshot as Snapshot
