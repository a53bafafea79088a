"""The arguments of every command. Imports nothing heavy: `--help` answers at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

_OVERRIDES = """
overrides: `key=value` replaces a value of the model file. The key is a dotted path (train.epochs=5,
components.in_hid.shape.1=100), or its end where that is unique (epochs=5, hidden.tau_m=10). The value is YAML.
"""
_EXAMPLES = {
    "": """
examples:
  ngcsnn train museum/yin_yang/model.yaml
  ngcsnn train model.yaml epochs=5 hidden.tau_m=10 --out runs/small
  ngcsnn eval runs/small
  ngcsnn report runs/small
  ngcsnn check model.yaml
  ngcsnn draw model.yaml -o network.svg
  ngcsnn info LIFCell

exit codes: 0 done, 2 a mistake in what was given (one line says which), 130 ended by Ctrl-C, 1 a fault of ngcsnn
""",
    "train": """
examples:
  ngcsnn train model.yaml
  ngcsnn train model.yaml epochs=5 train.optimiser.adam.eta=0.01 --out runs/fast
  ngcsnn train runs/fast/model.yaml          the same run again: the same numbers
  ngcsnn train model.yaml --allow-module my_cells
  ngcsnn train --resume runs/fast            go on with a run that was cut short: the same numbers as without the cut
  ngcsnn train --resume runs/fast epochs=90  and for longer

A run leaves one new folder: model.yaml (with every default and override), metrics.jsonl, weights/, versions.json and
pictures. Ctrl-C ends a run early and keeps what finished epochs learned. The last line of the output is the result.
""",
    "eval": """
examples:
  ngcsnn eval runs/fast                                the test figures of a run
  ngcsnn eval runs/fast --best                         with the weights of its best checkpoint
  ngcsnn eval runs/fast data.yin_yang.test=10000       with other data
  ngcsnn eval model.yaml --weights runs/fast           the weights of one run in another model
""",
    "simulate": """
examples:
  ngcsnn simulate runs/fast                                      rates of the cells over five test samples
  ngcsnn simulate runs/fast --samples 0:100 --out spikes.h5      and all their spikes in a file
  ngcsnn simulate model.yaml --record hidden.s,output.v --out trial.npz
  ngcsnn simulate runs/fast --samples 0:3 --out raster.png       a picture

--record: `cell.s` is spikes, any other compartment is its values at every step. A file .h5 or .npz is read back by
ngcsnn.recording.load_recordings; .png, .svg and .pdf draw spikes and potentials.
""",
    "plot": """
examples:
  ngcsnn plot runs/fast                       every picture, into runs/fast/pictures
  ngcsnn plot runs/fast --list                what there is
  ngcsnn plot runs/fast --only confusion --only raster --out figures --kind pdf
""",
    "report": """
examples:
  ngcsnn report runs/fast                     runs/fast/report.html: one file, opens in any browser
  ngcsnn report runs/fast --out fast.html --no-data
""",
    "sweep": """
examples:
  ngcsnn sweep model.yaml batch_size=16,32,64 --out sweeps/batch --seeds 3
  ngcsnn sweep model.yaml adam.eta=0.001:0.1:log:5 epochs=20 --out sweeps/eta
  ngcsnn sweep model.yaml adam.eta=0.001:0.1:log hidden.tau_m=5:40 --random 20 --out sweeps/both
  ngcsnn sweep model.yaml hidden.n_units,in_hid.shape.1,hid_out.shape.0=50,100 --out sweeps/size

A key with several values is swept over: `a,b,c` is a list, `low:high:n` n values in equal steps, `low:high:log:n` in
equal ratios; `k,l=1,2` gives two keys one value. With --random, `low:high` and `low:high:log` are
drawn from. Whole ends give whole numbers, for others write 5.0:40.0.
Every run is a run folder below --out. The same command again goes on where it stopped, and adds what is new: finished
runs are not run again. The table (also table.csv and table.md) tells mean and standard deviation over the seeds.
Exit codes: 0 all runs ended, 2 a mistake in what was given, 130 stopped by Ctrl-C.
""",
    "check": """
examples:
  ngcsnn check model.yaml
  ngcsnn check model.yaml hidden.tau_m=10
""",
    "draw": """
examples:
  ngcsnn draw model.yaml -o network.svg
  ngcsnn draw model.yaml --mermaid                     text for a README page
""",
    "info": """
examples:
  ngcsnn info
  ngcsnn info LIFCell
  ngcsnn info eventprop
""",
    "data": """
examples:
  ngcsnn data list                                     every data set, and whether its files are here
  ngcsnn data fetch shd                                into the cache, checked; goes on where it stopped
  ngcsnn data info shd                                 options, files, checksums, source
  ngcsnn data info fsdd --load folder=recordings       load it, and tell what is in it

