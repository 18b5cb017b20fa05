"""Submissions a minute: ``lossbook grade`` (sandbox on), plain ``pytest --nbval`` and nbgrader's autograde.

The same solved notebooks of exercise 02, on the same machine, in one run. How many: the first argument for
lossbook, the second for the slower two (``python benchmarks/grading.py 60 4``). nbgrader lives in an environment of
its own that sees this one's packages; NBGRADER names its command, without it that line is left out.
"""

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = "02_regression"
SOLUTION, EXERCISE = (ROOT / folder / f"{NAME}.ipynb" for folder in ("solutions", "exercises"))
ENVIRONMENT = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def solved(number: int) -> str:
    """The exercise with the solution's answers; a comment makes every submission another."""
    answers = {c["id"]: c["source"] for c in json.loads(SOLUTION.read_text(encoding="utf-8"))["cells"]}
    notebook = json.loads(EXERCISE.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if "-answer-" in cell["id"]:
            cell["source"] = "".join(answers[cell["id"]]) + f"\n# {number}"
    return json.dumps(notebook)


def hand_in(folder: Path, count: int) -> None:
    """``count`` students, each with a right submission."""
    for number in range(count):
        path = folder / f"s{number:03}" / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(solved(number), encoding="utf-8")


def timed(command: list[str], **options) -> float:
    """Seconds that a command takes; it must succeed."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL, **options)
    return time.perf_counter() - begin


def lossbook_grade(place: Path, count: int) -> float:
    """Submissions a minute with warming up; prints the phases."""
    hand_in(place / "in", count)
    command = [sys.executable, "-m", "lossbook.cli", "grade", str(place / "in"), "--out", str(place / "out")]
    seconds = timed(command, cwd=ROOT)
    rows = sqlite3.connect(place / "out" / "gradebook.sqlite").execute("SELECT points, phases, memory FROM submissions")
    points, phases, memory = zip(*rows, strict=True)
    assert set(points) == {100.0}, "every submission is right"
    phases = [json.loads(each) for each in phases]
    for name in phases[0]:
        print(f"  {name}: median {statistics.median(p[name] for p in phases):.2f} s")
    print(f"  memory of a kernel's own: at most {max(memory)} MB")
    print(f"lossbook grade: {count} in {seconds:.1f} s with warming up, {60 * count / seconds:.1f} a minute")
    steady = 60 * (os.cpu_count() or 1) / statistics.mean(p["in all"] for p in phases)
    print(f"  once warm: {steady:.1f} a minute on {os.cpu_count()} processors")
    return 60 * count / seconds


def plain_nbval(place: Path, count: int) -> float:
    """Submissions a minute of pytest --nbval, a process a notebook: outputs are those of the solution."""
    begin = time.perf_counter()
    for number in range(count):
        path = place / f"plain{number}.ipynb"
        shutil.copy(SOLUTION, path)
        timed([sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "lossbook.nbval_rules", str(path)], cwd=place)
    rate = 60 * count / (time.perf_counter() - begin)
    print(f"pytest --nbval: {rate:.1f} a minute")
    return rate


def nbgrader(place: Path, count: int, command: str) -> float:
    """Submissions a minute of nbgrader autograde, in a course made for it."""
    (place / "source" / NAME).mkdir(parents=True)
    shutil.copy(EXERCISE, place / "source" / NAME / EXERCISE.name)
    (place / "exercises").mkdir()  # check("2.1") looks for the exercise's record here
    shutil.copy(EXERCISE, place / "exercises" / EXERCISE.name)
    (place / "nbgrader_config.py").write_text("c = get_config()\nc.ExecutePreprocessor.timeout = 300\n")
    environment = ENVIRONMENT | {
        "PATH": f"{Path(command).parent}{os.pathsep}{os.environ['PATH']}"
    }  # alembic, beside it
    subprocess.run([command, "generate_assignment", NAME], check=True, cwd=place, env=environment, capture_output=True)
    for number in range(count):
        path = place / "submitted" / f"s{number:03}" / NAME / EXERCISE.name
        path.parent.mkdir(parents=True)
        path.write_text(solved(number), encoding="utf-8")
    begin = time.perf_counter()
    subprocess.run([command, "autograde", NAME], check=True, cwd=place, env=environment, capture_output=True)
    rate = 60 * count / (time.perf_counter() - begin)
    scores = sqlite3.connect(place / "gradebook.db").execute(
        "SELECT auto_score FROM grade WHERE auto_score IS NOT NULL"
    )
    total = sum(score for (score,) in scores)
    print(f"nbgrader autograde: {rate:.1f} a minute ({total / count:g} points each)")
    return rate


def main(count: int = 12, few: int = 2) -> None:
    """Print the rates and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        ours = lossbook_grade(Path(folder) / "ours", count)
        print(f"against plain nbval: {ours / plain_nbval(Path(folder), few):.1f} times")
        if command := os.environ.get("NBGRADER"):
            place = Path(folder) / "nbgrader"
            place.mkdir()
            print(f"against nbgrader: {ours / nbgrader(place, few, command):.1f} times")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
