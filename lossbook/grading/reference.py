"""An exercise as the grader knows it: its solution's source, checks on graded inputs, what they must show there."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

import lossbook
from lossbook.authoring.exercises import Plan, bank, exercise, plan, record, shown_by
from lossbook.authoring.source import Source, read
from lossbook.checks.record import Exercise
from lossbook.checks.seeds import key_of
from lossbook.grading.channel import BoundedKernel
from lossbook.grading.run import InfrastructureError, execute
from lossbook.grading.splice import Spliced

_CHECK = re.compile(r"q(\d+)-(\d+)-check-\w+")


@dataclass(frozen=True)
class Reference:
    """What answers are laid into, and what its checks show of right and of wrong answers, on graded inputs."""

    notebook: nbformat.NotebookNode
    exercise: Exercise
    solution: Spliced
    hash: str


def sources(folder: Path | None) -> dict[str, Path]:
    """The sources of the exercises by name: of this course, or of an instructor's own folder."""
    place = folder.resolve() if folder else _course()
    place = place / "solutions" / "src" if (place / "solutions" / "src").is_dir() else place
    found = {path.stem: path for path in sorted(place.glob("*.md"))}
    if not found:
        raise ValueError(f"expected solutions/src/*.md, or *.md, in {place}; found none. Name the folder: --exercises.")
    return found


def _course() -> Path:
    """The course around the working folder, or around this package."""
    here = Path.cwd()
    for place in (here, *here.parents, Path(lossbook.__file__).resolve().parent.parent):
        if (place / "solutions" / "src").is_dir():
            return place
    raise ValueError(f"no solutions/src in {here} or above: run it in the course, or name the folder: --exercises.")


def key(seed: bytes, name: str, question: str) -> str:
    """The key of one question's inputs: it tells nothing of the seed, nor of any other question's key."""
    return key_of(key_of(seed, name), question).hex()


def _keyed(parts: Plan, seed: bytes) -> Plan:
    """The plan with the key laid in at each check."""
    notebook = copy.deepcopy(parts.solution.notebook)
    for cell in notebook.cells:
        if match := _CHECK.fullmatch(cell.id):
            question = f"{match[1]}.{match[2]}"
            laid = f'("{question}", "{key(seed, parts.solution.path.stem, question)}")'
            cell.source = f"import lossbook.checks.seeds\nlossbook.checks.seeds.lay{laid}\n{cell.source}"
    return replace(parts, solution=Source(parts.solution.path, notebook, parts.solution.lines))


def prepare(path: Path, seed: bytes, start: Callable[[], BoundedKernel]) -> Reference:
    """Run the solution and its bank of other answers on the graded inputs; InfrastructureError where it fails."""
    parts = _keyed(plan(read(path)), seed)
    cells, keys = bank(parts)
    for number, cell in enumerate(cells):
        cell.id = f"bank-{number}"
    collector = execute(nbformat.v4.new_notebook(cells=cells), start)
    if collector.stopped:
        raise InfrastructureError(f"the solution of {path.stem} could not be run: {collector.stopped}")
    shown = {}
    for cell, known in zip(cells, keys, strict=True):
        cell.outputs = collector.outputs.get(cell.id, [])
        if known:
            shown[known] = shown_by(cell)
            if "/" not in known and collector.replies.get(cell.id) != "ok":
                raise InfrastructureError(f"{path.stem}: the solution fails its check {known}: {shown[known][:500]}")
    made = record(parts, shown)
    return Reference(exercise(parts, made), made, _solution(parts), hash_of(path))


def _solution(parts: Plan) -> Spliced:
    """The published answers as a submission: the control that must pass whenever a student's run is stopped."""
    answers = {cell.id: cell.source for cell in parts.solution.notebook.cells if cell.id in parts.starts}
    return Spliced(parts.solution.notebook, answers, ())


def hash_of(path: Path) -> str:
    """What a grade depends on besides the submission and the seed: source, course, versions."""
    return hashlib.sha256(json.dumps([path.read_text(encoding="utf-8"), versions()]).encode()).hexdigest()


def versions() -> dict[str, str]:
    """The versions that stand in every grade."""
    from importlib.metadata import version

    names = ("torch", "tensorflow", "keras", "numpy", "nbval", "ipykernel")
    return {"lossbook": lossbook.__version__} | {name: version(name) for name in names}


def starter(parent, *, cell_timeout: float, deadline: float | None = None, output: int = 10_000_000):
    """A way to start bounded kernels below one parent."""
    return lambda: BoundedKernel(parent, cell_timeout=cell_timeout, deadline=deadline or time.monotonic() + 600,
                                 output=output)  # fmt: skip