NGCSNN_DATA names another cache than ~/.cache/ngcsnn, NGCSNN_MIRROR another server than the official ones.
""",
}


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments as a namespace; `overrides` may stand anywhere after the model."""
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    stray = [r for r in rest if r.startswith("-") or not hasattr(arguments, "overrides")]
    if stray:
        parser.error(f"unrecognized arguments: {' '.join(stray)} (see ngcsnn {arguments.command} --help)")
    if rest:
        arguments.overrides = [*arguments.overrides, *rest]
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ngcsnn",
        allow_abbrev=False,
        description="Spiking and predictive networks on JAX: train and look at models written in YAML.",
        epilog=_EXAMPLES[""],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, text: str, model: str | None = "model.yaml") -> argparse.ArgumentParser:
        epilog = (_OVERRIDES if model else "") + _EXAMPLES[name]
        added = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
        )  # fmt: skip
        if model:
            optional: dict[str, Any] = {"nargs": "?"} if name == "train" else {}  # --resume has it from the run
            added.add_argument("model", metavar=model, help="what to read", **optional)
            added.add_argument(
                "overrides", nargs="*", default=[], metavar="key=value", help="values in place of its own"
            )
        added.add_argument(
            "--allow-module", action="append", default=[], metavar="PACKAGE",
            help="let component types `package.module:Class` be imported from PACKAGE (may be given again)",
        )  # fmt: skip
        added.add_argument("--debug", action="store_true", help="show the traceback of every error")
        return added

    train = command("train", "train a model, evaluate it on the test data, and keep the run in a new folder")
    train.add_argument("--out", metavar="DIR", help="the folder, which must not exist (default: runs/<name>-<time>)")
    train.add_argument("--resume", metavar="RUN", help="go on with a run that was cut short, in its own folder")
    train.add_argument("--quiet", action="store_true", help="print the result only")
    evaluate = command("eval", "evaluate a trained model on the test data", "RUN|model.yaml")
    weights = "a run folder, a checkpoint in it, a folder of Context.save, or a file .npz or .safetensors"
    best = "the best checkpoint of the run (train.checkpoints.best), not what it ended with"
    evaluate.add_argument("--weights", metavar="DIR|FILE", help=weights)
    evaluate.add_argument("--best", action="store_true", help=best)
    simulate = command("simulate", "run a model on some samples, and record what it does", "RUN|model.yaml")
    simulate.add_argument("--record", metavar="NAMES", help="compartments, such as hidden.s,output.v (default: spikes)")
    simulate.add_argument("--samples", default="0:5", metavar="A:B", help="which samples (default: 0:5; one: 7)")
    simulate.add_argument("--split", default="test", help="train, validation or test (default)")
    simulate.add_argument("--out", metavar="FILE", help="a new file .h5 or .npz, or a picture .png, .svg or .pdf")
    simulate.add_argument("--weights", metavar="DIR|FILE", help=weights)
    simulate.add_argument("--best", action="store_true", help=best)
    plot = command("plot", "draw all pictures that a run folder has", "RUN")
    plot.add_argument("--out", metavar="DIR", help="where to (default: RUN/pictures); pictures there are replaced")
    plot.add_argument("--kind", choices=["png", "svg", "pdf"], default="png", help="of the files (default: png)")
    plot.add_argument("--only", action="append", metavar="NAME", help="this picture only (may be given again)")
    plot.add_argument("--list", action="store_true", help="print the names of the pictures, and draw none")
    plot.add_argument("--no-data", action="store_true", help="leave out what needs the data set")
    report = command("report", "write a run as one HTML file", "RUN")
    report.add_argument("--out", metavar="FILE", help="the file (default: RUN/report.html), which is replaced")
    report.add_argument("--no-data", action="store_true", help="leave out what needs the data set")
    sweep = command("sweep", "train a model with many settings and seeds, and compare them")
    sweep.add_argument("--out", metavar="DIR", required=True, help="the folder of the sweep; goes on where it stopped")
    sweep.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="seeds 0 to N - 1 for each setting (default: 1)"
    )
    sweep.add_argument("--random", type=int, metavar="N", help="draw N settings instead of trying all")
    sweep.add_argument("--draw-seed", type=int, default=0, metavar="S", help="seed of --random (default: 0)")
    sweep.add_argument("--quiet", action="store_true", help="print the table only")
    command("check", "build a model and check all it says, without training")
    draw = command("draw", "draw the network of a model")
    draw.add_argument("-o", "--output", metavar="FILE", help="a .png, .svg or .pdf file (default: <name>.png, if new)")
    draw.add_argument("--mermaid", action="store_true", help="Mermaid text instead, printed or written to FILE")
    info = command("info", "tell versions, devices, and all that models can be made of", model=None)
    info.add_argument("name", nargs="?", help="a component, loss, optimiser, ...: print its full help")
    data = command("data", "list data sets, fetch their files, tell what is in them", model=None)
    data.add_argument("action", choices=["list", "fetch", "info"], help="what to do")
    data.add_argument("names", nargs="*", metavar="NAME", help="data sets; after `info NAME --load` options key=value")
    data.add_argument("--load", action="store_true", help="with info: load it (fetches what lacks)")
    data.set_defaults(overrides=[])  # names may stand after --load as well
    return parser


class _Version(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str):
        super().__init__(option_strings, dest, nargs=0, help="print the version")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from ngcsnn import __version__

        print(f"ngcsnn {__version__}")
        parser.exit()
