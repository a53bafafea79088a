"""The arguments of every command. Imports nothing heavy: `--help` answers at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

_OVERRIDES = """
overrides: `key=value` replaces a value of the model file. The key is a dotted path (train.epochs=5,
components.in_hid.shape.1=100), or its end where that is unique (epochs=5, hidden.n_units=100). The value is YAML.
"""
_EXAMPLES = {
    "": """
examples:
  ngcsnn train museum/yin_yang/model.yaml
  ngcsnn train model.yaml epochs=5 hidden.n_units=100 --out runs/small
  ngcsnn eval runs/small
  ngcsnn check model.yaml
  ngcsnn draw model.yaml -o network.svg
  ngcsnn info LIFCell
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
  ngcsnn eval runs/fast data.yin_yang.test=10000       with other data
  ngcsnn eval model.yaml --weights runs/fast           the weights of one run in another model
""",
    "check": """
examples:
  ngcsnn check model.yaml
  ngcsnn check model.yaml hidden.n_units=100
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
            optional = {"nargs": "?"} if name == "train" else {}  # --resume has it from the run
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
    evaluate.add_argument("--weights", metavar="DIR", help="a run folder, or one written by Context.save")
    command("check", "build a model and check all it says, without training")
    draw = command("draw", "draw the network of a model")
    draw.add_argument("-o", "--output", metavar="FILE", help="a .png, .svg or .pdf file (default: <name>.png, if new)")
    draw.add_argument("--mermaid", action="store_true", help="Mermaid text instead, printed or written to FILE")
    info = command("info", "tell versions, devices, and all that models can be made of", model=None)
    info.add_argument("name", nargs="?", help="a component, loss, optimiser, ...: print its full help")
    return parser


class _Version(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str):
        super().__init__(option_strings, dest, nargs=0, help="print the version")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from ngcsnn import __version__

        print(f"ngcsnn {__version__}")
        parser.exit()
