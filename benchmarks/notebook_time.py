"""How long each stored notebook takes under nbval, and how large it is: as shares of 60 s and 1 MB."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS, BYTES = 60, 1_000_000


def main() -> None:
    """Run them one after the other and print a line each; stop at the first that fails."""
    total = 0.0
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--nbval", str(path)],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds, size = time.perf_counter() - begin, path.stat().st_size
        total += seconds
        print(f"{path.stem:24}{seconds:5.0f} s, {seconds / SECONDS:.2f} of {SECONDS} s;", end=" ")
        print(f"{size / 1e6:.2f} MB, {size / BYTES:.2f} of 1 MB", flush=True)
    print(f"in all {total:.0f} s")


if __name__ == "__main__":
    main()
