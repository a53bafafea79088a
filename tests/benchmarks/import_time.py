"""Time of `import ngcsnn` beyond `import jax`: the median over fresh processes. Usage: python import_time.py [runs]"""

import statistics
import subprocess
import sys

CODE = """
from time import perf_counter as now
import jax
start = now()
import ngcsnn
print(now() - start)
"""


def measure() -> float:
    return float(subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True).stdout)


def main(runs: int = 5) -> None:
    measure()  # writes the bytecode
    times = [measure() for _ in range(runs)]
    print(f"import ngcsnn beyond jax: median {statistics.median(times):.3f} s of {runs} runs, worst {max(times):.3f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
