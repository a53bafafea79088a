"""Losses: one file, one loss. The public list is `ngcsnn.objectives`."""
