"""check("…") in a live notebook: every outcome, with the message that fits."""

from dataclasses import replace

import pytest

from lossbook.checks import Unsolved, check, live
from tests import exercise_course

START = "def square(x):\n    # Your code here\n    raise NotImplementedError"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    exercise_course.make(root)
    return root


@pytest.fixture
def space(course, monkeypatch):
    """The learner's names, as a live kernel would hold them; the working folder is the course's."""
    names = {"In": [], "inputs": "a name that many learners use"}
    monkeypatch.chdir(course)
    monkeypatch.setattr(live, "_namespace", lambda: names)
    monkeypatch.setattr(live, "_seen", {})
    return names


def run(names, code):
    names["In"].append(code)
    exec(code, names)


def asked(capsys, framework="torch", **options):
    with pytest.raises(Unsolved):
        check("90.1", framework, **options)
    return capsys.readouterr().out


def test_not_run_yet(space, capsys):
    assert "90.1 PyTorch: not run yet. square does not exist yet" in asked(capsys)


def test_the_starting_cell_is_not_an_attempt(space, capsys):
    run(space, START)
    assert "not attempted. Write your answer in the cell above" in asked(capsys)


def test_a_changed_cell_that_still_raises_is_not_an_attempt(space, capsys):
    run(space, START + "\n    # later")
    assert "not attempted. The starting line is still there" in asked(capsys)


def test_passed_whatever_it_prints(space, capsys):
    run(space, "def square(x):\n    print('here', x)\n    return x**2")
    check("90.1", "torch")
    out = capsys.readouterr().out
    assert "90.1 PyTorch: passed." in out
    assert "here" not in out
    assert "Exercise 90: 1 of 2 answers passed in this session." in out


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("def square(x):\n    return 2 * x", "You doubled x."),
        ("def square(x):\n    return x + x", "You doubled x."),
        ("def square(x):\n    return x.upper()", "x is a number."),
        ("def square(x):\n    return 7.0", "The check shows something else."),
        ("def square(x):\n    return missing", "The name `missing` is not defined here."),
        ("def square(x):\n    return 1 / 0", "Your code raised an error on the check's inputs."),
        ("def square(x):\n    raise SystemExit", "Your code raised an error on the check's inputs."),
    ],
)
def test_a_mistake_is_named(space, capsys, answer, message):
    run(space, answer)
    out = asked(capsys)
    assert f"90.1 PyTorch: not yet. {message}" in out
    assert "expected:" in out


def test_both_halves_and_the_error_names_the_unsolved(space):
    run(space, "def square(x):\n    return x**2")
    with pytest.raises(Unsolved, match=r"^90\.1 Keras$"):
        check("90.1")


def test_the_learners_variables_stay(space):
    run(space, "x = 'mine'\ndef square(x):\n    return x**2")
    check("90.1", "torch")
    assert space["x"] == "mine"


def test_hints_come_on_request(space, capsys):
    assert 'check("90.1", "torch", hint=1) shows a hint' in asked(capsys)
    assert 'check("90.1", hint=1) shows a hint' in asked(capsys, framework=None)
    assert "Hint 2: Multiply x by x." in asked(capsys, hint=2)


def test_html_shows_no_markup_of_the_learner(space, monkeypatch):
    shown = []
    monkeypatch.setattr(live, "_show", shown.append)
    run(space, "def square(x):\n    raise ValueError('<script>alert(1)</script>')")
    with pytest.raises(Unsolved):
        check("90.1", "torch")
    html = shown[0]._repr_html_()
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert html.count("<details>") == 2


def test_hints_read_well(space, monkeypatch, capsys):
    """On one line as text; with code as code in HTML."""
    exercise = live.find("90.1")
    question = exercise.question("90.1")
    hint = "Use `a < b`;\nthe rest\ncomes last."
    changed = replace(exercise, questions=(replace(question, hints=(hint,)),))
    monkeypatch.setattr(live, "find", lambda question: changed)
    assert "Hint 1: Use `a < b`; the rest comes last.\n" in asked(capsys, hint=1)
    shown = []
    monkeypatch.setattr(live, "_show", shown.append)
    with pytest.raises(Unsolved):
        check("90.1", "torch", hint=1)
    assert "Use <code>a &lt; b</code>;" in shown[0]._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("2",), 'a question is a text like "2.1"'),
        ((2.1,), 'a question is a text like "2.1"'),
        (("90.7",), "90_tiny has no question '90.7'; it has 90.1"),
        (("91.1",), "no exercise 91"),
        (("90.1", "jax"), 'framework must be "torch" or "keras"'),
    ],
)
def test_wrong_arguments(space, arguments, message):
    with pytest.raises(ValueError, match=message):
        check(*arguments)


def test_too_many_hints(space):
    with pytest.raises(ValueError, match="has 2 hints; got hint=3"):
        check("90.1", hint=3)
