"""From what a check showed to what it means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lossbook.agreement import agree
from lossbook.checks import common
from lossbook.checks.record import FRAMEWORKS, Half, Mistake

PASSED, WRONG, ERROR, NOT_ATTEMPTED, NOT_RUN = "passed", "wrong", "error", "not attempted", "not run yet"


@dataclass(frozen=True)
class Verdict:
    """The outcome of one half of a question, with the message that fits."""

    question: str
    framework: str
    outcome: str
    points: float
    of: float
    message: str = ""
    expected: str = ""
    got: str = ""
    mistake: str = ""

    @property
    def label(self) -> str:
        """ "2.1 PyTorch"."""
        return f"{self.question} {FRAMEWORKS[self.framework]}"


def judge(question: str, half: Half, got: str, *, failed: bool = False, expected: str | None = None,
          mistakes: Iterable[Mistake] | None = None) -> Verdict:  # fmt: skip
    """Compare what the check showed with what it must show, then with what known mistakes show.

    ``got`` is the result as text, or with ``failed`` the error as ``Name: message``. Grading passes its own
    ``expected`` output and ``mistakes``, computed on graded inputs.
    """
    want = half.expected if expected is None else expected
    if not failed and agree(want, got):
        return Verdict(question, half.framework, PASSED, half.points, half.points)
    outcome = ERROR if failed else WRONG
    for mistake in half.mistakes if mistakes is None else mistakes:
        if agree(mistake.output, got):
            return Verdict(question, half.framework, outcome, 0, half.points, mistake.message, want, got, mistake.name)
    message = common.of_error(got) if failed else common.of_output(want, got)
    return Verdict(question, half.framework, outcome, 0, half.points, message, want, got)


def same_code(one: str, other: str) -> bool:
    """Whether two sources are the same but for blanks at the ends of lines and empty lines."""
    return _plain(one) == _plain(other)


def _plain(source: str) -> list[str]:
    return [line.rstrip() for line in source.splitlines() if line.strip()]
