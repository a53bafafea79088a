"""Regularisers: one file, one regulariser. The public list is `ngcsnn.objectives`."""
