"""What ``lossbook check`` does, apart from parsing its arguments."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

from lossbook.checks.record import FRAMEWORKS, folder, load
from lossbook.checks.verdict import ERROR, PASSED, WRONG, Verdict
from lossbook.grading.run import run
from lossbook.grading.splice import SubmissionError, read, splice


@dataclass(frozen=True)
class Result:
    """What checking one file gave."""

    path: Path
    verdicts: list[Verdict]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """True where every half of every question passed."""
        return all(v.outcome == PASSED for v in self.verdicts)

    def __str__(self) -> str:
        lines = [str(self.path), *(f"  note: {note}" for note in self.notes)]
        for v in self.verdicts:
            lines.append(f"  {v.question:6}{FRAMEWORKS[v.framework]:9}{v.outcome:15}{v.points:>4g} of {v.of:<4g}"
                         f"{'' if v.outcome == PASSED else ' ' + v.message}".rstrip())  # fmt: skip
            if v.outcome in (WRONG, ERROR):
                lines += [f"{'':30}expected: {_short(v.expected)}", f"{'':30}got:      {_short(v.got)}"]
        earned, of = sum(v.points for v in self.verdicts), sum(v.of for v in self.verdicts)
        return "\n".join([*lines, f"  {earned:g} of {of:g} points"])


def report(name: str | Path) -> Result:
    """Check one notebook and print the result; while it runs, a line on stderr says so."""
    shows = sys.stderr.isatty()
    if shows:
        print(f"checking {name} …", end="", file=sys.stderr, flush=True)
    try:
        result = check(name)
    finally:
        if shows:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # takes the line back
    print(result)
    return result


def check(name: str | Path) -> Result:
    """Check one notebook: a path, or a number or name such as 02, which means the copy in ``work/``."""
    path = locate(str(name))
    submission = read(path)
    place = folder(path.parent)
    source = place / f"{submission.exercise}.ipynb"
    if not source.is_file():
        known = ", ".join(p.stem for p in sorted(place.glob("*.ipynb")))
        raise SubmissionError(f"{path}: no exercise is called {submission.exercise!r}; there are {known}.")
    exercise = load(source)
    spliced = splice(nbformat.read(source, as_version=4), exercise, submission)
    verdicts, _ = run(spliced, exercise)
    return Result(path, verdicts, spliced.notes)


def locate(name: str) -> Path:
    """The file that is meant; SubmissionError where there is none."""
    path = Path(name)
    if path.is_dir():
        raise SubmissionError(f"{name} is a folder: give one notebook, or nothing for every copy in work/.")
    if path.exists():
        return path.resolve()
    work = folder().parent / "work"
    found = sorted(p for p in work.glob("*.ipynb") if p.stem == name or p.stem.split("_")[0] == name.zfill(2))
    if not found:
        copies = ", ".join(p.stem for p in sorted(work.glob("*.ipynb"))) or "none; 'lossbook lab' lays them"
        raise SubmissionError(f"no file {name}, and no copy of that name in {work.name}/: there are {copies}.")
    return found[0]


def copies() -> list[Path]:
    """Every copy in ``work/``; SubmissionError where there is none."""
    found = sorted((folder().parent / "work").glob("*.ipynb"))
    if not found:
        raise SubmissionError(
            f"no exercises in {folder().parent / 'work'} yet: 'make lab' or 'lossbook lab' lays them."
        )
    return found


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 100 else text[:100] + " …"
