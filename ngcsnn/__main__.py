"""`python -m ngcsnn` is the command `ngcsnn`."""

import sys

from ngcsnn.cli import main

if __name__ == "__main__":
    sys.exit(main())
