"""``lossbook grade``: a folder in, a gradebook out; resume, bad input, nothing active in what comes out."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import psutil
import pytest

from lossbook.checks.verdict import Verdict
from lossbook.grading import feedback
from lossbook.grading import grade as grading
from lossbook.grading.gradebook import FLAGGED, GRADED, Grade, Gradebook, GradebookError
from lossbook.grading.reference import key
from lossbook.grading.submissions import discover
from lossbook.grading.worker import Options, fingerprint
from tests import exercise_course
from tests.exercise_course import ANSWERS, answered
from tests.grading.conftest import LIMITS

TORCH, KERAS = "q90-1-answer-torch", "q90-1-answer-keras"
HALVES = (
    Verdict("90.1", "torch", "passed", 60, 60),
    Verdict("90.1", "keras", "wrong", 0, 40, "no", "1.5", "<script>alert(1)</script>"),
)
SLOW = f"{ANSWERS[TORCH]}\nimport time; time.sleep(0.5)"
OPTIONS = Options(timeout=12, limits=LIMITS, preload=())


@pytest.fixture(scope="module")
def exercise(tmp_path_factory):
    return exercise_course.make(tmp_path_factory.mktemp("course"))


def hand_in(exercise, folder, student, answers=ANSWERS, name="90_tiny"):
    path = folder / student / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(answered(exercise, answers)), encoding="utf-8")
    return path


def grade(exercise, folder, out, **options):
    return grading.grade(
        folder, out, exercises=exercise.parent.parent, options=OPTIONS, say=lambda text: None, **options
    )


def rows(out):
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_a_class(exercise, tmp_path):
    """Right, wrong, untouched, hostile, broken, unknown, doubled, odd names: each by itself."""
    folder, out = tmp_path / "in", tmp_path / "out"
    hand_in(exercise, folder, "=cmd()|'C calc'!A0")
    hand_in(exercise, folder, "Zoë 李 'x'", ANSWERS | {TORCH: "def square(x):\n    return x + x"})
    hand_in(exercise, folder, "untouched", {})
    hand_in(exercise, folder, "bomb", ANSWERS | {TORCH: "import os\nos._exit(1)"})
    hand_in(exercise, folder, "twice")
    hand_in(exercise, folder, "twice", name="90_tiny (1)")
    hand_in(exercise, folder, "stranger", name="77_other")
    (folder / "broken").mkdir()
    (folder / "broken" / "90_tiny.ipynb").write_text('{"cells": [')
    (folder / "linked").mkdir()
    (folder / "linked" / "90_tiny.ipynb").symlink_to(folder / "twice" / "90_tiny.ipynb")
    os.mkfifo(folder / "linked" / "90_tiny-copy.ipynb")
    summary = grade(exercise, folder, out, jobs=2)
    found = rows(out)
    points = {name: row["points"] for name, row in found.items()}
    assert points == {
        "'=cmd()|'C calc'!A0": "100.0", "Zoë 李 'x'": "40.0", "untouched": "0.0", "bomb": "40.0", "twice": "",
        "stranger": "", "broken": "", "linked": "",
    }  # fmt: skip
    assert "2 submissions of one student" in found["twice"]["remarks"]
    assert "no exercise is called '77_other'; there are 90_tiny" in found["stranger"]["remarks"]
    assert "broken at line 1" in found["broken"]["remarks"]
    assert summary.graded == 4
    assert found["bomb"]["sandbox"].startswith("bubblewrap")
    assert "You doubled x." in (out / "feedback" / feedback.page_name("Zoë 李 'x'")).read_text(encoding="utf-8")

    hand_in(exercise, folder, "untouched")
    again = grade(exercise, folder, out, jobs=1)
    assert (again.graded, again.kept) == (1, 4), "only what changed, and what could not be read is looked at again"
    assert rows(out)["untouched"]["points"] == "100.0"
    assert rows(out)["bomb"]["graded"] == found["bomb"]["graded"]


def test_the_evening_is_not_broken(exercise, tmp_path):
    """A fork bomb, a flood and a memory hog among honest ones: these keep their grades."""
    folder, out = tmp_path / "in", tmp_path / "out"
    bombs = {
        "a bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "a flood": "while True: print('x' * 10**6)",
        "a hog": "x = []\nwhile True: x.append(bytearray(10**7))",
    }
    for name, code in bombs.items():
        hand_in(exercise, folder, name, ANSWERS | {TORCH: code})
    for number in range(8):
        hand_in(exercise, folder, f"honest {number}")
    grade(exercise, folder, out, jobs=2)
    points = {name: row["points"] for name, row in rows(out).items()}
    assert points == {**dict.fromkeys(bombs, "40.0"), **{f"honest {n}": "100.0" for n in range(8)}}


def test_killed_and_resumed_each_is_graded_once(exercise, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    for number in range(6):
        hand_in(exercise, folder, f"s{number}", ANSWERS | {TORCH: SLOW})
    # a script, so that workers can import it
    code = (
        "import sys; from pathlib import Path; from tests.grading.test_grade import OPTIONS\n"
        "from lossbook.grading import grade\n"
        "if __name__ == '__main__':\n    folder, out, course = map(Path, sys.argv[1:])\n"
        "    grade.grade(folder, out, exercises=course, options=OPTIONS, jobs=1)"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(script), str(folder), str(out), str(exercise.parent.parent)]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and graded(out) < 2:
        time.sleep(0.1)
    family = psutil.Process(running.pid).children(recursive=True)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    before = graded(out)
    assert 2 <= before < 6
    _, alive = psutil.wait_procs(family, timeout=5)
    assert [p for p in alive if p.status() != psutil.STATUS_ZOMBIE] == []
    summary = grade(exercise, folder, out, jobs=2)
    assert (summary.graded, summary.kept) == (6 - before, before)
    base = sqlite3.connect(out / "gradebook.sqlite")
    assert base.execute("SELECT count(*), sum(runs), min(points) FROM submissions").fetchone() == (6, 6, 100)


def graded(out):
    try:
        base = sqlite3.connect(f"file:{out / 'gradebook.sqlite'}?mode=ro", uri=True)
        return base.execute("SELECT count(*) FROM submissions").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_without_a_sandbox_it_refuses_and_with_the_option_says_so(exercise, tmp_path, monkeypatch):
    folder = tmp_path / "in"
    hand_in(exercise, folder, "ann")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"install bubblewrap.*--no-sandbox"):
        grade(exercise, folder, tmp_path / "out", jobs=1)
    monkeypatch.undo()
    options = Options(timeout=30, sandbox=False, preload=())
    grading.grade(
        folder, tmp_path / "out", exercises=exercise.parent.parent, options=options, jobs=1, say=lambda t: None
    )
    assert rows(tmp_path / "out")["ann"]["points"] == "100.0"
    assert rows(tmp_path / "out")["ann"]["sandbox"] == "none"


def test_an_empty_folder_and_none(exercise, tmp_path):
    with pytest.raises(ValueError, match="no notebooks in"):
        discover(tmp_path, ["90_tiny"])
    with pytest.raises(ValueError, match="is none"):
        discover(tmp_path / "nowhere", ["90_tiny"])


def book(tmp_path, **options):
    return Gradebook.open(tmp_path / "gradebook.sqlite", **options)


def test_the_seed_is_kept_and_another_refused(tmp_path):
    with book(tmp_path) as first:
        seed = first.seed
    with book(tmp_path) as again:
        assert again.seed == seed
    with pytest.raises(GradebookError, match="another seed"):
        book(tmp_path, seed=7)
    assert len(seed) == 32


def test_keys_differ_by_seed_exercise_and_question():
    keys = {key(seed, name, question) for seed in (b"1", b"2") for name in ("a", "b") for question in ("2.1", "2.2")}
    assert len(keys) == 8


def test_an_old_gradebook_and_what_is_none(tmp_path):
    with book(tmp_path) as fresh:
        fresh.tell("format", "0")
    with pytest.raises(GradebookError, match="format 0, this version writes 1"):
        book(tmp_path)
    (tmp_path / "gradebook.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(GradebookError, match="can't be used as a gradebook"):
        book(tmp_path)


def test_two_writers(tmp_path):
    with book(tmp_path), pytest.raises(GradebookError, match="another 'lossbook grade'"):
        book(tmp_path)


def test_no_write_access(tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    with pytest.raises(GradebookError, match=r"cannot write to .*Choose another --out"):
        Gradebook.open(place / "gradebook.sqlite")


def a_grade(student="ann", **changed):
    facts = {"exercise": "90_tiny", "path": "p", "hash": "h", "reference": "r", "status": GRADED, "verdicts": HALVES}
    return Grade(student, **(facts | changed))


def fill(book):
    for number in range(200):
        book.record(a_grade(f"student {number}", message="x" * 4000))


def test_a_full_disk_keeps_what_is_there(tmp_path):
    with book(tmp_path) as full:
        full.record(a_grade())
        pages = full.base.execute("PRAGMA page_count").fetchone()[0]
        full.base.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(GradebookError, match=r"is full\. What was graded so far is kept"):
            fill(full)
    with book(tmp_path) as again:
        assert again.is_current("ann", "90_tiny", "h", "r")


def test_manual_points_survive_a_new_grade(tmp_path):
    with book(tmp_path) as kept:
        kept.record(a_grade())
        kept.award("ann", "90_tiny", "90.1", "keras", 15, "right idea", "well tried")
        kept.record(a_grade(hash="changed"))
        (row,) = kept.submissions()
        assert row["points"] == 75
        assert row["runs"] == 2
        assert "right idea. well tried" in feedback.page("ann", [row])
        for wrong in [("bob", 1, "why"), ("ann", 41, "why"), ("ann", 1, " ")]:
            student, points, reason = wrong
            with pytest.raises(GradebookError):
                kept.award(student, "90_tiny", "90.1", "keras", points, reason)


def test_the_machines_faults_are_no_zero_and_are_tried_again(tmp_path):
    with book(tmp_path) as kept:
        kept.record(a_grade(status=FLAGGED, verdicts=()))
        assert kept.submissions()[0]["points"] is None
        assert not kept.is_current("ann", "90_tiny", "h", "r")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\x1b]0;title\x07=1", "|calc"])
def test_no_formula_and_no_control_character_in_a_spreadsheet(text):
    shown = feedback.cell(text)
    assert shown.startswith("'") or not shown.lstrip().startswith(tuple("=+-@|\t\r"))
    assert shown.isprintable()


def test_nothing_active_in_a_page(tmp_path):
    with book(tmp_path) as kept:
        kept.record(a_grade("<img src=x onerror=alert(1)>", notes=("\u202e<b>",)))
        page = feedback.page("<img src=x onerror=alert(1)>", kept.submissions())
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "\u202e" not in page
    assert "default-src 'none'" in page


def test_answers_alike_but_for_names_have_one_fingerprint():
    class Spliced:
        def __init__(self, source):
            self.answers = {"a": source}

    one, same, other = map(
        Spliced, ["def f(x):\n    return x*2  # mine", "def f(value):\n  return value * 2", "def f(x): return 2*x"]
    )
    assert fingerprint(one) == fingerprint(same) != fingerprint(other)
    assert fingerprint(Spliced("(" * 100_000)) == ""


def test_no_expected_output_lies_in_a_file_that_a_kernel_could_find(exercise, tmp_path, monkeypatch):
    """Without a sandbox a kernel works beside the notebook that nbval runs: there is nothing to learn from it."""
    import nbformat

    from lossbook.checks.record import load
    from lossbook.grading.run import _runnable

    text = nbformat.writes(_runnable(nbformat.read(exercise, as_version=4)))
    half = load(exercise).questions[0].halves[0]
    assert half.check in text
    assert half.expected not in text
    assert half.mistakes[0].output not in text
