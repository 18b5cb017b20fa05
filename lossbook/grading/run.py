"""Run a spliced notebook with nbval, in this process, and judge every check by what it showed."""

from __future__ import annotations

import copy
import io
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

from lossbook.checks.record import Exercise, Half
from lossbook.checks.verdict import ERROR, NOT_ATTEMPTED, Verdict, judge
from lossbook.grading.channel import BoundedKernel, Stopped
from lossbook.grading.splice import Spliced, attempted

TIMEOUT = 60  # seconds a cell
OUTPUT = 10_000_000  # bytes that a kernel may send
_LONGEST = 20_000  # characters of an output that are looked at
_OUTCOME = {"flood": ERROR}  # the other ways to be stopped are outcomes by their own names

Start = Callable[[], BoundedKernel]


class InfrastructureError(ValueError):
    """Not the student's fault: the kernel failed before the first cell that is the student's."""


@dataclass
class Collector:
    """A pytest plugin: starts the kernel, keeps each cell's outputs, its reply and its time, by cell id."""

    start: Start
    outputs: dict[str, list] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=dict)
    kernel: BoundedKernel | None = None
    failure: Exception | None = None

    def pytest_itemcollected(self, item):
        """nbval's own kernel gives way to one that is not trusted."""
        item.parent.setup = lambda: self._setup(item.parent)

    def _setup(self, notebook) -> None:
        begin = time.perf_counter()
        try:
            notebook.kernel = self.kernel = self.start()
        except Exception as error:
            self.failure = error
            raise
        finally:
            self.seconds["kernel"] = time.perf_counter() - begin

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        """Time a cell, and know which one is running when the kernel is stopped."""
        begin = time.perf_counter()
        self.kernel.cell = item.cell.id
        try:
            return (yield)
        finally:
            self.seconds[item.cell.id] = time.perf_counter() - begin
            self.outputs[item.cell.id] = item.test_outputs or []

    @property
    def stopped(self) -> Stopped | None:
        """Why the kernel was ended, where it was."""
        return self.kernel.stopped if self.kernel else None


def execute(notebook: nbformat.NotebookNode, start: Start) -> Collector:
    """Run every code cell of a notebook with nbval on the kernel that ``start`` gives."""
    collector = Collector(start)
    with tempfile.TemporaryDirectory(prefix="lossbook-") as folder:
        path = Path(folder) / "exercise.ipynb"
        nbformat.write(_runnable(notebook), path)
        words = io.StringIO()
        try:
            with redirect_stdout(words), redirect_stderr(words), chdir(folder):
                status = pytest.main(_options(path), plugins=[collector])
        finally:
            if collector.kernel:
                collector.kernel.stop()
    if collector.failure or not collector.kernel:
        reason = collector.failure or f"nbval ran no cell (pytest's status {status}): {words.getvalue()[-500:]}"
        raise InfrastructureError(f"no kernel: {reason}")
    collector.replies = collector.kernel.replies
    return collector


def _options(path: Path) -> list[str]:
    unused = ("cacheprovider", "logging", "unraisableexception", "threadexception")  # the last two collect garbage
    without = [word for name in unused for word in ("-p", f"no:{name}")]
    return ["--nbval", "-p", "lossbook.nbval_rules", *without, "--tb=no", "-q", "-c", os.devnull,
            f"--rootdir={path.parent}", str(path)]  # fmt: skip


