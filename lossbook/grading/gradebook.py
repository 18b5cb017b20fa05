"""The gradebook: one SQLite file, written by one process, whole after every submission."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from lossbook.checks.verdict import Verdict

FORMAT = "1"
GRADED, UNREADABLE, FLAGGED = "graded", "not readable", "infrastructure"
_TABLES = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS submissions (
    student TEXT, exercise TEXT, path TEXT, hash TEXT, reference TEXT, status TEXT, message TEXT, points REAL,
    of REAL, seconds REAL, memory INTEGER, force TEXT, versions TEXT, notes TEXT, phases TEXT, fingerprint TEXT,
    at TEXT, runs INTEGER, PRIMARY KEY (student, exercise));
CREATE TABLE IF NOT EXISTS verdicts (
    student TEXT, exercise TEXT, place INTEGER, question TEXT, framework TEXT, outcome TEXT, points REAL, of REAL,
    message TEXT, expected TEXT, got TEXT, mistake TEXT, PRIMARY KEY (student, exercise, question, framework));
CREATE TABLE IF NOT EXISTS manual (
    student TEXT, exercise TEXT, question TEXT, framework TEXT, points REAL, comment TEXT, reason TEXT, at TEXT,
    PRIMARY KEY (student, exercise, question, framework));
"""


class GradebookError(ValueError):
    """The gradebook can't be used, or not further; what is in it stays."""


@dataclass(frozen=True)
class Grade:
    """One submission's result, as a worker hands it over."""

    student: str
    exercise: str
    path: str
    hash: str
    reference: str
    status: str
    message: str = ""
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    memory: int = 0
    force: dict = field(default_factory=dict)
    versions: dict = field(default_factory=dict)
    phases: dict = field(default_factory=dict)
    fingerprint: str = ""

    @property
    def points(self) -> float | None:
        """What was earned; None where nothing could be graded, which is not a zero."""
        return sum(v.points for v in self.verdicts) if self.status == GRADED else None


