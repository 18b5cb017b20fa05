"""``lossbook grade``: a class's folder in, a gradebook out. This process alone writes; workers run the submissions."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait
from pathlib import Path

from lossbook.grading.feedback import plain, write_csv, write_pages
from lossbook.grading.gradebook import FLAGGED, GRADED, UNREADABLE, Grade, Gradebook
from lossbook.grading.reference import hash_of, sources, versions
from lossbook.grading.run import InfrastructureError
from lossbook.grading.submissions import Found, discover
from lossbook.grading.worker import Job, Options, serve

WARM_UP = 240  # seconds
RENEWED = 150  # a worker is replaced after as many submissions, so that its memory stays flat


@dataclass
class Summary:
    """What a run did."""

    graded: int = 0
    kept: int = 0
    problems: list[Found] = field(default_factory=list)
    flagged: list[Grade] = field(default_factory=list)
    seconds: float = 0.0


class _Worker:
    """A worker process as the grader sees it."""

    def __init__(self, number: int, options: Options):
        context = multiprocessing.get_context("spawn")
        self.number, self.job, self.done = number, None, 0
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, number, options), daemon=True)
        self.process.start()
        other.close()
        self.begun = time.monotonic()
        self.ready = False
        self.force: dict = {}

    def hear(self):
        """Its next message; None where it has died."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        """End it at once: its sandbox dies with it."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def grade(folder: Path, out: Path, *, exercises: Path | None = None, seed: int | None = None, jobs: int | None = None,
          options: Options | None = None, say=lambda text: print(text, file=sys.stderr)) -> Summary:  # fmt: skip
    """Grade every submission that is not graded yet, and write grades.csv and the students' pages."""
    begin = time.monotonic()
    known = sources(exercises)
    found = discover(folder, known)
    out = out.resolve()
    with Gradebook.open(out / "gradebook.sqlite", seed=seed) as book:
        hashes = {name: hash_of(known[name]) for name in {f.exercise for f in found if not f.problem}}
        summary = Summary(problems=[f for f in found if f.problem])
        for one in summary.problems:
            if not book.has(one.student, one.exercise):
                book.record(Grade(one.student, one.exercise, _path(one), "", "", UNREADABLE, one.problem))
        todo = [f for f in found if not f.problem]
        fresh = [f for f in todo if not book.is_current(f.student, f.exercise, f.hash, hashes[f.exercise])]
        summary.kept = len(todo) - len(fresh)
        if fresh:
            with _scratch(book) as scratch:
                options = replace(options or Options(), scratch=scratch)
                _Run(fresh, known, book, options, jobs or os.cpu_count() or 1, summary, say).run()
        _write(book, out)
    summary.seconds = time.monotonic() - begin
    return summary


def _path(found: Found) -> str:
    return os.fsencode(found.path).decode("utf-8", "replace")


