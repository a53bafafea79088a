"""The entry point: arguments in, exit code out."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from ngcsnn.cli.parser import parse
from ngcsnn.cli.user_errors import is_users, message

_COMMANDS = {
    "train": "ngcsnn.cli.train",
    "eval": "ngcsnn.cli.evaluate",
    "check": "ngcsnn.cli.check",
    "draw": "ngcsnn.cli.draw",
    "plot": "ngcsnn.cli.plot",
    "report": "ngcsnn.cli.report",
    "simulate": "ngcsnn.cli.simulate",
    "sweep": "ngcsnn.cli.sweep",
    "info": "ngcsnn.cli.info",
    "data": "ngcsnn.cli.data",
}
ERROR, INTERRUPTED = 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run `ngcsnn <argv>`.

    Returns: 0; 2 for a mistake in what the user gave (one line on standard error says which); 130 after Ctrl-C.
    What is nobody's mistake but ours is raised, with its traceback; `--debug` raises everything.
    """
    arguments = parse(argv)
    try:
        code = importlib.import_module(_COMMANDS[arguments.command]).run(arguments)
        sys.stdout.flush()  # here, where a closed pipe can still be told
        return code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough, as in `ngcsnn info | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if arguments.debug or not is_users(error):
            raise
        print(f"error: {message(error)}", file=sys.stderr)
        return ERROR
