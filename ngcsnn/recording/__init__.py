"""Recorders: callbacks of `train`, `evaluate` and `simulate` that keep spikes, states and weights."""

from ngcsnn.recording.read import Recording as Recording, load_recordings as load_recordings
from ngcsnn.recording.recorder import Recorder as Recorder
from ngcsnn.recording.spike_times import recorded_spikes as recorded_spikes
from ngcsnn.recording.spikes import SpikeRecorder as SpikeRecorder, SpikeRecording as SpikeRecording
from ngcsnn.recording.states import VarRecorder as VarRecorder, VarRecording as VarRecording
from ngcsnn.recording.weights import ConnVarRecorder as ConnVarRecorder, ConnVarRecording as ConnVarRecording
