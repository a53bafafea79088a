"""`ngcsnn plot`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ngcsnn import viz
from ngcsnn.cli.models import opened
from ngcsnn.graph import closest
from ngcsnn.io import RunFolderError, model_of, read_run
from ngcsnn.io.pictures import drawn, run_chapters


def run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.model)
    out = Path(arguments.out) if arguments.out else folder / "pictures"
    viz.need_matplotlib()
    with opened(model_of(folder), arguments) as experiment:
        run = read_run(folder, experiment)
        chapters = run_chapters(run, with_data=not arguments.no_data)
        names = [picture.name for chapter in chapters for picture in chapter.pictures]
        wanted = arguments.only or names
        for name in wanted:
            if name not in names:
                raise RunFolderError(
                    f"this run has the pictures {', '.join(names)}, and no '{name}'{closest(name, names)}"
                )
        if arguments.list:
            width = max(map(len, names), default=0)
            for chapter in chapters:
                for picture in chapter.pictures:
                    print(f"{picture.name:<{width}}  {picture.text}")
            return 0
        for chapter in chapters:
            chapter.pictures[:] = [picture for picture in chapter.pictures if picture.name in wanted]
        for _, picture, axes in drawn(chapters):
            print(viz.save(axes, out / f"{picture.name}.{arguments.kind}"))
    for note in [*run.notes, *(note for chapter in chapters for note in chapter.notes)]:
        print(note, file=sys.stderr)
    return 0
