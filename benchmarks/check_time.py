"""How long a learner waits: ``check("2.1")`` in a live kernel, and ``lossbook check`` of a file by phase."""

import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import nbformat

from lossbook.checks import live
from lossbook.checks.record import load
from lossbook.grading.run import run
from lossbook.grading.splice import read, splice

ROOT = Path(__file__).parents[1]
SOLUTION, EXERCISE = (ROOT / folder / "02_regression.ipynb" for folder in ("solutions", "exercises"))


def live_check() -> list[float]:
    """Seconds of ``check("2.1")`` once torch and Keras are loaded, the first call left out."""
    names = {"In": []}
    for cell in nbformat.read(SOLUTION, as_version=4).cells:
        if cell.cell_type == "code":
            names["In"].append(cell.source)
            exec(cell.source, names)
    live._namespace = lambda: names
    live._show = lambda report: None
    times = []
    for _ in range(21):
        begin = time.perf_counter()
        live.check("2.1")
        times.append(time.perf_counter() - begin)
    return times[1:]


def file_check() -> dict[str, float]:
    """Seconds by phase of checking a solved exercise 02."""
    marks = [("start", time.perf_counter())]
    exercise = load(EXERCISE)
    solved = read(SOLUTION)
    spliced = splice(nbformat.read(EXERCISE, as_version=4), exercise, solved)
    marks.append(("read and splice", time.perf_counter()))
    verdicts, collector = run(spliced, exercise)
    marks.append(("all", time.perf_counter()))
    assert all(v.outcome == "passed" for v in verdicts)
    cells = list(collector.seconds.items())
    return {
        "read and splice": marks[1][1] - marks[0][1],
        "kernel's start": cells[0][1],
        "imports of both frameworks": cells[1][1],
        "answers and checks": sum(seconds for _, seconds in cells[2:]),
        "the rest (collection, comparison, kernel's end)": marks[2][1] - marks[1][1] - sum(s for _, s in cells),
        "in all": marks[2][1] - marks[0][1],
    }


def main() -> None:
    """Print both."""
    times = live_check()
    middle, worst = statistics.median(times) * 1000, max(times) * 1000
    print(f'check("2.1"), both halves: median {middle:.0f} ms, worst {worst:.0f} ms (aim 200 ms)')
    for phase, seconds in file_check().items():
        print(f"lossbook check, {phase}: {seconds:.2f} s")


if __name__ == "__main__":
    main()
