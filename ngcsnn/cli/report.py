"""`ngcsnn report`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ngcsnn.cli.models import opened
from ngcsnn.io import model_of, read_run, run_report


def run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.model)
    out = Path(arguments.out) if arguments.out else folder / "report.html"
    with opened(model_of(folder), arguments) as experiment:
        text = run_report(read_run(folder, experiment), with_data=not arguments.no_data)
    out.write_text(text, encoding="utf-8")
    print(f"{out}")
    print(f"{len(text) / 1e6:.1f} MB; open it in any browser", file=sys.stderr)
    return 0
