"""From a solution's source to the solution and the exercise: answers stripped, checks with what they must show.

What an author writes in ``solutions/src/NN_name.md``
------------------------------------------------------
- A heading ``## 2.1 Title``, the task, and for each framework an answer cell and a check cell:
  ``id: q2-1-answer-torch``, ``tags: [answer, torch]``; ``id: q2-1-check-torch``, ``tags: [check, torch]``,
  ``lossbook: {points: 10}``. The check's last line is an expression; what it shows is what an answer must show.
- In an answer, ``### BEGIN SOLUTION`` and ``### END SOLUTION`` enclose what the exercise leaves out.
- Hints, two a question: Markdown cells ``+++ {"tags": ["hint"], "lossbook": {"of": "q2-1"}}``; ``+++`` ends the last.
- Wrong answers: code cells ``tags: [bank]``, ``lossbook: {of: q2-1-answer-torch, name: sum-for-mean, message: ...}``.
  Other right answers: ``tags: [alternative]``, ``lossbook: {of: q2-1-answer-torch, name: with-a-debug-print}``.
Hints, wrong and other right answers are in neither notebook; the exercise's record keeps the hints and what the wrong
answers show, with their messages.
"""

import copy
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

import lossbook
from lossbook.authoring.execute import execute
from lossbook.authoring.source import BuildError, Source, headings
from lossbook.checks.record import Exercise, Half, Mistake, Question, load
from lossbook.nbval_rules import tags

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = ("# Your code here", "raise NotImplementedError")
_HIDDEN = {"bank", "alternative", "hint"}
_ID = re.compile(r"q(\d+)-(\d+)-(answer|check)-(torch|keras)")


@dataclass(frozen=True)
class Extra:
    """A cell that neither notebook shows: a wrong answer, another right one, or a hint."""

    kind: str
    of: str
    name: str
    message: str
    source: str
    line: int


@dataclass(frozen=True)
class Plan:
    """A solution's source, taken apart: the solution itself, the starts of its answers, what is hidden."""

    solution: Source
    starts: dict[str, str]
    extras: tuple[Extra, ...]

    def of(self, kind: str, target: str) -> list[Extra]:
        """The extras of one kind that belong to one cell or question."""
        return [extra for extra in self.extras if (extra.kind, extra.of) == (kind, target)]


def is_exercise(path: Path) -> bool:
    """Whether a source is that of an exercise."""
    return path.parent.parent.name == "solutions"


def plan(source: Source) -> Plan:
    """Take a solution's source apart; BuildError where a marker or an option is missing."""
    cells, lines, extras, starts = [], [], [], {}
    for cell, line in zip(source.notebook.cells, source.lines, strict=True):
        kinds = _HIDDEN & set(tags(cell))
        if kinds:
            extras.append(_extra(source, cell, line, kinds.pop()))
            continue
        if "answer" in tags(cell):
            starts[cell.id] = _between(source, cell.source, line, lambda indent: [indent + s for s in STUB], keep=False)
            cell.source = _between(source, cell.source, line, lambda indent: [], keep=True)
        cells.append(cell)
        lines.append(line)
    notebook = copy.deepcopy(source.notebook)
    notebook.cells = cells
    return Plan(Source(source.path, notebook, tuple(lines)), starts, tuple(extras))


def _extra(source: Source, cell, line: int, kind: str) -> Extra:
    options = cell.metadata.get("lossbook", {})
    wanted = {"hint": ("of",), "alternative": ("of", "name"), "bank": ("of", "name", "message")}[kind]
    missing = [name for name in wanted if not options.get(name)]
    if missing:
        raise BuildError(f"{source.path.name}:{line}: a {kind} cell needs lossbook: {{{', '.join(missing)}: …}}.")
    if kind == "hint" and headings(cell.source):
        raise BuildError(f"{source.path.name}:{line}: a hint runs into the next heading; end it with a line +++.")
    return Extra(kind, options["of"], options.get("name", ""), options.get("message", ""), cell.source, line)


def _between(source: Source, text: str, line: int, replacement, *, keep: bool) -> str:
    """The text without its markers, with or without what they enclose."""
    result, inside = [], False
    for row in text.split("\n"):
        if row.strip() == BEGIN:
            inside = True
            result += replacement(row[: len(row) - len(row.lstrip())])
        elif row.strip() == END:
            inside = False
        elif keep or not inside:
            result.append(row)
    if inside or BEGIN not in text:
        raise BuildError(f"{source.path.name}:{line}: an answer cell needs one {BEGIN} and one {END}.")
    return "\n".join(result)


def target(path: Path) -> Path:
    """Where the exercise made of a solution's source is stored."""
    return path.parent.parent.parent / "exercises" / f"{path.stem}.ipynb"


def made(plan: Plan, shown: dict[str, str]) -> nbformat.NotebookNode:
    """The exercise notebook of a plan, given what the checks show (``run_bank``)."""
    return exercise(plan, record(plan, shown))


def drift(plan: Plan, way_out: str) -> list[str]:
    """What the stored exercise says otherwise than a solution's source; empty where they agree.

    What checks show is taken from the stored exercise: nothing is run.
    """
    stored = target(plan.solution.path)
    name = f"exercises/{stored.name}"
    if not stored.is_file():
        return [f"{name} is missing{way_out}"]
    kept = load(stored)
    shown = {}
    for half in (half for question in kept.questions for half in question.halves):
        shown[half.check] = half.expected
        shown |= {f"{half.check}/{mistake.name}": mistake.output for mistake in half.mistakes}
    try:
        wanted = made(plan, shown)
    except KeyError as missing:
        return [f"{name}: nothing is stored for {missing}{way_out}"]
    present = nbformat.read(stored, as_version=4)
    return [] if present == wanted else [f"{name} is not what its source gives{way_out}"]


