"""`ngcsnn draw`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ngcsnn import viz
from ngcsnn.cli.models import opened
from ngcsnn.graph import GraphError


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments.model, arguments) as experiment:
        network = experiment.context
        if arguments.mermaid:
            text = viz.mermaid(network)
            if arguments.output is None:
                print(text, end="")
                return 0
            path = Path(arguments.output)
            if path.suffix.lower() in (".png", ".svg", ".pdf"):
                raise GraphError(f"--mermaid writes text, but {path} is the name of a picture: leave --mermaid out")
            path.write_text(text, encoding="utf-8")
        else:
            path = Path(arguments.output or f"{network.name}.png")
            if arguments.output is None and path.exists():
                raise GraphError(f"{path} already exists; name the file with -o, which replaces it")
            viz.save(viz.draw(network), path)
    print(f"written: {path}", file=sys.stderr)
    return 0
