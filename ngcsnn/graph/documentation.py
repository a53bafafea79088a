"""What `help()` shows of a component class: its signature and the generated part of its documentation."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping

from ngcsnn.graph.declare import REQUIRED, Declared, Hyper

_WIDTH = 112


def is_argument(declared: Hyper | Declared) -> bool:
    return isinstance(declared, Hyper) or declared.role == "param"


def signature(declarations: Mapping[str, Hyper | Declared]) -> inspect.Signature:
    parameters = [inspect.Parameter("name", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=str)]
    for key, d in declarations.items():
        if is_argument(d):
            default = inspect.Parameter.empty if d.default is REQUIRED else d.default
            parameters.append(inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default))
    return inspect.Signature(parameters)


def document(text: str | None, declarations: Mapping[str, Hyper | Declared]) -> str:
    """A class's own text, then its arguments and compartments as declared."""
    parts = [inspect.cleandoc(text)] if text else []
    arguments = [_line(k, d.doc, _facts(d)) for k, d in declarations.items() if is_argument(d)]
    if arguments:
        parts.append("\n".join(["Arguments:", *arguments]))
    if any(isinstance(d, Declared) and d.role == "param" for d in declarations.values()):
        parts[-1] += "\n    A parameter is a number, an array of its shape or an initialiser, and a compartment too."
    others = {k: d for k, d in declarations.items() if isinstance(d, Declared) and d.role != "param"}
    if others:
        lines = [_line(k, d.doc, _kind(d)) for k, d in others.items()]
        parts.append("\n".join(["Compartments:", *lines]))
        if any(d.timed for d in others.values()):
            parts[-1] += "\n    Timed ones carry events, with their time offsets."
    return "\n\n".join(parts)


def _facts(d: Hyper | Declared) -> list[str]:
    unit = f" {d.unit}" if d.unit else ""
    if d.default is REQUIRED or d.default is None:
        facts = [("required" if d.default is REQUIRED else "optional") + ("," if unit else "") + unit]
    else:
        facts = [f"default {d.default!r}{unit}"]
    facts += [d.check.text] if d.check is not None else []
    if isinstance(d, Declared):
        facts += [" ".join(["trainable parameter" if d.trainable else "parameter", *_shape(d)])]
    return facts


def _kind(d: Declared) -> list[str]:
    return [
        " ".join([d.role, *_shape(d)]),
        *([d.unit] if d.unit else []),
        *(["timed"] if d.timed else []),
        *([] if d.stored else ["computed when read" if d.of else "wired only"]),
    ]


def _shape(d: Declared) -> list[str]:
    if callable(d.shape) or d.shape in ((), "shape"):
        return []
    return [f"({d.shape if isinstance(d.shape, str) else ', '.join(str(n) for n in d.shape)})"]


def _line(key: str, doc: str, facts: list[str]) -> str:
    text = f"{key}: {doc} [{'; '.join(facts)}]"
    return textwrap.fill(text, _WIDTH, initial_indent="    ", subsequent_indent="        ", break_on_hyphens=False)
