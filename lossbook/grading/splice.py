"""A learner's answer cells, laid by id into the reference notebook. Nothing else of the learner's file is used."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

from lossbook.checks.record import Exercise, Half, defined
from lossbook.checks.verdict import same_code

LARGEST = 50_000_000  # bytes; a notebook with its outputs is far below


class SubmissionError(ValueError):
    """A file that can't be read as an answered exercise; it stays as it is."""


@dataclass(frozen=True)
class Cell:
    """What is used of a cell: the ids it may be known by, its type, its text."""

    ids: tuple[str, ...]
    kind: str
    source: str


@dataclass(frozen=True)
class Submission:
    """A learner's notebook: its cells in order, and the exercise it says it is."""

    path: Path
    exercise: str
    version: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Spliced:
    """The notebook to run, each answer's text by id ("" where there is none), and what was unusual."""

    notebook: nbformat.NotebookNode
    answers: Mapping[str, str]
    notes: tuple[str, ...]


def read(path: Path) -> Submission:
    """Read a learner's notebook; SubmissionError that says what is wrong with it."""
    try:
        if path.stat().st_size > LARGEST:
            size = f"{path.stat().st_size / 1e6:.0f} MB; expected at most {LARGEST / 1e6:.0f} MB"
            raise SubmissionError(f"{path} has {size}. Clear its outputs and save it.")
        data = json.loads(path.read_text(encoding="utf-8"))
    except SubmissionError:
        raise
    except OSError as error:
        raise SubmissionError(f"{path}: {error.strerror or error}.") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise SubmissionError(f"{path} is not a notebook: it is not text.") from error
    except json.JSONDecodeError as error:
        raise SubmissionError(f"{path} is not a whole notebook: broken at line {error.lineno} ({error.msg}). "
                              "Save it again where you wrote it, or take the last good copy.") from error  # fmt: skip
    except (ValueError, MemoryError) as error:  # a number of a million digits, a million lists
        raise SubmissionError(f"{path} is not a notebook that anything writes: {error}.") from error
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        raise SubmissionError(f"{path} is not a notebook of format 4: it has no list of cells. "
                              "Open it in JupyterLab and save it.")  # fmt: skip
    metadata = _dict(_dict(data.get("metadata")).get("lossbook"))
    cells = tuple(_cell(cell) for cell in data["cells"] if isinstance(cell, dict))
    name = _dict(metadata.get("exercise")).get("name")
    return Submission(path, str(name or path.stem), str(metadata.get("version", "")), cells)


def _dict(x: object) -> dict:
    return x if isinstance(x, dict) else {}


def _cell(cell: dict) -> Cell:
    metadata = _dict(cell.get("metadata"))
    # Colab keeps ids in the metadata; nbgrader's name survives editors that drop ids.
    ids = (cell.get("id"), metadata.get("id"), _dict(metadata.get("nbgrader")).get("grade_id"))
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    text = text.encode("utf-8", "replace").decode()  # JSON may hold halves of characters, which no file can
    return Cell(tuple(i for i in ids if isinstance(i, str)), str(cell.get("cell_type")), text)


def splice(reference: nbformat.NotebookNode, exercise: Exercise, submission: Submission) -> Spliced:
    """Lay the answers into a copy of the exercise's notebook, without its graded cells."""
    halves = {half.answer: half for question in exercise.questions for half in question.halves}
    known = {cell.id for cell in reference.cells}
    if not any(set(cell.ids) & set(halves) for cell in submission.cells):
        raise SubmissionError(
            f"{submission.path}: no cell carries the id of an answer of {exercise.name}, so no answer can be found. "
            "Copy your answers into a fresh copy of the exercise (lossbook lab lays one)."
        )
    notes = [] if submission.version == exercise.version else [
        f"laid by version {submission.version or 'unknown'} of the course, checked by {exercise.version}"
    ]  # fmt: skip
    found = _Answers(submission.cells, known, notes)
    answers = {id: found.of(half) for id, half in halves.items()}
    found.report_order([id for id in halves if id in found.places])
    notebook = copy.deepcopy(reference)
    notebook.cells = [cell for cell in notebook.cells if "-grade-" not in cell.id]
    for cell in notebook.cells:
        if cell.id in answers:
            cell.source = answers[cell.id]
    return Spliced(notebook, answers, tuple(notes))


class _Answers:
    """Finds answers among a learner's cells and notes what is unusual about them."""

    def __init__(self, cells: tuple[Cell, ...], known: set[str], notes: list[str]):
        self.cells = cells
        self.names = [next((i for i in cell.ids if i in known), None) for cell in cells]
        self.places: dict[str, int] = {}
        self.notes = notes

    def of(self, half: Half) -> str:
        """The text of one answer; "" where it is missing or empty."""
        places = [n for n, name in enumerate(self.names) if name == half.answer]
        if not places:
            self.notes.append(f"{half.answer}: the cell is not there")
            return ""
        if len(places) > 1:
            self.notes.append(f"{half.answer}: the cell is there {len(places)} times; the last one counts")
        place = self.places[half.answer] = places[-1]
        if self.cells[place].kind != "code":
            self.notes.append(f"{half.answer}: the cell is no longer code; its text was taken as code")
        source = self.cells[place].source
        if not source.strip():
            self.notes.append(f"{half.answer}: the cell is empty")
        if set(half.names) <= set(defined(source)):
            return source
        return self._joined(half, place, source)

    def _joined(self, half: Half, place: int, source: str) -> str:
        """A split answer put together again, where its neighbours complete it."""
        begin, end = place, place + 1
        while begin > 0 and self._is_new(begin - 1):
            begin -= 1
        while end < len(self.cells) and self._is_new(end):
            end += 1
        parts = [cell.source for cell in self.cells[begin:end]]
        for whole in ("\n".join(parts[place - begin :]), "\n".join(parts[: place - begin + 1]), "\n".join(parts)):
            if len(parts) > 1 and set(half.names) <= set(defined(whole)):
                self.notes.append(f"{half.answer}: the cell was split; its parts were put together")
                return whole
        return source

    def _is_new(self, place: int) -> bool:
        return self.names[place] is None and self.cells[place].kind == "code"

    def report_order(self, wanted: list[str]) -> None:
        """Note it where answers stand in another order than in the exercise; it changes nothing."""
        if [self.places[id] for id in wanted] != sorted(self.places[id] for id in wanted):
            self.notes.append("answers stand in another order than in the exercise; they were laid in by id")


def attempted(half: Half, answer: str) -> bool:
    """Whether there is an answer, and it is not the starting cell."""
    return bool(answer.strip()) and not same_code(answer, half.start)
