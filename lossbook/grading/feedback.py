"""What comes out of a gradebook: ``grades.csv`` and one page a student. Nothing in them is active."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import tempfile
from collections import defaultdict
from html import escape
from pathlib import Path

from lossbook.checks.record import FRAMEWORKS
from lossbook.checks.verdict import PASSED

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1b1f23}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d0d7de;padding:.4em .6em;text-align:left;
vertical-align:top}pre{margin:.2em 0;white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px}
.passed{color:#007a5c}.lost{color:#b3261e}.note{color:#57606a}"""


def plain(text: object) -> str:
    """Text without characters that steer a terminal, hide or reverse what is read."""
    return "".join(c if c == "\n" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def cell(value: object) -> object:
    """A value as a spreadsheet may see it: a text that would be a formula is made a text."""
    if isinstance(value, int | float) or value is None:
        return value
    text = plain(value).replace("\n", " ")
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def write_csv(rows: list[dict], path: Path) -> None:
    """One line a submission."""
    columns = ["student", "exercise", "points", "of", "status", "remarks", "sandbox", "graded", "submission"]
    with _replacing(path) as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            remarks = "; ".join([row["message"], *row["notes"], *row.get("remarks", ())]).strip("; ")
            sandbox = row["force"].get("sandbox", "")
            line = [row["student"], row["exercise"], row["points"], row["of"] or None, row["status"], remarks, sandbox,
                    row["at"], row["hash"]]  # fmt: skip
            writer.writerow([cell(value) for value in line])


class _replacing:  # noqa: N801 - reads as the word it is
    """A file that takes its place only when it is whole."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self):
        handle, self.name = tempfile.mkstemp(dir=self.path.parent, prefix=".part-")
        self.file = open(handle, "w", encoding="utf-8", newline="")
        return self.file

    def __exit__(self, kind, *rest):
        self.file.close()
        if kind:
            os.unlink(self.name)
        else:
            os.chmod(self.name, 0o644)
            os.replace(self.name, self.path)


def write_pages(rows: list[dict], folder: Path) -> None:
    """One page a student, named so that no name of a student can be a path."""
    folder.mkdir(exist_ok=True)
    by_student = defaultdict(list)
    for row in rows:
        by_student[row["student"]].append(row)
    for student, own in by_student.items():
        with _replacing(folder / page_name(student)) as file:
            file.write(page(student, own))


def page_name(student: str) -> str:
    """The file of a student's page."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", student).strip("-")[:40]
    return f"{slug or 'student'}-{hashlib.sha256(student.encode()).hexdigest()[:8]}.html"


def page(student: str, rows: list[dict]) -> str:
    """A student's page: every half, and for each point that was lost the reason."""
    body = "".join(_exercise(row) for row in rows)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_text(student)}</title><style>{_STYLE}</style></head><body><h1>{_text(student)}</h1>{body}</body></html>"
    )


def _text(value: object) -> str:
    return escape(plain(value), quote=True)


def _exercise(row: dict) -> str:
    points = "not graded" if row["points"] is None else f"{row['points']:g} of {row['of']:g} points"
    notes = "".join(f'<p class="note">{_text(note)}</p>' for note in filter(None, [row["message"], *row["notes"]]))
    if row["force"].get("sandbox") == "none":
        notes += '<p class="note">Graded without a sandbox.</p>'
    lines = "".join(_half(v) for v in row["verdicts"])
    table = f"<table><tr><th>Question</th><th>Outcome</th><th>Points</th><th></th></tr>{lines}</table>" if lines else ""
    return f"<h2>{_text(row['exercise'])}: {points}</h2>{notes}{table}"


def _half(v: dict) -> str:
    kind = "passed" if v["outcome"] == PASSED else "lost"
    detail = _text(v["message"])
    if v["outcome"] != PASSED and v["got"]:
        detail += f"<pre>expected: {_text(v['expected'])}\ngot:      {_text(v['got'][:1500])}</pre>"
    if v["manual"]:
        by_hand = f"By hand: {v['manual']['points']:g} points. {v['manual']['reason']}. {v['manual']['comment']}"
        detail += f"<p>{_text(by_hand)}</p>"
    name = f"{v['question']} {FRAMEWORKS[v['framework']]}"
    return (
        f'<tr><td>{_text(name)}</td><td class="{kind}">{_text(v["outcome"])}</td>'
        f"<td>{v['counts']:g} of {v['of']:g}</td><td>{detail}</td></tr>"
    )