def record(plan: Plan, shown: dict[str, str]) -> Exercise:
    """The exercise's record. ``shown`` has the result of every check, by its id, and of every wrong answer's, by
    ``check id/name``: what ``run_bank`` returns, or what a stored exercise holds."""
    questions: dict[str, dict] = {}
    title = ""
    cells = {cell.id: cell for cell in plan.solution.notebook.cells}
    for cell in plan.solution.notebook.cells:
        if cell.cell_type == "markdown" and (found := headings(cell.source)):
            title = found[0][2]
        match = _ID.fullmatch(cell.id)
        if not match or match[3] != "check":
            continue
        chapter, number, _, framework = match.groups()
        answer = f"q{chapter}-{number}-answer-{framework}"
        if answer not in cells:
            raise BuildError(f"{plan.solution.path.name}: {cell.id} needs an answer cell {answer}.")
        mistakes = tuple(
            Mistake(extra.name, extra.message, shown[f"{cell.id}/{extra.name}"]) for extra in plan.of("bank", answer)
        )
        half = Half(
            framework, _points(cell), answer, plan.starts[answer], cell.id, cell.source, shown[cell.id], mistakes
        )
        entry = questions.setdefault(f"{chapter}.{number}", {"title": title, "halves": []})
        entry["halves"].append(half)
    return Exercise(
        plan.solution.path.stem,
        lossbook.__version__,
        tuple(_question(plan, id, entry) for id, entry in questions.items()),
    )


def _question(plan: Plan, id: str, entry: dict) -> Question:
    hints = plan.of("hint", f"q{id.replace('.', '-')}")
    return Question(id, entry["title"].removeprefix(id).strip(), tuple(h.source for h in hints), tuple(entry["halves"]))


def _points(cell) -> float:
    points = cell.metadata.get("lossbook", {}).get("points")
    if not isinstance(points, int | float) or points <= 0:
        raise BuildError(f"the check cell {cell.id!r} needs lossbook: {{points: …}} above 0; got {points!r}.")
    return points


def run_bank(plan: Plan) -> dict[str, str]:
    """Run the solution and, at every check, each wrong and each other right answer in its place.

    What each check shows, by ``check id`` and ``check id/name``.
    """
    cells, keys = bank(plan)
    notebook = copy.deepcopy(plan.solution.notebook)
    notebook.cells = cells
    execute(Source(plan.solution.path, notebook, (1,) * len(cells)), lambda done, total: None)
    return {key: shown_by(cell) for key, cell in zip(keys, cells, strict=True) if key}


def bank(plan: Plan) -> tuple[list, list[str | None]]:
    """The cells that ``run_bank`` runs, and under which key each one's output is known."""
    cells, keys = [], []
    for cell in plan.solution.notebook.cells:
        if cell.cell_type != "code":
            continue
        cells.append(_copy(cell.source))
        keys.append(cell.id if "check" in tags(cell) else None)
        if "check" in tags(cell):
            answer = cell.id.replace("-check-", "-answer-")
            for extra in plan.of("bank", answer) + plan.of("alternative", answer):
                cells += [_copy(extra.source), _copy(cell.source)]
                keys += [None, f"{cell.id}/{extra.name}"]
            right = next(c.source for c in plan.solution.notebook.cells if c.id == answer)
            cells.append(_copy(right))
            keys.append(None)
    return cells, keys


def _copy(source: str):
    return nbformat.v4.new_code_cell(source, metadata={"tags": ["raises-exception"]})


def shown_by(cell) -> str:
    """A check cell's result as text, its error as ``Name: message``, or nothing."""
    for output in cell.outputs:
        if output.output_type == "execute_result":
            return output.data["text/plain"]
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}"
    return ""


def exercise(plan: Plan, made: Exercise) -> nbformat.NotebookNode:
    """The exercise notebook: starting cells, checks with their outputs, graded cells, the record."""
    notebook = copy.deepcopy(plan.solution.notebook)
    halves = {half.check: (question.id, half) for question in made.questions for half in question.halves}
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        if cell.id in plan.starts:
            cell.source = plan.starts[cell.id]
            cell.metadata.nbgrader = _nbgrader(cell.id, solution=True)
        elif cell.id in halves:
            question, half = halves[cell.id]
            cell.metadata.nbgrader = _nbgrader(cell.id)
            cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": half.expected})]
            cells.append(_graded(question, half))
    notebook.cells = cells
    notebook.metadata.lossbook = nbformat.from_dict({"version": lossbook.__version__, "exercise": made.to_json()})
    return nbformat.from_dict(notebook)


def _graded(question: str, half: Half):
    id = half.check.replace("-check-", "-grade-")
    metadata = {"tags": [half.framework], "nbgrader": _nbgrader(id, points=half.points)}
    return nbformat.v4.new_code_cell(f'check("{question}", "{half.framework}")', id=id, metadata=metadata)


def _nbgrader(id: str, *, solution: bool = False, points: float | None = None) -> dict:
    """nbgrader's cell metadata, schema 3."""
    found = {
        "grade": points is not None,
        "grade_id": id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return found if points is None else found | {"points": points}
