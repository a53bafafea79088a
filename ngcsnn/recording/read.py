"""Reading recordings back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ngcsnn.graph import GraphError
from ngcsnn.recording.spikes import SpikeRecorder, SpikeRecording
from ngcsnn.recording.states import VarRecorder, VarRecording
from ngcsnn.recording.stores import Store, open_store
from ngcsnn.recording.weights import ConnVarRecorder, ConnVarRecording

Recording = SpikeRecording | VarRecording | ConnVarRecording
_KINDS = {
    SpikeRecorder.__name__: SpikeRecording,
    VarRecorder.__name__: VarRecording,
    ConnVarRecorder.__name__: ConnVarRecording,
}


def recording_of(store: Store, key: str) -> Recording:
    told = store.attributes(key)
    kind = told.get("kind") if isinstance(told, dict) else None
    if kind not in _KINDS:
        raise GraphError(f"the recording '{key}' is of a kind that is not known here: {kind!r}")
    try:
        return _KINDS[kind](store, key)
    except KeyError as error:
        raise GraphError(f"the recording '{key}' does not say its {error}: it was written by another version") from None


def load_recordings(path: str | os.PathLike[str]) -> dict[str, Any]:
    """{key: recording} of a file that recorders wrote; arrays are read when they are asked for.

    A recording is a `SpikeRecording`, `VarRecording` or `ConnVarRecording`, as its recorder says.

    Errors: `GraphError` for a file that does not exist, is damaged, or holds no recording.
    """
    if not Path(path).is_file():
        raise GraphError(f"there is no file {path}")
    store = open_store(path)
    keys = store.keys()
    if not keys:
        raise GraphError(f"{path} holds no recordings")
    return {key: recording_of(store, key) for key in keys}
