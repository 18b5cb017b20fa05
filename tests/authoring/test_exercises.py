"""Every exercise of the course: what it asks, what it gives away (nothing), and how its bank behaves."""

import json
from pathlib import Path

import pytest

from lossbook.agreement import agree
from lossbook.authoring.build import drift
from lossbook.authoring.exercises import BEGIN, END, plan, run_bank
from lossbook.authoring.source import BuildError, find, read
from lossbook.checks.record import load
from lossbook.checks.verdict import judge
from tests import exercise_course

ROOT = Path(__file__).parents[2]
SOURCES = find((), ROOT, solutions=True)
every_exercise = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def halves(exercise):
    return [(question, half) for question in exercise.questions for half in question.halves]


@every_exercise
def test_what_an_exercise_holds(source):
    exercise = load(ROOT / "exercises" / f"{source.stem}.ipynb")
    assert 3 <= len(exercise.questions) <= 6
    assert exercise.points == 100
    for question in exercise.questions:
        assert len(question.hints) == 2
        assert [half.framework for half in question.halves] == ["torch", "keras"]
        assert len({half.points for half in question.halves}) == 1


@every_exercise
def test_no_line_of_a_solution_is_in_the_exercise(source):
    shown = [c["source"] for c in json.loads((ROOT / "exercises" / f"{source.stem}.ipynb").read_text())["cells"]]
    lines = {line.strip() for text in shown for line in "".join(text).splitlines()}
    inside, secret = False, set()
    for row in source.read_text().splitlines():
        if row.strip() in (BEGIN, END):
            inside = row.strip() == BEGIN
        elif inside and len(row.strip()) > 3:
            secret.add(row.strip())
    checks = [
        c.source for c in plan(read(source)).solution.notebook.cells if "answer" not in c.metadata.get("tags", [])
    ]
    secret -= {line.strip() for text in checks for line in text.splitlines()}  # a check may say loss.backward() too
    assert secret
    assert not secret & lines


@every_exercise
def test_the_bank(source):
    """Run anew: right answers pass, each wrong one fails and gets its own message."""
    parts = plan(read(source))
    shown = run_bank(parts)
    exercise = load(ROOT / "exercises" / f"{source.stem}.ipynb")
    for question, half in halves(exercise):
        assert judge(question.id, half, shown[half.check]).outcome == "passed"
        assert len(half.mistakes) >= 3, half.answer
        for mistake in half.mistakes:
            got = shown[f"{half.check}/{mistake.name}"]
            assert agree(mistake.output, got), f"{half.check}/{mistake.name}: stored is another output"
            verdict = judge(question.id, half, got, failed=is_error(got))
            assert verdict.outcome != "passed", f"{half.check}/{mistake.name} passes"
            assert verdict.message == mistake.message, f"{half.check}/{mistake.name} is taken for {verdict.mistake}"
        others = parts.of("alternative", half.answer)
        assert len(others) >= 2, half.answer
        assert any("print(" in other.source for other in others), f"{half.answer}: one prints on the way"
        for other in others:
            got = shown[f"{half.check}/{other.name}"]
            assert judge(question.id, half, got).outcome == "passed", f"{half.check}/{other.name}: {got}"


def is_error(shown):
    return shown.split(":")[0].isidentifier() and shown.split(":")[0].endswith(("Error", "Exception"))


def test_a_tiny_exercise_is_made_and_kept_current(tmp_path):
    path = exercise_course.make(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert "return x * x" not in text
    assert "You doubled x." in text
    exercise = load(path)
    assert [(h.points, [m.name for m in h.mistakes]) for _, h in halves(exercise)] == [
        (60, ["doubled", "text"]),
        (40, []),
    ]
    source = tmp_path / "solutions" / "src" / "90_tiny.md"
    assert [line for line in drift(source) if line.startswith("exercises/")] == []
    source.write_text(source.read_text().replace("You doubled x.", "Doubled."), encoding="utf-8")
    assert any("exercises/90_tiny.ipynb is not what its source gives" in line for line in drift(source))


def test_nbgrader_reads_its_own_metadata(tmp_path):
    notebook = json.loads(exercise_course.make(tmp_path).read_text())
    found = {c["id"]: c["metadata"]["nbgrader"] for c in notebook["cells"] if "nbgrader" in c["metadata"]}
    answer, shown, graded = (found[f"q90-1-{kind}-torch"] for kind in ("answer", "check", "grade"))
    assert (answer["solution"], answer["grade"], answer["locked"]) == (True, False, False)
    assert (shown["solution"], shown["grade"], shown["locked"]) == (False, False, True)
    assert (graded["solution"], graded["grade"], graded["locked"], graded["points"]) == (False, True, True, 60)
    assert all(meta["schema_version"] == 3 and meta["grade_id"] == id for id, meta in found.items())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    ### END SOLUTION\n", "", "needs one ### BEGIN SOLUTION and one ### END SOLUTION"),
        ("{points: 60}", "{}", "needs lossbook: {points: …} above 0"),
        (", message: You doubled x.", "", "a bank cell needs lossbook: {message: …}"),
        ("Multiply x by x.\n\n+++\n", "Multiply x by x.\n\n## 90.2 Next\n", "a hint runs into the next heading"),
    ],
)
def test_a_source_with_a_gap_is_refused(tmp_path, old, new, message):
    path = exercise_course.write_source(tmp_path, exercise_course.TEXT.replace(old, new, 1))
    with pytest.raises(BuildError, match=message):
        exercise_course.plan_and_record(path)
