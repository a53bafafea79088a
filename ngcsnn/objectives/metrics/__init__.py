"""Metrics: further figures of what outputs say and of what cells did, chosen by `metrics=`; no gradient is taken."""
