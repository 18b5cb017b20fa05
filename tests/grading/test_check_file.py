"""``lossbook check FILE``: outcomes, unusual files, clear errors; the learner's file is never changed."""

import json

import pytest
from click.testing import CliRunner

from lossbook.cli import main
from tests import exercise_course
from tests.exercise_course import ANSWERS, answered

TORCH, KERAS = "q90-1-answer-torch", "q90-1-answer-keras"


@pytest.fixture(scope="module")
def exercise(tmp_path_factory):
    return exercise_course.make(tmp_path_factory.mktemp("course"))


@pytest.fixture
def check(exercise, monkeypatch):
    """Write a submission into work/, check it, and hold that it stays as it was."""
    work = exercise.parent.parent / "work"
    work.mkdir(exist_ok=True)
    monkeypatch.chdir(work.parent)

    def run(data):
        path = work / "90_tiny.ipynb"
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        before = path.read_bytes()
        result = CliRunner().invoke(main, ["check", "90"])
        assert path.read_bytes() == before
        return result.exit_code, result.output

    return run


def cell(data, id):
    return next(c for c in data["cells"] if c.get("id") == id)


def test_all_right(check, exercise):
    status, out = check(answered(exercise, ANSWERS))
    assert status == 0, out
    assert "100 of 100 points" in out
    assert "note:" not in out


def test_one_half_wrong_the_other_untouched(check, exercise):
    status, out = check(answered(exercise, {TORCH: "def square(x):\n    print('hi')\n    return x + x"}))
    assert status == 1
    assert "You doubled x." in out
    assert "not attempted" in out
    assert "0 of 100 points" in out


def test_an_answer_that_raises_shows_its_error_and_spares_the_other(check, exercise):
    status, out = check(answered(exercise, ANSWERS | {TORCH: "raise KeyError('lost')\ndef square(x): return x"}))
    assert status == 1
    assert "KeyError: 'lost'" in out
    assert "40 of 100 points" in out


def test_markers_for_nbval_change_nothing(check, exercise):
    wrong = "# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\ndef square(x):\n    return 1.0"
    _, out = check(answered(exercise, ANSWERS | {TORCH: wrong}))
    assert "40 of 100 points" in out


def split(data):
    whole = cell(data, TORCH)
    place = data["cells"].index(whole)
    whole["source"] = "half = 0"
    data["cells"].insert(place + 1, {"cell_type": "code", "id": "new", "metadata": {}, "source": ANSWERS[TORCH]})


def double(data):
    data["cells"].append(dict(cell(data, TORCH)))
    cell(data, TORCH)["source"] = "def square(x): return 0"


def retype(data):
    cell(data, TORCH)["cell_type"] = "markdown"


def reorder(data):
    data["cells"].reverse()


def as_colab(data):
    """Colab writes format 4.0 and keeps the ids in the metadata."""
    data["nbformat_minor"] = 0
    for c in data["cells"]:
        c["metadata"] = {"id": c.pop("id")}


def as_an_editor_that_drops_ids(data):
    data["nbformat_minor"] = 4
    for c in data["cells"]:
        del c["id"]


def as_vscode(data):
    """VS Code writes its language into the metadata and sources as lists of lines."""
    for c in data["cells"]:
        c["metadata"]["vscode"] = {"languageId": "python"}
        c["source"] = c["source"].splitlines(keepends=True) if isinstance(c["source"], str) else c["source"]


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (split, "the cell was split; its parts were put together"),
        (double, "the cell is there 2 times; the last one counts"),
        (retype, "the cell is no longer code"),
        (reorder, "answers stand in another order"),
        (as_colab, ""),
        (as_vscode, ""),
        (as_an_editor_that_drops_ids, ""),
    ],
)
def test_unusual_files_keep_their_points(check, exercise, change, note):
    data = answered(exercise, ANSWERS)
    change(data)
    status, out = check(data)
    assert "100 of 100 points" in out, out
    assert status == 0
    assert note in out
    assert note or "note:" not in out


def test_emptied_and_deleted_cells_are_not_attempted(check, exercise):
    data = answered(exercise, ANSWERS | {TORCH: " \n"})
    data["cells"].remove(cell(data, KERAS))
    _, out = check(data)
    assert out.count("not attempted") == 2
    assert f"{TORCH}: the cell is empty" in out
    assert f"{KERAS}: the cell is not there" in out


def test_another_version_is_noted(check, exercise):
    data = answered(exercise, ANSWERS)
    data["metadata"]["lossbook"]["version"] = "0.0.1"
    _, out = check(data)
    assert "laid by version 0.0.1 of the course" in out


def without_ids(exercise):
    data = answered(exercise, ANSWERS)
    for c in data["cells"]:
        del c["id"]
        c["metadata"] = {}
    return data


def of_another_exercise(exercise):
    data = answered(exercise, ANSWERS)
    data["metadata"]["lossbook"]["exercise"]["name"] = "77_unknown"
    return data


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda e: "hello", "not a whole notebook: broken at line 1"),
        (lambda e: e.read_text()[:500], "not a whole notebook: broken at line"),
        (lambda e: "[1, 2]", "not a notebook of format 4"),
        (lambda e: '{"worksheets": []}', "not a notebook of format 4"),
        (without_ids, "no cell carries the id of an answer of 90_tiny"),
        (of_another_exercise, "no exercise is called '77_unknown'; there are 90_tiny"),
    ],
)
def test_files_that_cant_be_checked(check, exercise, broken, message):
    status, out = check(broken(exercise))
    assert status == 2
    assert message in out


def test_no_such_file(check, exercise):
    result = CliRunner().invoke(main, ["check", "nowhere.ipynb"])
    assert result.exit_code == 2
    assert "no file nowhere.ipynb, and no copy of that name in work/" in result.output
