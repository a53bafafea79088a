"""The command line: `ngcsnn train | eval | simulate | plot | report | sweep | check | draw | info`."""

from ngcsnn.cli.entry import main as main
