"""What is known of an exercise: its questions, in two halves, with hints and recognised mistakes.

The record is made by ``lossbook build`` and lies in the metadata of ``exercises/NN_name.ipynb``.
"""

from __future__ import annotations

import ast
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import lossbook

FRAMEWORKS = {"torch": "PyTorch", "keras": "Keras"}
FORMAT = 1


@dataclass(frozen=True)
class Mistake:
    """A plausible wrong answer, known by the output that the check shows for it."""

    name: str
    message: str
    output: str


@dataclass(frozen=True)
class Half:
    """One framework's half of a question: the cells' ids, where the answer starts, the check and what it must show."""

    framework: str
    points: float
    answer: str
    start: str
    check: str
    code: str
    expected: str
    mistakes: tuple[Mistake, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that an answer defines, as its starting cell does."""
        return defined(self.start)


@dataclass(frozen=True)
class Question:
    """A question as a learner sees it: "2.1", a title, two hints, a half for each framework."""

    id: str
    title: str
    hints: tuple[str, ...]
    halves: tuple[Half, ...]


@dataclass(frozen=True)
class Exercise:
    """All questions of one exercise notebook."""

    name: str
    version: str
    questions: tuple[Question, ...]

    @property
    def points(self) -> float:
        """What a fully right notebook earns."""
        return sum(half.points for question in self.questions for half in question.halves)

    def question(self, id: str) -> Question:
        """The question called "2.1"; ValueError that names those there are."""
        for question in self.questions:
            if question.id == id:
                return question
        known = ", ".join(question.id for question in self.questions)
        raise ValueError(f"{self.name} has no question {id!r}; it has {known}.")

    def to_json(self) -> dict:
        """As it lies in a notebook's metadata."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, data: dict) -> Exercise:
        """The inverse of ``to_json``; ValueError for a record of another format."""
        if data.get("format") != FORMAT:
            raise ValueError(
                f"expected an exercise record of format {FORMAT}, got {data.get('format')!r}: "
                "the exercise was made by another version of lossbook; install that one, or lay the exercise anew."
            )
        return cls(data["name"], data["version"], tuple(_question(q) for q in data["questions"]))


def _question(data: dict) -> Question:
    halves = tuple(Half(**{**h, "mistakes": tuple(Mistake(**m) for m in h["mistakes"])}) for h in data["halves"])
    return Question(data["id"], data["title"], tuple(data["hints"]), halves)


def defined(source: str) -> tuple[str, ...]:
    """The functions, classes and variables that a piece of code defines at its top level; () where it doesn't parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # null bytes, brackets a thousand deep
        return ()
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [t.id for t in node.targets if isinstance(t, ast.Name)]
    return tuple(names)


def folder(start: Path | None = None) -> Path:
    """The course's folder of exercises: here, above, or where this package lies. ValueError where there is none."""
    here = (start or Path.cwd()).resolve()
    for place in (here, *here.parents, Path(lossbook.__file__).resolve().parent.parent):
        if any((place / "exercises").glob("*.ipynb")):
            return place / "exercises"
    raise ValueError(f"no folder 'exercises' with notebooks in {here} or above: run it in the course.")


def find(question: str, start: Path | None = None) -> Exercise:
    """The exercise that a question like "2.1" belongs to."""
    place = folder(start)
    number = question.split(".")[0].zfill(2)
    paths = sorted(place.glob(f"{number}_*.ipynb"))
    if not paths:
        known = ", ".join(path.stem for path in sorted(place.glob("*.ipynb")))
        raise ValueError(f"no exercise {number} for question {question!r}; there are {known}.")
    return load(paths[0])


def load(path: Path) -> Exercise:
    """The record of an exercise notebook of the course."""
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    if "exercise" not in metadata.get("lossbook", {}):
        raise ValueError(f"{path.name} carries no exercise record; expected a notebook made by 'lossbook build'.")
    return Exercise.from_json(metadata["lossbook"]["exercise"])
