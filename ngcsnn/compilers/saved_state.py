"""The whole state of a context among the arrays of a checkpoint."""

from __future__ import annotations

import numpy as np

from ngcsnn.graph import Context, GraphError
from ngcsnn.graph.store import flatten, restore
from ngcsnn.training.snapshot import Arrays, CheckpointError, part

_PREFIX, _SIZE = "context:", "batch_size"


def save_context(context: Context) -> Arrays:
    """Parameters, states, clock and random key, copies."""
    arrays = {**flatten(context.state), _SIZE: np.asarray(context.batch_size)}
    return {_PREFIX + name: np.array(value) for name, value in arrays.items()}


def context_arrays(arrays: Arrays) -> Arrays:
    """{"component.compartment": array} of the context in a checkpoint."""
    return part(arrays, _PREFIX)


def load_context(context: Context, arrays: Arrays) -> None:
    """Put them back. Errors: `CheckpointError` where they are of another network."""
    try:
        restore(context, context_arrays(arrays))
    except GraphError as error:
        raise CheckpointError(f"the checkpoint is of another network: {error}") from error
