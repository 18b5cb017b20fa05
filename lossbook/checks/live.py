"""``check("2.1")`` in a live notebook: the question's visible checks, run in the learner's own kernel."""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

from lossbook.checks.numbers import show
from lossbook.checks.record import FRAMEWORKS, Exercise, Half, defined, find
from lossbook.checks.report import Report
from lossbook.checks.seeds import inputs, is_question
from lossbook.checks.verdict import NOT_ATTEMPTED, NOT_RUN, PASSED, Verdict, judge, same_code

NAMED = {name: framework for framework, name in FRAMEWORKS.items()}  # check("2.1", "PyTorch") will do
_seen: dict[str, dict[tuple[str, str], str]] = {}  # exercise: {(question, framework): outcome}


class Unsolved(Exception):  # noqa: N818 - a learner reads it as a word, and nbgrader as a failed cell
    """Raised by ``check`` where an answer is not right yet, so that a graded cell fails. It shows one line."""

    def _render_traceback_(self):
        return [f"Unsolved: {self}"]


def check(question: str, framework: str | None = None, *, hint: int = 0) -> None:
    """Check your answer to a question such as "2.1", in both frameworks or in the one that you name.

    Shows what passed and, where something did not, the message that fits; ``hint=1`` and ``hint=2`` show hints.
    Raises Unsolved at the end where an answer is missing or wrong, ValueError for a question that does not exist.
    """
    if not is_question(question):
        raise ValueError(f'check: a question is a text like "2.1"; got {question!r}.')
    framework = NAMED.get(framework, framework)
    exercise = find(question)
    found = exercise.question(question)
    if framework not in (None, *(half.framework for half in found.halves)):
        raise ValueError(f'check: framework must be "torch" or "keras"; got {framework!r}.')
    if not 0 <= hint <= len(found.hints):
        raise ValueError(f"check: {question} has {len(found.hints)} hints; got hint={hint!r}.")
    space = _namespace()
    verdicts = [_try(question, half, space) for half in found.halves if framework in (None, half.framework)]
    progress = _remember(exercise, verdicts)
    _show(Report(tuple(verdicts), progress, found.hints, hint))
    unsolved = [verdict.label for verdict in verdicts if verdict.outcome != PASSED]
    if unsolved:
        raise Unsolved(", ".join(unsolved))


def _try(question: str, half: Half, space: Mapping[str, Any]) -> Verdict:
    missing = [name for name in half.names if name not in space]
    if missing:
        message = f"{missing[0]} does not exist yet: run the cell with your answer, then this one again."
        return Verdict(question, half.framework, NOT_RUN, 0, half.points, message)
    if any(same_code(half.start, source) for source in _last_answer(half, space)):
        message = "Write your answer in the cell above, run it, then run this cell again."
        return Verdict(question, half.framework, NOT_ATTEMPTED, 0, half.points, message)
    got, failed = evaluate(half.code, space)
    if failed and got.startswith("NotImplementedError"):
        message = "The starting line is still there: replace raise NotImplementedError with your answer."
        return Verdict(question, half.framework, NOT_ATTEMPTED, 0, half.points, message)
    return judge(question, half, got, failed=failed)


def _last_answer(half: Half, space: Mapping[str, Any]) -> list[str]:
    """The cell, if any, that was run last of those that define what the answer defines."""
    cells = [source for source in space.get("In", ()) if set(half.names) & set(defined(source))]
    return cells[-1:]


def evaluate(code: str, space: Mapping[str, Any]) -> tuple[str, bool]:
    """Run a check's code beside the learner's names; its result as a cell would show it, or the error, and which.

    The learner's own variables stay as they are, even one called ``inputs``; what the answer prints is not looked at.
    """
    tree = ast.parse(code)
    *before, last = tree.body
    space = {**space, "inputs": inputs, "show": show}
    try:
        with redirect_stdout(io.StringIO()):
            exec(compile(ast.Module(before, []), "<check>", "exec"), space)
            result = eval(compile(ast.Expression(last.value), "<check>", "eval"), space)
            return _as_text(result), False
    except (Exception, SystemExit) as error:  # whatever a learner's code raises is an outcome
        return f"{type(error).__name__}: {error}", True


def _as_text(result: Any) -> str:
    shell = _shell()
    return shell.display_formatter.formatters["text/plain"](result) if shell else repr(result)


def _shell():
    """The running IPython, or None; IPython is not imported for this."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _namespace() -> Mapping[str, Any]:
    shell = _shell()
    return shell.user_ns if shell else vars(sys.modules["__main__"])


def _remember(exercise: Exercise, verdicts: list[Verdict]) -> list[tuple[str, str]]:
    """Outcomes so far of every half of the notebook, as (label, outcome), in its order."""
    seen = _seen.setdefault(exercise.name, {})
    seen.update({(v.question, v.framework): v.outcome for v in verdicts})
    halves = [(question.id, half.framework) for question in exercise.questions for half in question.halves]
    return [(f"{q} {f}", seen.get((q, f), "")) for q, f in halves]


def _show(report: Report) -> None:
    shell = _shell()
    if shell:
        from IPython.display import display

        display(report)
    else:
        print(report)
