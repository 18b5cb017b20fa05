"""A class's folder: ``submissions/<student>/<exercise>.ipynb``. Nothing is read here but names and bytes."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Found:
    """A notebook that somebody handed in; with a ``problem`` it can't be graded, and says why."""

    student: str
    exercise: str
    path: Path
    hash: str = ""
    problem: str = ""


def discover(folder: Path, exercises: Iterable[str]) -> list[Found]:
    """Every notebook below the students' folders; ValueError where there is none."""
    if not folder.is_dir():
        raise ValueError(f"expected a folder of submissions, {folder} is none.")
    known = sorted(exercises)
    students = sorted((e for e in os.scandir(folder) if e.is_dir(follow_symlinks=False)), key=lambda e: e.name)
    found = [_look(path, clean(entry.name), known) for entry in students for path in _notebooks(Path(entry.path))]
    if not found:
        raise ValueError(f"no notebooks in {folder}: expected {folder}/<student>/<exercise>.ipynb.")
    return _single(found)


def clean(text: str) -> str:
    """A name as it can be shown and stored: no control characters, no bytes that are not text."""
    text = text.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "?" for c in text)


def _notebooks(folder: Path) -> list[Path]:
    return [Path(place) / name for place, _, names in os.walk(folder) for name in sorted(names)
            if name.endswith(".ipynb") and ".ipynb_checkpoints" not in place]  # fmt: skip


def _look(path: Path, student: str, known: list[str]) -> Found:
    name = next((n for n in known if path.stem == n or path.stem.startswith((f"{n} ", f"{n}-", f"{n}("))), "")
    if not name:
        problem = f"no exercise is called {clean(path.stem)!r}; there are {', '.join(known)}"
        return Found(student, clean(path.stem), path, problem=problem)
    try:
        return Found(student, name, path, _hash(path))
    except OSError as error:
        return Found(student, name, path, problem=str(error.strerror or error))


def _hash(path: Path) -> str:
    """SHA-256 of a regular file; links and devices are not followed."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is not a regular file")
        return hashlib.file_digest(file, "sha256").hexdigest()


def _single(found: list[Found]) -> list[Found]:
    """Of two notebooks of one student for one exercise neither is chosen."""
    groups = defaultdict(list)
    for one in found:
        groups[one.student, one.exercise].append(one)
    result = []
    for (student, exercise), several in groups.items():
        if len(several) == 1:
            result += several
            continue
        names = " and ".join(clean(str(one.path.relative_to(one.path.parents[1]))) for one in several)
        problem = f"{len(several)} submissions of one student: {names}. Keep one and run it again."
        result.append(Found(student, exercise, several[0].path, problem=problem))
    return result