class Gradebook:
    """Open it with ``Gradebook.open``, close it when done; every method leaves the file whole."""

    def __init__(self, path: Path, base: sqlite3.Connection, lock: FileLock):
        self.path, self.base, self.lock = path, base, lock

    @classmethod
    def open(cls, path: Path, *, seed: int | None = None) -> Gradebook:
        """Open or make a gradebook; its own run seed is kept, a different one is refused."""
        lock = FileLock(f"{path}.lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout as error:
            raise GradebookError(f"another 'lossbook grade' is writing {path}: wait for it, or end it.") from error
        except OSError as error:
            raise GradebookError(f"cannot write to {path.parent}: {error.strerror}. Choose another --out.") from error
        try:
            base = sqlite3.connect(path)
            base.row_factory = sqlite3.Row
            book = cls(path, base, lock)
            with book._safe():
                book._begin(seed)
            return book
        except BaseException:
            lock.release()
            raise

    def _begin(self, seed: int | None) -> None:
        tables = {row["name"] for row in self.base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found = self.about("format") if "about" in tables else None
        if tables and found != FORMAT:
            raise GradebookError(
                f"{self.path} is a gradebook of format {found or 'unknown'}, this version writes {FORMAT}: "
                "keep it, and choose another --out."
            )
        self.base.executescript(_TABLES)
        given = None if seed is None else seed.to_bytes(32, "big", signed=True).hex()
        kept = self.about("seed")
        if kept and given and kept != given:
            raise GradebookError(
                f"{self.path} was graded with another seed. Leave --seed out to go on with its own, "
                "or choose another --out."
            )
        with self.base:
            self._tell("format", FORMAT)
            self._tell("seed", kept or given or secrets.token_hex(32))

    @property
    def seed(self) -> bytes:
        """The run seed, which never leaves the grader."""
        return bytes.fromhex(self.about("seed"))

    def about(self, name: str) -> str | None:
        """A fact about the whole gradebook."""
        row = self.base.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        return row["value"] if row else None

    def _tell(self, name: str, value: str) -> None:
        self.base.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))

    def tell(self, name: str, value: str) -> None:
        """Keep a fact about the whole gradebook."""
        with self._safe(), self.base:
            self._tell(name, value)

    @contextmanager
    def _safe(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if "full" in str(error) or "disk I/O" in str(error):
                raise GradebookError(
                    f"the disk of {self.path} is full. What was graded so far is kept: make room, and give the same "
                    "command again."
                ) from error
            raise GradebookError(f"{self.path} can't be used as a gradebook: {error}. Choose another --out.") from error

    def is_current(self, student: str, exercise: str, hash: str, reference: str) -> bool:
        """Whether this very submission was graded against this very reference."""
        row = self.base.execute(
            "SELECT status FROM submissions WHERE student = ? AND exercise = ? AND hash = ? AND reference = ?",
            (student, exercise, hash, reference),
        ).fetchone()
        return row is not None and row["status"] != FLAGGED

    def has(self, student: str, exercise: str) -> bool:
        """Whether there is a row of this student's for this exercise."""
        found = "SELECT 1 FROM submissions WHERE student = ? AND exercise = ?"
        return self.base.execute(found, (student, exercise)).fetchone() is not None

    def record(self, grade: Grade) -> None:
        """Put in one submission's result, in place of an older one; manual points stay."""
        key = (grade.student, grade.exercise)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        facts = [json.dumps(x) for x in (grade.force, grade.versions, grade.notes, grade.phases)]
        with self._safe(), self.base:
            old = self.base.execute("SELECT runs FROM submissions WHERE student = ? AND exercise = ?", key).fetchone()
            self.base.execute(
                f"INSERT OR REPLACE INTO submissions VALUES ({', '.join('?' * 18)})",
                (*key, grade.path, grade.hash, grade.reference, grade.status, grade.message, grade.points,
                 sum(v.of for v in grade.verdicts), grade.seconds, grade.memory, *facts, grade.fingerprint, now,
                 (old["runs"] if old else 0) + 1),
            )  # fmt: skip
            self.base.execute("DELETE FROM verdicts WHERE student = ? AND exercise = ?", key)
            self.base.executemany(
                "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(*key, place, *_row(verdict)) for place, verdict in enumerate(grade.verdicts)],
            )

    def award(self, student: str, exercise: str, question: str, framework: str, points: float, reason: str,
              comment: str = "") -> None:  # fmt: skip
        """Points by hand for one half, with a reason; they count in place of the check's and survive a re-grade."""
        if not reason.strip():
            raise GradebookError("points by hand need a reason: --reason.")
        row = self.base.execute(
            "SELECT of FROM verdicts WHERE student = ? AND exercise = ? AND question = ? AND framework = ?",
            (student, exercise, question, framework),
        ).fetchone()
        if row is None:
            raise GradebookError(f"{self.path} has no {question} {framework} of {student!r} in {exercise!r}.")
        if not 0 <= points <= row["of"]:
            raise GradebookError(f"{question} {framework} is worth 0 to {row['of']:g} points; got {points:g}.")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._safe(), self.base:
            self.base.execute(
                "INSERT OR REPLACE INTO manual VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (student, exercise, question, framework, points, comment, reason, now),
            )

    def submissions(self) -> list[dict]:
        """Every submission with its verdicts; where points were given by hand they count, and say so."""
        rows = [dict(row) for row in self.base.execute("SELECT * FROM submissions ORDER BY student, exercise")]
        for row in rows:
            key = (row["student"], row["exercise"])
            halves = "WHERE student = ? AND exercise = ?"
            verdicts = self.base.execute(f"SELECT * FROM verdicts {halves} ORDER BY place", key)
            row["verdicts"] = [dict(verdict) for verdict in verdicts]
            manual = {(m["question"], m["framework"]): dict(m) for m in
                      self.base.execute(f"SELECT * FROM manual {halves}", key)}  # fmt: skip
            for verdict in row["verdicts"]:
                verdict["manual"] = manual.get((verdict["question"], verdict["framework"]))
                verdict["counts"] = verdict["manual"]["points"] if verdict["manual"] else verdict["points"]
            if row["points"] is not None:
                row["points"] = sum(v["counts"] for v in row["verdicts"])
            for name in ("force", "versions", "notes", "phases"):
                row[name] = json.loads(row[name])
        return rows

    def close(self) -> None:
        """Close it for the next writer."""
        self.base.close()
        self.lock.release()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def _row(verdict: Verdict) -> tuple:
    names = ("question", "framework", "outcome", "points", "of", "message", "expected", "got", "mistake")
    data = asdict(verdict)
    return tuple(_storable(data[name]) for name in names)


def _storable(value):
    return value.encode("utf-8", "replace").decode()[:4000] if isinstance(value, str) else value
