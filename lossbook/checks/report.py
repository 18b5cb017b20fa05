"""What ``check`` shows: a few lines as HTML, the same as plain text where HTML can't be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from lossbook.checks.verdict import ERROR, PASSED, WRONG, Verdict

_COLOUR = {PASSED: "#007a5c", WRONG: "#b3261e", ERROR: "#b3261e"}
_PENDING = "#6a737d"
_LONGEST = 600  # characters of an output that are shown


@dataclass(frozen=True)
class Report:
    """The verdicts of one call, the progress of the exercise, and the hints that were asked for."""

    verdicts: tuple[Verdict, ...]
    progress: list[tuple[str, str]]
    hints: tuple[str, ...]
    hint: int = 0

    def __repr__(self) -> str:
        lines = [line for verdict in self.verdicts for line in self._lines(verdict)]
        if self.hint:
            lines.append(f"Hint {self.hint}: {' '.join(self.hints[self.hint - 1].split())}")
        elif not self._solved and self.hints:
            lines.append(f"Stuck? check({self._asked}, hint=1) shows a hint.")
        return "\n".join([*lines, self._count()])

    def _lines(self, v: Verdict):
        sign = {PASSED: "passed", WRONG: "not yet", ERROR: "not yet"}.get(v.outcome, v.outcome)
        yield f"{v.label}: {sign}." + (f" {v.message}" if v.message else "")
        if v.outcome in (WRONG, ERROR):
            yield f"  expected: {_cut(v.expected)}"
            yield f"  got:      {_cut(v.got)}"

    @property
    def _asked(self) -> str:
        """What the learner gave to ``check``: the question, and the framework where it was one of the two."""
        first, *others = self.verdicts
        return f'"{first.question}"' if others else f'"{first.question}", "{first.framework}"'

    @property
    def _solved(self) -> bool:
        return all(v.outcome == PASSED for v in self.verdicts)

    def _count(self) -> str:
        passed = sum(outcome == PASSED for _, outcome in self.progress)
        chapter = self.verdicts[0].question.split(".")[0].zfill(2)
        return f"Exercise {chapter}: {passed} of {len(self.progress)} answers passed in this session."

    def _repr_html_(self) -> str:
        body = "".join(self._html(v) for v in self.verdicts)
        if not self._solved:
            shown = [(n, text, n <= self.hint) for n, text in enumerate(self.hints, start=1)]
            body += "".join(
                f"<details{' open' if unfolded else ''}><summary>Hint {n}</summary>{_marked(text)}</details>"
                for n, text, unfolded in shown
            )
        dots = "".join(
            f'<span title="{escape(label)}: {escape(outcome or "not checked yet")}" '
            f'style="color:{_COLOUR.get(outcome, _PENDING)}">{"●" if outcome == PASSED else "○"}</span> '
            for label, outcome in self.progress
        )
        return f'<div style="line-height:1.5">{body}<div>{dots}{escape(self._count())}</div></div>'

    def _html(self, v: Verdict) -> str:
        colour = _COLOUR.get(v.outcome, _PENDING)
        first, *rest = self._lines(v)
        head, _, message = first.partition(". ")
        shown = f"<pre style='margin:2px 0 6px 0'>{escape(chr(10).join(rest))}</pre>" if rest else ""
        text = f" {_marked(message)}" if message else ""
        return f'<div><b style="color:{colour}">{escape(head.rstrip("."))}.</b>{text}{shown}</div>'


def _marked(text: str) -> str:
    """Words of ours as HTML: what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _cut(text: str) -> str:
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
    return text.replace("\n", "\n            ")
