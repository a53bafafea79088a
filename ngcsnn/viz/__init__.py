"""Pictures: a network from its graph, learning curves, decision regions, confusion matrices, rasters,
traces, spike statistics, weights and receptive fields.

Every function draws on the axes given as `ax`, or on those of a new figure, and returns them; `save` writes them to a
file. matplotlib is needed when a picture is drawn, not before: pip install "ngcsnn[viz]".
"""

from ngcsnn.recording import recorded_spikes as recorded_spikes
from ngcsnn.viz.confusion_matrix import (
    confusion_counts as confusion_counts,
    confusion_matrix as confusion_matrix,
)
from ngcsnn.viz.darkening import darken as darken
from ngcsnn.viz.decision_regions import decision_regions as decision_regions
from ngcsnn.viz.graph_drawing import draw as draw
from ngcsnn.viz.learning_curve import learning_curve as learning_curve
from ngcsnn.viz.mermaid_text import mermaid as mermaid
from ngcsnn.viz.raster import raster as raster
from ngcsnn.viz.receptive_fields import receptive_fields as receptive_fields
from ngcsnn.viz.saving import save as save
from ngcsnn.viz.spike_statistics import (
    SpikeStatistics as SpikeStatistics,
    interval_histogram as interval_histogram,
    rate_histogram as rate_histogram,
    spike_panels as spike_panels,
    spike_statistics as spike_statistics,
    variation_histogram as variation_histogram,
)
from ngcsnn.viz.style import need_matplotlib as need_matplotlib
from ngcsnn.viz.traces import traces as traces
from ngcsnn.viz.weight_course import weight_course as weight_course
from ngcsnn.viz.weights import weight_histogram as weight_histogram, weight_matrix as weight_matrix
