"""Networks as Mermaid text."""

import pytest

import ngcsnn as ng
from ngcsnn.components import LIFCell, Monitor, SpikeSource, Trace
from ngcsnn.viz import mermaid

RECURRENT = """\
flowchart LR
    input(["<b>input</b><br/>SpikeSource<br/>3 units"]):::source
    hidden("<b>hidden</b><br/>LIFCell<br/>4 units"):::cell
    w["<b>w</b><br/>DenseSynapse<br/>3 × 4"]:::synapse
    rec["<b>rec</b><br/>DenseSynapse<br/>4 × 4"]:::synapse
    hidden -->|"v → j"| hidden
    w -->|"w.outputs + 0.5 * rec.outputs → syn"| hidden
    rec -->|"→ syn"| hidden
    input -->|"s → inputs"| w
    hidden -->|"s → inputs"| rec
    classDef source fill:#e3f4ee,stroke:#009e73,color:#2b2f36
    classDef cell fill:#e1eff8,stroke:#0072b2,color:#2b2f36
    classDef synapse fill:#fdf3dc,stroke:#c98a00,color:#2b2f36
"""


def test_exact_text(recurrent: ng.Context) -> None:
    assert mermaid(recurrent) == RECURRENT


def test_traces_and_monitors_have_a_form_of_their_own() -> None:
    with ng.Context("net") as net:
        cell, trace, monitor = LIFCell("cell", n_units=2), Trace("memory", n_units=2), Monitor("record", shape=2)
    cell.s >> trace.inputs
    trace.trace >> monitor.inputs
    text = mermaid(net)
    assert 'memory[/"<b>memory</b><br/>Trace<br/>2 units"/]:::trace' in text
    assert 'record[/"<b>record</b><br/>Monitor<br/>2"/]:::trace' in text
    assert "classDef trace fill:" in text


def test_words_of_mermaid_and_signs_are_escaped() -> None:
    with ng.Context("net") as net:
        end, graph, end_ = SpikeSource("end", n_units=1), LIFCell("graph", n_units=1), LIFCell("end_", n_units=1)
        ng.apply(lambda x: x, end.s) >> graph.j
        graph.s >> end_.j
    text = mermaid(net)
    assert '    end__(["<b>end</b><br/>' in text and '    end_("<b>end_</b><br/>' in text
    assert '    graph_ -->|"s → j"| end_\n' in text
    arrow = next(line for line in text.splitlines() if line.startswith("    end__ -->"))
    label = arrow.split('"')[1]
    assert label.startswith("apply(#lt;") and label.endswith("#gt;, end.s) → j")
    assert not set("<>") & set(label)


def test_errors() -> None:
    with pytest.raises(ValueError, match="context 'net' has no components"):
        mermaid(ng.Context("net"))
