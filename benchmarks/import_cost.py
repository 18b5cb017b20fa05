"""What ``import lossbook`` costs, as a share of ``import torch``: fresh interpreters, in turn, in one run."""

import statistics
import subprocess
import sys
import time

ROUNDS = 9
STATEMENTS = {"nothing": "pass", "lossbook": "import lossbook", "torch": "import torch"}


def seconds(statement: str) -> float:
    """Wall time of a fresh interpreter that runs one statement."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - begin


def main() -> None:
    """Print the medians and the ratio; the interpreter's own start is taken off both."""
    for statement in STATEMENTS.values():
        seconds(statement)  # warm the disk's cache
    times = {name: [] for name in STATEMENTS}
    for _ in range(ROUNDS):
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    median = {name: statistics.median(found) for name, found in times.items()}
    own, torch = median["lossbook"] - median["nothing"], median["torch"] - median["nothing"]
    print(
        f"import lossbook {own * 1000:.0f} ms, import torch {torch * 1000:.0f} ms, ratio {own / torch:.3f} (aim 0.15)"
    )


if __name__ == "__main__":
    main()
