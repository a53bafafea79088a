"""The command line: `ngcsnn train | eval | check | draw | info`."""

from ngcsnn.cli.entry import main as main
