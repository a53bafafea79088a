"""Pieces of HTML. Every text is escaped here, and nowhere else."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import yaml

from ngcsnn.io.report.style_sheet import STYLE_SHEET


def page(title: str, body: str) -> str:
    """A whole document that needs no other file: fonts of the system, no script."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE_SHEET}</style>\n</head>\n<body>\n<main>\n"
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def element(name: str, inside: str, **attributes: str) -> str:
    """`inside` is HTML already."""
    given = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{inside}</{name}>"


def text(name: str, inside: str, **attributes: str) -> str:
    """`inside` is plain text."""
    return element(name, escape(inside), **attributes)


def section(key: str, title: str, parts: Iterable[str]) -> str:
    return element("section", "\n".join([text("h2", title), *parts]), id=key)


def picture(title: str, below: str, light: bytes, dark: bytes, width: int) -> str:
    """A figure that shows the PNG `light` or `dark` as the reader's system asks; width: in CSS pixels."""
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{_inline(dark)}">'
    image = f'<img src="{_inline(light)}" width="{width}" alt="{escape(title)}">'
    caption = element("figcaption", text("h3", title) + text("p", below))
    return element("figure", f"{caption}<picture>{source}{image}</picture>")


def key_figures(figures: Mapping[str, str]) -> str:
    cards = [element("div", text("b", value) + text("span", name)) for name, value in figures.items()]
    return element("div", "".join(cards), class_="figures")


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Numbers stand to the right."""
    body = [list(row) for row in rows]
    numeric = [all(_is_number(row[i]) or row[i] is None for row in body) for i in range(len(head))]
    cells = ["n" if n else "" for n in numeric]
    top = "".join(_cell("th", name, kind) for name, kind in zip(head, cells, strict=True))
    lines = ["".join(_cell("td", plain(v), k) for v, k in zip(row, cells, strict=True)) for row in body]
    inner = element("thead", element("tr", top)) + element("tbody", "".join(element("tr", line) for line in lines))
    return element("div", element("table", inner), class_="table")


def settings_table(data: Mapping[str, Any]) -> str:
    """Nested mappings as rows `path, value`, with a line above each of the outermost."""
    rows = []
    for group, inside in data.items():
        rows.append(element("tr", element("th", escape(str(group)), colspan="2"), class_="group"))
        pairs = list(_leaves(inside, ()))
        rows += [
            element("tr", text("th", ".".join(path) or "–", scope="row") + text("td", plain(v))) for path, v in pairs
        ]
    return element("div", element("table", element("tbody", "".join(rows))), class_="table")


def folded(title: str, inside: str) -> str:
    return element("details", text("summary", title) + inside)


def plain(value: Any) -> str:
    """A value as a reader wants it: numbers short, mappings as YAML."""
    if value is None:
        return "–"
    if _is_number(value):
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    if isinstance(value, str):
        return value
    return yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False).strip().removesuffix("\n...")


def _leaves(value: Any, path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping) and value and len(path) < 3:
        for key, inside in value.items():
            yield from _leaves(inside, (*path, str(key)))
    elif isinstance(value, list) and value and all(isinstance(v, str) for v in value) and not path:
        for number, inside in enumerate(value, 1):
            yield (str(number),), inside
    else:
        yield path, value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(name: str, inside: str, kind: str) -> str:
    return text(name, inside, class_=kind) if kind else text(name, inside)


def _inline(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
