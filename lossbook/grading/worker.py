"""One of the grader's workers: a process with a warm parent of its own. It grades what it is sent, one by one."""

from __future__ import annotations

import ast
import hashlib
import os
import resource
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lossbook.checks.verdict import PASSED, Verdict
from lossbook.grading.gradebook import FLAGGED, GRADED, UNREADABLE, Grade
from lossbook.grading.places import Limits
from lossbook.grading.reference import Reference, prepare, starter, versions
from lossbook.grading.run import InfrastructureError, examine
from lossbook.grading.selftest import self_test
from lossbook.grading.splice import Spliced, SubmissionError, read, splice
from lossbook.grading.warm import FRAMEWORKS, Warm

ATTEMPTS = 3
STOPS = ("timeout", "memory", "crash")
_OWN_MEMORY = (
    4 << 30
)  # bytes of address space: a notebook that is all brackets ends in an error, not in the whole machine


@dataclass(frozen=True)
class Options:
    """What a worker is started with."""

    timeout: float = 60  # seconds a submission
    limits: Limits = field(default_factory=Limits)
    sandbox: bool = True
    preload: tuple[str, ...] = FRAMEWORKS
    scratch: str = ""  # folder for all that must be gone after the run

    @property
    def cell_timeout(self) -> float:
        """Seconds a cell: one endless loop leaves time for the other questions."""
        return self.timeout / 4


@dataclass(frozen=True)
class Job:
    """A submission to be graded."""

    student: str
    exercise: str
    path: Path
    hash: str


def serve(pipe, number: int, options: Options) -> None:
    """A worker's life: warm up, prove the sandbox, then references and jobs as they come."""
    _depend_on_parent()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["PYTEST_PLUGINS"] = "nbval.plugin"
    tempfile.tempdir = options.scratch or None
    try:
        worker = Worker(number, options)
    except ValueError as error:
        pipe.send(("refused", str(error)))
        return
    pipe.send(("ready", worker.force))
    with worker:
        while (message := pipe.recv()) is not None:
            kind, content = message
            if kind == "prepare":
                pipe.send(worker.prepare(*content))
            elif kind == "reference":
                worker.references[content.exercise.name] = content
            else:
                pipe.send(("grade", worker.grade(content)))


def _depend_on_parent() -> None:
    """End when the grader ends, however it does."""
    if sys.platform.startswith("linux"):
        from lossbook.grading import confine

        confine.die_with_parent()


@contextmanager
def _little_memory():
    """A file of brackets only ends in an error, not in the whole machine."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_OWN_MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


class Worker:
    """Grades submissions on kernels of its own warm parent, or on cold ones where no sandbox is wanted."""

    def __init__(self, number: int, options: Options):
        self.options = options
        self.references: dict[str, Reference] = {}
        self.parent = Warm(number, options.preload, options.limits) if options.sandbox else None
        try:
            self.force = self_test(self.parent) if self.parent else {"sandbox": "none"}
        except ValueError:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.parent:
            self.parent.close()

    def _starter(self, deadline: float | None = None):
        return starter(self.parent, cell_timeout=self.options.cell_timeout, deadline=deadline)

    def prepare(self, path: Path, seed: bytes) -> tuple[str, object]:
        """The reference of one exercise on the graded inputs, or why there is none."""
        try:
            start = starter(self.parent, cell_timeout=max(60, self.options.cell_timeout))
            return "reference", prepare(path, seed, start)
        except (InfrastructureError, ValueError) as error:
            return "failed", str(error)

    def grade(self, job: Job) -> Grade:
        """One submission's grade; whatever is in it, this comes back."""
        begin = time.perf_counter()
        reference = self.references[job.exercise]
        path = os.fsencode(job.path).decode("utf-8", "replace")
        facts = {
            "student": job.student, "exercise": job.exercise, "path": path, "hash": job.hash,
            "reference": reference.hash, "force": self.force, "versions": versions(),
        }  # fmt: skip
        try:
            with _little_memory():
                submission = read(job.path)
            spliced = splice(reference.notebook, reference.exercise, submission)
        except SubmissionError as error:
            return Grade(**facts, status=UNREADABLE, message=str(error).replace(str(job.path), job.path.name))
        reason = ""
        for _ in range(ATTEMPTS):
            try:
                verdicts, phases, memory = self._examined(spliced, reference)
            except InfrastructureError as error:
                reason = str(error)
                if self.parent:
                    self.parent.revive()
                continue
            seconds = phases["in all"] = time.perf_counter() - begin
            notes, print_ = spliced.notes + _remarks(spliced), fingerprint(spliced)
            return Grade(**facts, status=GRADED, verdicts=verdicts, notes=notes, seconds=seconds, phases=phases,
                         memory=memory, fingerprint=print_)  # fmt: skip
        return Grade(**facts, status=FLAGGED, message=f"could not be graded, and not by the student's fault: {reason}")

    def _examined(self, spliced: Spliced, reference: Reference) -> tuple[tuple[Verdict, ...], dict, int]:
        deadline = time.monotonic() + self.options.timeout
        verdicts, collector = examine(spliced, reference.exercise, self._starter(deadline), deadline)
        if any(v.outcome in STOPS for v in verdicts):
            self._control(reference)
        forked = collector.kernel.forked
        cells = sum(seconds for name, seconds in collector.seconds.items() if name != "kernel")
        phases = {"kernel": collector.seconds["kernel"], "cells": cells}
        phases |= {f"kernel {step}": seconds for step, seconds in forked.seconds.items()} if forked else {}
        return tuple(verdicts), phases, forked.peak if forked else 0

    def _control(self, reference: Reference) -> None:
        """A stop is the student's only where the solution, under the same limits, is not stopped as well."""
        deadline = time.monotonic() + self.options.timeout
        verdicts, _ = examine(reference.solution, reference.exercise, self._starter(deadline), deadline)
        failed = [v for v in verdicts if v.outcome != PASSED]
        if failed:
            raise InfrastructureError(f"the solution failed as well: {failed[0].label} {failed[0].outcome}")


def _remarks(spliced: Spliced) -> tuple[str, ...]:
    """What a grader may want to look at; it costs no points."""
    used = [id for id, source in spliced.answers.items() if "lossbook" in source]
    return tuple(f"{id}: mentions lossbook, whose own losses are no answer; please look" for id in used)


def fingerprint(spliced: Spliced) -> str:
    """The same for answers that differ in names, layout and comments only."""
    trees = []
    for source in spliced.answers.values():
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ""
        names: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                node.id = names.setdefault(node.id, f"n{len(names)}")
            elif isinstance(node, ast.arg):
                node.arg = names.setdefault(node.arg, f"n{len(names)}")
        trees.append(ast.dump(tree))
    return hashlib.sha256("\n".join(trees).encode()).hexdigest()
