"""The compartment graph: components, compartments, wires, contexts, processes. Imports no component."""

from ngcsnn.graph import checks as checks
from ngcsnn.graph.compartment import Compartment as Compartment
from ngcsnn.graph.component import Component as Component
from ngcsnn.graph.context import CLOCK as CLOCK, Context as Context
from ngcsnn.graph.declare import (
    Declared as Declared,
    Hyper as Hyper,
    computed as computed,
    hyper as hyper,
    input_ as input_,
    output as output,
    param as param,
    reference as reference,
    state as state,
)
from ngcsnn.graph.description import build as build, describe as describe
from ngcsnn.graph.errors import (
    GraphError as GraphError,
    NameClashError as NameClashError,
    ShapeError as ShapeError,
    UnknownNameError as UnknownNameError,
    WireError as WireError,
    closest as closest,
)
from ngcsnn.graph.frame import (
    Frame as Frame,
    Memo as Memo,
    count as count,
    decide as decide,
    keep as keep,
    line_of as line_of,
    running as running,
)
from ngcsnn.graph.init import Initialiser as Initialiser
from ngcsnn.graph.listed import ROOM as ROOM, Listed as Listed, listed as listed, relay as relay
from ngcsnn.graph.order import in_order as in_order
from ngcsnn.graph.process import Process as Process
from ngcsnn.graph.registry import known_types as known_types
from ngcsnn.graph.wire_functions import apply as apply
from ngcsnn.graph.wire_terms import weighted as weighted
from ngcsnn.graph.wires import Expression as Expression, Readable as Readable
from ngcsnn.graph.yaml_text import Document as Document, YamlError as YamlError, read_yaml as read_yaml
