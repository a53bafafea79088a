import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS / "components"), str(TESTS / "reference" / "oracles"), str(Path(__file__).parent)]
