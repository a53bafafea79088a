import pydoc

from ngcsnn.components import LIFCell
from ngcsnn.graph import Component, hyper, param
from ngcsnn.graph.documentation import document


def test_help_of_a_cell_is_readable():
    text = pydoc.plain(pydoc.render_doc(LIFCell))
    assert "LIFCell(name: str, *, n_units," in text
    assert "tau_m: membrane time constant [default 20.0 ms; finite and > 0; trainable parameter (n_units)]" in text
    assert "required object" not in text and "<object object" not in text and "Declared(role" not in text
    generated = (LIFCell.__doc__ or "").partition("Arguments:")[2]
    assert generated and max(len(line) for line in generated.splitlines()) <= 112


def test_arguments_come_first_and_parameters_are_listed_once():
    text = LIFCell.__doc__ or ""
    assert text.index("Arguments:") < text.index("Compartments:")
    assert "tau_m:" not in text.partition("Compartments:")[2]
    assert text.count("\n    v_thr:") == 1


def test_a_class_without_text_or_arguments_has_no_empty_parts():
    assert document("Only this.", {}) == "Only this."

    class Bare(Component):
        pass

    assert Bare.__doc__ == "Bare"
    assert str(Bare.__signature__) == "(name: str)"  # type: ignore[attr-defined]


def test_required_and_optional_say_their_unit():
    class Timed(Component):
        """Text."""

        period = hyper(unit="ms", doc="of the clock")
        tau = param(None, shape=(), unit="ms", doc="none by default")

    assert "period: of the clock [required, ms]" in (Timed.__doc__ or "")
    assert "tau: none by default [optional, ms; trainable parameter]" in (Timed.__doc__ or "")