def _runnable(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """What nbval is to run: code alone, so that no expected output lies in a file; answers may print what they like."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata.pop("lossbook", None)  # the record holds them as well
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]
            cell.outputs = []
    return notebook


def run(spliced: Spliced, exercise: Exercise, *, timeout: float = TIMEOUT) -> tuple[list[Verdict], Collector]:
    """The verdict on every half of every question, in the exercise's order, from a kernel started for it."""
    deadline = time.monotonic() + 10 * timeout
    return examine(spliced, exercise, lambda: BoundedKernel(None, cell_timeout=timeout, deadline=deadline,
                                                            output=OUTPUT), deadline)  # fmt: skip


def examine(spliced: Spliced, exercise: Exercise, start: Start, deadline: float) -> tuple[list[Verdict], Collector]:
    """As ``run``, on the kernels that ``start`` gives.

    Where an answer ends its kernel, the others are run again without it, as long as there is time.
    """
    pairs = [(question.id, half) for question in exercise.questions for half in question.halves]
    stops: dict[str, Stopped] = {}
    while True:
        collector = execute(_without(spliced, [half for _, half in pairs if half.answer in stops]), start)
        _check_beginning(spliced.notebook, collector, pairs)
        if not collector.stopped:
            break
        culprit = _owner(collector.kernel.stopped_at, spliced.notebook, pairs)
        stops[culprit.answer] = collector.stopped
        if time.monotonic() > deadline or len(stops) == len(pairs):
            break
    return [_verdict(question, half, spliced, collector, stops) for question, half in pairs], collector


def _check_beginning(notebook, collector: Collector, pairs) -> None:
    """What runs before the first answer is the grader's own: where it fails, the student has no part in it."""
    answers = {half.answer for _, half in pairs}
    for cell in notebook.cells:
        if cell.id in answers:
            return
        if cell.cell_type == "code" and collector.replies.get(cell.id) != "ok":
            reason = collector.stopped or _error(collector.outputs.get(cell.id, []))
            raise InfrastructureError(f"the cell {cell.id} failed before the first answer: {reason}")


def _owner(cell_id: str, notebook, pairs) -> Half:
    """The half that a cell belongs to; of cells in between, the answer before them."""
    owner = pairs[0][1]
    for cell in notebook.cells:
        owner = next((half for _, half in pairs if cell.id in (half.answer, half.check)), owner)
        if cell.id == cell_id:
            break
    return owner


def _without(spliced: Spliced, halves: list[Half]) -> nbformat.NotebookNode:
    notebook = copy.deepcopy(spliced.notebook)
    for cell in notebook.cells:
        for half in halves:
            if cell.id in (half.answer, half.check):
                cell.source = half.start if cell.id == half.answer else ""
    return notebook


def _verdict(question: str, half: Half, spliced: Spliced, collector: Collector, stops: dict) -> Verdict:
    """A verdict needs the output that was expected *and* a reply that says ok; no error proves nothing."""
    if not attempted(half, spliced.answers[half.answer]):
        message = "The starting cell is unchanged (is the notebook saved?)."
        return Verdict(question, half.framework, NOT_ATTEMPTED, 0, half.points, message)
    if half.answer in stops:
        stop = stops[half.answer]
        outcome = _OUTCOME.get(stop.kind, stop.kind)
        return Verdict(question, half.framework, outcome, 0, half.points, str(stop), half.expected)
    outputs = collector.outputs.get(half.check) or []
    results = [output["data"].get("text/plain") for output in outputs if output["output_type"] == "execute_result"]
    if results and isinstance(results[-1], str) and collector.replies.get(half.check) == "ok":
        return judge(question, half, results[-1][: max(_LONGEST, 2 * len(half.expected))])
    broken = _error(collector.outputs.get(half.answer) or []) or _error(outputs)
    if broken:
        verdict = judge(question, half, broken, failed=True)
        return _as_memory(verdict) if broken.startswith("MemoryError") else verdict
    if collector.stopped and half.check not in collector.replies:
        message = "Not run: the time was used up by another answer."
        return Verdict(question, half.framework, collector.stopped.kind, 0, half.points, message, half.expected)
    message = "The check showed nothing: your code kept it from showing its result."
    return Verdict(question, half.framework, ERROR, 0, half.points, message, half.expected)


def _as_memory(verdict: Verdict) -> Verdict:
    message = "It took more memory than is allowed."
    return Verdict(verdict.question, verdict.framework, "memory", 0, verdict.of, message, verdict.expected, verdict.got)


def _error(outputs: list) -> str:
    for output in outputs:
        if output["output_type"] == "error":
            return f"{output['ename']}: {output['evalue']}"[:_LONGEST]
    return ""
