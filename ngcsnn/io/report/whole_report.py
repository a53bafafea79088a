"""The report of a run: key figures, pictures, figures of every epoch, settings, versions."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from ngcsnn import viz
from ngcsnn.io.pictures import Chapter, Picture, run_chapters
from ngcsnn.io.report import html_text as html
from ngcsnn.io.resolved import resolved, resolved_yaml
from ngcsnn.io.stored_run import StoredRun
from ngcsnn.training import Record

_DPI, _SHOWN_DPI = 170, 100  # of the pictures, and of the page: sharp on fine screens
_FEW = 15  # epochs up to which all lines of metrics are open


def run_report(run: StoredRun, with_data: bool = True, told: Callable[[Picture], None] | None = None) -> str:
    """One HTML document that needs nothing else: pictures are inside, for light and for dark ground.

    with_data: whether to run the network on test samples, as `ngcsnn.io.pictures.run_chapters` does. told: called
    before each picture is drawn. Errors: `ImportError` where matplotlib is missing.
    """
    viz.need_matplotlib()
    chapters = [chapter for chapter in run_chapters(run, with_data) if chapter.pictures or chapter.notes]
    name = run.experiment.context.name
    ids = {chapter.title: chapter.title.lower() for chapter in chapters}
    ends = {"Epochs": "epochs", "Settings": "settings", "Versions": "versions"}
    links = "".join(html.text("a", title, href=f"#{key}") for title, key in (ids | ends).items())
    parts = [
        html.element("header", html.text("h1", name) + html.text("p", _subtitle(run)) + html.element("nav", links)),
        html.key_figures(_key_figures(run)),
        *(_note(note) for note in run.notes),
        *(html.section(ids[chapter.title], chapter.title, _chapter(chapter, told)) for chapter in chapters),
        html.section("epochs", "Epochs", _epochs(run.records)),
        html.section("settings", "Settings", _settings(run)),
        html.section("versions", "Versions", [html.table(["what", "version"], run.versions.items())]),
        html.text("footer", f"Written by ngcsnn {run.versions.get('ngcsnn', '')}.".replace(" .", ".")),
    ]
    return html.page(f"{name}: report of a run", "\n".join(parts))


def _subtitle(run: StoredRun) -> str:
    plan, data = run.experiment.train, run.experiment.data
    parts = [f"run {run.folder.resolve().name}"]
    parts += [f"data set {data.name}"] if data is not None else []
    parts += [f"trained by {plan.compiler}"] if plan is not None and plan.epochs is not None else []
    return ", ".join(parts)


def _key_figures(run: StoredRun) -> dict[str, str]:
    trained = [r for r in run.records if r.get("split") == "train"]
    out: dict[str, str] = {}
    for split in ("test", "validation", "train"):
        records = [r for r in run.records if r.get("split") == split]
        for key, value in (records[-1] if records else {}).items():
            if value is not None and (key == "loss" or key.endswith("accuracy")) and len(out) < 4:
                out[f"{split} {key}"] = f"{value:.4g}" if key == "loss" else f"{value:.1%}"
    out["epochs"] = str(len(trained))
    seconds = sum(r.get("seconds") or 0.0 for r in run.records)
    out["time"] = f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"
    size = sum(array.size for array in run.start.values())
    out["parameters"] = f"{size:,}".replace(",", "\u202f")
    return out


def _chapter(chapter: Chapter, told: Callable[[Picture], None] | None) -> list[str]:
    out = [_note(note) for note in chapter.notes]
    for picture in chapter.pictures:
        if told is not None:
            told(picture)
        out.append(_figure(picture))
    return out


def _figure(picture: Picture) -> str:
    axes: Any = picture.draw()
    first = axes if hasattr(axes, "transData") else axes[0]
    figure = first.figure.canvas.figure
    light = _png(figure)
    viz.darken(axes)
    return html.picture(picture.title, picture.text, light, _png(figure), round(figure.get_figwidth() * _SHOWN_DPI))


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, facecolor="auto", metadata={"Software": None})
    return buffer.getvalue()


def _epochs(records: list[Record]) -> list[str]:
    if not records:
        return [_note("no epoch has ended")]
    keys = list(dict.fromkeys(key for record in records for key, v in record.items() if not isinstance(v, list | dict)))
    head = ["epoch", "split", *(k for k in keys if k not in ("epoch", "split"))]
    rows = [[record.get(k) for k in head] for record in records]
    if len(rows) <= _FEW:
        return [html.table(head, rows)]
    last = [r for r in rows[-3:]]
    return [html.table(head, last), html.folded(f"all {len(rows)} lines", html.table(head, rows))]


def _settings(run: StoredRun) -> list[str]:
    text = resolved_yaml(run.experiment)
    yaml_text = html.folded("model.yaml, every default written out", html.text("pre", text))
    return [html.settings_table(resolved(run.experiment)), yaml_text]


def _note(note: str) -> str:
    return html.text("p", note, class_="note")
