"""The corpus: every case gets its verdicts, honest neighbours keep theirs, nothing is left behind."""

import json
import time

import psutil
import pytest

from lossbook.grading.reference import prepare, starter
from lossbook.grading.worker import Job, Options, Worker
from tests import exercise_course
from tests.exercise_course import ANSWERS, answered
from tests.grading.conftest import LIMITS
from tests.grading.corpus import CASES

TORCH, KERAS = "q90-1-answer-torch", "q90-1-answer-keras"


class Bench:
    """A worker without a process of its own, and a folder to hand in to."""

    def __init__(self, parent, folder):
        self.exercise = exercise_course.make(folder / "course")
        self.folder = folder
        self.worker = Worker.__new__(Worker)
        self.worker.options = Options(timeout=16, limits=LIMITS, preload=())
        self.worker.parent, self.worker.force = parent, {"sandbox": "bubblewrap"}
        source = folder / "course" / "solutions" / "src" / "90_tiny.md"
        self.worker.references = {"90_tiny": prepare(source, b"a seed of this test", starter(parent, cell_timeout=20))}

    def grade(self, answers):
        path = self.folder / "90_tiny.ipynb"
        path.write_text(json.dumps(answered(self.exercise, answers)), encoding="utf-8")
        return self.worker.grade(Job("ann", "90_tiny", path, "hash"))

    def kernels(self):
        """Processes below the warm parent's sandbox that belong to a kernel."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            family = psutil.Process(self.worker.parent.process.pid).children(recursive=True)
            if len(family) <= self.resting:
                return []
            time.sleep(0.05)
        return family

    def rest(self):
        self.resting = len(psutil.Process(self.worker.parent.process.pid).children(recursive=True))


@pytest.fixture(scope="module")
def bench(parent, tmp_path_factory):
    bench = Bench(parent, tmp_path_factory.mktemp("corpus"))
    bench.rest()
    return bench


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_gets_its_verdicts_and_leaves_nothing(bench, case):
    grade = bench.grade(ANSWERS | {TORCH: case.code})
    assert grade.status == "graded", grade.message
    first, other = grade.verdicts
    assert first.outcome in case.outcome, (first.outcome, first.message, first.got)
    assert other.outcome in case.other.split("/"), (other.outcome, other.message, other.got)
    assert grade.points == 60 * (first.outcome == "passed") + 40 * (other.outcome == "passed")
    assert bench.kernels() == []
    assert bench.worker.parent.alive


def test_an_honest_neighbour_keeps_its_grade(bench):
    for _ in range(3):
        assert bench.grade(ANSWERS).points == 100


def test_there_are_many_cases():
    assert len({case.name for case in CASES}) == len(CASES) >= 60