@contextlib.contextmanager
def _scratch(book: Gradebook):
    """A folder for all that must be gone afterwards; what a killed run left is removed first."""
    left = book.about("scratch")
    if left and Path(left).name.startswith("lb-"):
        shutil.rmtree(left, ignore_errors=True)
    base = tempfile.gettempdir()
    path = tempfile.mkdtemp(prefix="lb-", dir=base if len(base) < 40 else "/tmp")
    os.chmod(path, 0o711)
    book.tell("scratch", path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class _Run:
    """One run: hands out jobs, takes in grades, replaces workers that die."""

    def __init__(self, found, known, book, options, jobs, summary, say):
        self.known, self.book, self.options, self.summary, self.say = known, book, options, summary, say
        self.queue = deque(Job(f.student, f.exercise, f.path, f.hash) for f in found)
        self.all = len(self.queue)
        self.names = sorted({job.exercise for job in self.queue})
        self.tries = defaultdict(int)
        self.jobs = min(jobs, self.all)
        self.workers: list[_Worker] = []
        self.references: dict[str, object] = {}
        self.begun = self.told = time.monotonic()

    def run(self) -> None:
        """Grade all there is; the workers are gone afterwards, whatever happens."""
        self.say(f"{self.all} to grade; warming up {self.jobs} worker{'s' * (self.jobs > 1)} …")
        try:
            self.workers = [_Worker(number, self.options) for number in range(self.jobs)]
            self._prepare(self.workers[0])
            self.begun = time.monotonic()
            while self.queue or any(worker.job for worker in self.workers):
                self._step()
        finally:
            for worker in self.workers:
                worker.end()

    def _prepare(self, worker: _Worker) -> None:
        """The references, from the first worker."""
        self._welcome(worker, self._answer(worker))
        for name in self.names:
            worker.pipe.send(("prepare", (self.known[name], self.book.seed)))
            kind, content = self._answer(worker)
            if kind != "reference":
                raise InfrastructureError(f"{name}: {content}")
            self.references[name] = content
            worker.pipe.send(("reference", content))

    def _answer(self, worker: _Worker):
        message = worker.hear() if worker.pipe.poll(WARM_UP) else None
        if message is None:
            raise InfrastructureError("a worker ended, or did not answer, before it was warm")
        return message

    def _welcome(self, worker: _Worker, message) -> None:
        kind, content = message
        if kind == "refused":
            raise ValueError(
                f"{content}. Without a sandbox strangers' code is not run; for code that you trust: --no-sandbox."
            )
        worker.ready, worker.force = True, content
        for reference in self.references.values():
            worker.pipe.send(("reference", reference))

    def _step(self) -> None:
        for worker in self.workers:
            if worker.ready and not worker.job and self.queue:
                worker.job, worker.begun = self.queue.popleft(), time.monotonic()
                worker.pipe.send(("grade", worker.job))
        for pipe in wait([worker.pipe for worker in self.workers], timeout=1):
            worker = next(w for w in self.workers if w.pipe is pipe)
            message = worker.hear()
            if message is None:
                self._replace(worker)
            elif message[0] == "grade":
                self._take(worker, message[1])
            else:
                self._welcome(worker, message)
        for worker in list(self.workers):
            limit = 10 * self.options.timeout + 60 if worker.ready else WARM_UP
            if (worker.job or not worker.ready) and time.monotonic() - worker.begun > limit:
                self._replace(worker)

    def _take(self, worker: _Worker, grade: Grade) -> None:
        self.book.record(grade)
        worker.job, worker.done = None, worker.done + 1
        self.summary.graded += grade.status == GRADED
        if grade.status != GRADED:
            self.summary.flagged.append(grade)
        self._progress()
        if worker.done >= RENEWED and self.queue:
            self._replace(worker)

    def _replace(self, worker: _Worker) -> None:
        """A new worker in its place; what it was at is tried once more, then flagged."""
        job = worker.job
        worker.end()
        if not worker.ready and self.tries["worker"] > 2 * self.jobs:
            raise InfrastructureError("workers keep ending before they are warm")
        self.tries["worker"] += not worker.ready
        if job:
            self.tries[job] += 1
            if self.tries[job] < 2:
                self.queue.append(job)
            else:
                message = "the grader's worker ended twice on this submission"
                grade = Grade(job.student, job.exercise, _path(job), job.hash, hash_of(self.known[job.exercise]),
                              FLAGGED, message, force=worker.force, versions=versions())  # fmt: skip
                self.book.record(grade)
                self.summary.flagged.append(grade)
        self.workers[self.workers.index(worker)] = _Worker(worker.number, self.options)

    def _progress(self) -> None:
        done = self.all - len(self.queue) - sum(worker.job is not None for worker in self.workers)
        now = time.monotonic()
        if now - self.told < 2 and done < self.all:
            return
        self.told = now
        rate = done / (now - self.begun)
        left = (self.all - done) / rate
        time_left = f"{left / 60:.0f} min" if left > 90 else f"{left:.0f} s"
        self.say(f"{done} of {self.all} · {rate * 60:.0f} a minute · {time_left} left")


def _write(book: Gradebook, out: Path) -> None:
    rows = book.submissions()
    _compare(rows)
    try:
        write_csv(rows, out / "grades.csv")
        write_pages(rows, out / "feedback")
    except OSError as error:
        raise ValueError(f"{out}: {error.strerror}. The gradebook is whole; give the same command again.") from error


def _compare(rows: list[dict]) -> None:
    """Remark on students whose answers are all alike but for names and layout; nothing is scored by it."""
    alike = defaultdict(list)
    for row in rows:
        if row["fingerprint"]:
            alike[row["exercise"], row["fingerprint"]].append(row)
    for group in alike.values():
        for row in group if len(group) > 1 else ():
            others = [plain(other["student"]) for other in group if other is not row]
            shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
            row["remarks"] = [f"all answers like those of {shown}"]


def award(out: Path, *half_and_points) -> None:
    """Points by hand, and the pages anew: see ``Gradebook.award``."""
    if not (out / "gradebook.sqlite").is_file():
        raise ValueError(f"no gradebook.sqlite in {out}: name the folder that was --out of 'lossbook grade'.")
    with Gradebook.open(out / "gradebook.sqlite") as book:
        book.award(*half_and_points)
        _write(book, out)


def report(summary: Summary, out: Path) -> str:
    """A run in a few lines."""
    lines = [f"{summary.graded} graded, {summary.kept} kept from before, in {summary.seconds:.0f} s."]
    lines += [f"not graded: {plain(f.student)}, {plain(f.exercise)}: {plain(f.problem)}" for f in summary.problems]
    lines += [f"not graded: {plain(g.student)}, {plain(g.exercise)}: {plain(g.message)}" for g in summary.flagged]
    return "\n".join([*lines, f"{out / 'grades.csv'}, {out / 'feedback'}/, {out / 'gradebook.sqlite'}"])
