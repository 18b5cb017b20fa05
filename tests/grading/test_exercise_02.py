"""Exercise 02 as it is, on kernels that have both frameworks loaded: right, wrong and hostile."""

import json
import time
from pathlib import Path

import pytest

from lossbook.grading.reference import prepare, starter
from lossbook.grading.warm import Warm
from lossbook.grading.worker import Job, Options, Worker

ROOT = Path(__file__).parents[2]
NAME = "02_regression"
TORCH = "q2-1-answer-torch"


@pytest.fixture(scope="module")
def worker():
    with Warm(number=11) as parent:
        worker = Worker.__new__(Worker)
        worker.options, worker.parent, worker.force = Options(timeout=40), parent, {"sandbox": "bubblewrap"}
        source = ROOT / "solutions" / "src" / f"{NAME}.md"
        worker.references = {NAME: prepare(source, b"a seed of this test", starter(parent, cell_timeout=30))}
        yield worker


@pytest.fixture
def grade(worker, tmp_path):
    def run(**changed):
        solution = json.loads((ROOT / "solutions" / f"{NAME}.ipynb").read_text(encoding="utf-8"))
        for cell in solution["cells"]:
            cell["source"] = changed.get(cell["id"].replace("-", "_"), cell["source"])
        path = tmp_path / f"{NAME}.ipynb"
        path.write_text(json.dumps(solution), encoding="utf-8")
        return worker.grade(Job("ann", NAME, path, "hash"))

    return run


def test_the_parent_kept_to_one_thread(worker):
    assert worker.parent.warm_up["threads"] == 1


def test_the_solution_earns_everything(grade):
    result = grade()
    assert result.points == 100, [v for v in result.verdicts if v.outcome != "passed"]


def test_the_bank_of_mistakes_is_known_on_graded_inputs_too(grade):
    wrong = (
        "def huber_torch(y_true, y_pred, delta):\n    error = (y_pred - y_true).abs()\n"
        "    return torch.where(error <= delta, error**2, delta * (error - delta / 2)).mean()"
    )
    result = grade(q2_1_answer_torch=wrong)
    assert result.points == 90
    assert result.verdicts[0].mistake == "no-half"


def test_numbers_learned_from_the_public_check_are_worth_nothing(grade):
    public = json.loads((ROOT / "exercises" / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    shown = next(c for c in public["cells"] if c["id"] == "q2-1-check-torch")["outputs"][0]["data"]["text/plain"]
    text = "".join(shown)
    forged = f"import lossbook.checks.numbers as n\nold = show\ndef show(*a, **k):\n    return n.Shown(({text!r},))\n"
    result = grade(q2_1_answer_torch=forged + "def huber_torch(*a, **k):\n    return y_pred_.sum()")
    assert result.points == 0


def test_a_broken_framework_costs_only_those_who_broke_it(grade):
    assert grade(q2_1_answer_torch="torch.tensor = None\ndel torch.nn").points < 60
    assert grade(q2_1_answer_torch="import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)").points == 90
    assert grade().points == 100


def test_a_warm_kernels_first_cell_is_eight_times_faster(worker):
    """Both frameworks imported and asked for an op; the cold start is this parent's own warming up."""
    kernel = starter(worker.parent, cell_timeout=30)()
    try:
        kernel.cell = "first"
        begin = time.perf_counter()
        code = "import torch, keras\nfloat(torch.ones(3).sum()), float(keras.ops.sum(keras.ops.ones(3)))"
        kernel.await_reply(kernel.execute_cell_input(code))
        seconds = time.perf_counter() - begin
    finally:
        kernel.stop()
    assert kernel.replies["first"] == "ok"
    assert seconds < worker.parent.warm_up["seconds"] / 8
