"""Readouts: one file, one readout. The public list is `ngcsnn.objectives`."""
