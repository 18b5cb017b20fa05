"""Run a spliced notebook with nbval, in this process, and judge every check by what it showed."""

from __future__ import annotations

import io
import os
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbval.plugin import IPyNbCell

from lossbook.checks.record import Exercise, Half
from lossbook.checks.verdict import ERROR, NOT_ATTEMPTED, Verdict, judge
from lossbook.grading.splice import Spliced, attempted

TIMEOUT = 60  # seconds a cell


@dataclass
class Collector:
    """A pytest plugin: each cell's own outputs, and how long it took, by cell id."""

    outputs: dict[str, list] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item, nextitem):
        """Time a cell with its setup: the first one starts the kernel."""
        begin = time.perf_counter()
        result = yield
        if isinstance(item, IPyNbCell):
            self.seconds[item.cell.id] = time.perf_counter() - begin
            self.outputs[item.cell.id] = item.test_outputs
        return result


def run(spliced: Spliced, exercise: Exercise, *, timeout: int = TIMEOUT) -> tuple[list[Verdict], Collector]:
    """The verdict on every half of every question, in the exercise's order."""
    collector = Collector()
    with tempfile.TemporaryDirectory(prefix="lossbook-") as folder:
        path = Path(folder) / "exercise.ipynb"
        nbformat.write(_runnable(spliced), path)
        words = io.StringIO()
        with redirect_stdout(words), redirect_stderr(words), _in(folder):
            status = pytest.main(_options(path, timeout), plugins=[collector])
    if not collector.outputs:
        raise RuntimeError(f"nbval ran no cell (pytest's status {status}):\n{words.getvalue()[-2000:]}")
    pairs = [(question.id, half) for question in exercise.questions for half in question.halves]
    return [_verdict(question, half, spliced, collector) for question, half in pairs], collector


def _options(path: Path, timeout: int) -> list[str]:
    return [
        "--nbval", "--nbval-current-env", f"--nbval-cell-timeout={timeout}", "-p", "lossbook.nbval_rules",
        "-p", "no:cacheprovider", "-q", "-c", os.devnull, f"--rootdir={path.parent}", str(path),
    ]  # fmt: skip


class _in:  # noqa: N801 - reads as the word it is
    """Work in another folder for a while."""

    def __init__(self, folder: str):
        self.folder = folder

    def __enter__(self):
        self.before = os.getcwd()
        os.chdir(self.folder)

    def __exit__(self, *exception):
        os.chdir(self.before)


def _runnable(spliced: Spliced) -> nbformat.NotebookNode:
    """Answers may print what they like: nbval compares nothing of them."""
    for cell in spliced.notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]
            cell.execution_count = 1  # nbval runs cells that were run before
    return spliced.notebook


def _verdict(question: str, half: Half, spliced: Spliced, collector: Collector) -> Verdict:
    answer = spliced.answers[half.answer]
    if not attempted(half, answer):
        return Verdict(
            question,
            half.framework,
            NOT_ATTEMPTED,
            0,
            half.points,
            "The starting cell is unchanged (is the notebook saved?).",
        )
    outputs = collector.outputs.get(half.check) or []
    for output in outputs:
        if output["output_type"] == "execute_result":
            return judge(question, half, output["data"]["text/plain"])
    broken = _error(collector.outputs.get(half.answer) or []) or _error(outputs)
    if broken:
        return judge(question, half, broken, failed=True)
    message = "The check showed nothing: it did not end, or the kernel died."
    return Verdict(question, half.framework, ERROR, 0, half.points, message, half.expected)


def _error(outputs: list) -> str:
    for output in outputs:
        if output["output_type"] == "error":
            return f"{output['ename']}: {output['evalue']}"
    return ""
