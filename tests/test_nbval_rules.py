"""The number rule, and what nbval makes of notebooks that say something else than they did."""

import math
import os
import sys

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossbook import nbval_rules
from lossbook.nbval_rules import agree, disagreement, missing_data, visible

pytest_plugins = ["pytester"]

# One unit of the last digit printed; the comment says what is subtracted.
AGREE = [
    ("0.2877", "0.2878"),  # 0.0001, one unit
    ("1.0000", "0.9999"),  # 0.0001, another digit before the point
    ("-0.00", "0.00"),  # 0
    ("-0.01", "0.00"),  # 0.01, over the sign
    ("2.", "2.0"),
    ("2.", "2.1"),  # 2.0 and 2.1: 0.1
    ("0.5", "0.5001"),  # 0.0001, a unit of the one with more digits
    ("1e-05", "1.1e-05"),  # 0.1e-05, a unit of the one with more digits
    ("9.99e-05", "1.00e-04"),  # 0.01e-05, the unit of the first
    ("0.0001", "9.9999e-05"),  # 0.0001e-05: the switch of notation that Python makes
    ("6.02e+23", "6.03E23"),
    ("nan inf -inf", "nan inf -inf"),
    ("[ 0.50 -0.25]", "[0.50 -0.26]"),  # padding inside the bracket
    ("[1.5 2. ]", "[1.5 2.1]"),
    ("tensor([ 0.0000, -0.5000])", "tensor([-0.0000, -0.5001])"),
    ("MAE   2.0  ", "MAE 2.0"),  # runs of blanks, blanks at the end
    (" 9.99\n10.00", "10.00\n10.00"),  # blanks at the start, as a fixed width makes them
    ("<td>0.123</td>", "<td>0.124</td>"),
    ("loss=0.25, accuracy 67.3%.", "loss=0.26, accuracy 67.2%."),
    ("1.20x", "1.21x"),
    ("", ""),
]
DIFFER = [
    ("12", "13"),
    ("2", "2."),  # an integer became a float
    ("2", "2.0"),
    ("0.2877", "0.2879"),  # two units
    ("2.", "3."),
    ("0.5", "0.5999"),  # 0.0999 is 999 units of the finer
    ("1e-05", "1.2e-05"),
    ("1e-05", "1e-04"),
    ("0.25", "-0.25"),
    ("nan", "0.0"),
    ("inf", "-inf"),
    ("inf", "1e308"),
    ("2.13.0", "2.14.0"),  # a version is no number
    ("float32", "float64"),
    ("loss 0.25", "cost 0.25"),
    ("0.25", "0.25 0.25"),
    ("a b", "ab"),
    ("1 2", "12"),
    ("one\ntwo", "one"),
    ("one", "one\ntwo"),
    ("one\n", "one"),
    ("1.5", "1,5"),
    ("0." + "1" * 60, "0." + "1" * 59 + "2"),  # too long to be a printed result: text
    ("1.0e99999", "1.1e99999"),  # no float either
]


@pytest.mark.parametrize(("expected", "got"), AGREE)
def test_within_one_unit_agrees(expected, got):
    assert agree(expected, got)
    assert agree(got, expected)


@pytest.mark.parametrize(("expected", "got"), DIFFER)
def test_anything_else_differs(expected, got):
    assert not agree(expected, got)
    assert not agree(got, expected)


@given(st.text())
def test_a_text_agrees_with_itself(text):
    assert agree(text, text)


@given(st.text(), st.text())
def test_the_order_does_not_matter(one, other):
    assert agree(one, other) == agree(other, one)


@given(st.text("ab .[]", max_size=8), st.text("ab .[]", max_size=8))
def test_without_digits_only_blanks_are_forgiven(one, other):
    if agree(one, other):
        assert one.replace(" ", "") == other.replace(" ", "")


@given(st.integers(-(10**9), 10**9), st.integers(0, 6), st.integers(-4, 4))
def test_units_of_the_last_digit_are_counted(number, digits, units):
    """Built from integers, so that what the rule must say is exact."""

    def printed(n):
        return f"{'-' if n < 0 else ''}{abs(n) // 10**digits}.{abs(n) % 10**digits:0{digits}d}" if digits else f"{n}.0"

    limit = 1 if digits else 0  # "7.0" moves by whole numbers here: ten units
    assert agree(f"a {printed(number)} b", f"a {printed(number + units)} b") == (abs(units) <= limit)


@given(st.integers(), st.integers())
def test_integers_are_exact(one, other):
    assert agree(f"n={one}", f"n={other}") == (one == other)


@given(st.floats(1e-9, 1e9), st.sampled_from(["", "-"]), st.sampled_from([".4f", ".3e"]))
def test_a_last_bit_never_shows(x, sign, style):
    """A float and its neighbour round to the same digits, or to digits one unit apart."""
    assert agree(sign + format(x, style), sign + format(math.nextafter(x, math.inf), style))


def test_the_reason_names_the_line():
    assert disagreement("a 1.00\nb 2.00", "a 1.01\nb 2.02") == "line 2: expected 'b 2.00', got 'b 2.02'"
    assert disagreement("a\nb", "a") == "line 2: expected 'b', the output ends before it"
    assert disagreement("a", "a\nb") == "line 2: nothing more was expected, got 'b'"


def test_hostile_numbers_cost_nothing():
    assert not agree("1" * 200_000 + ".5", "1" * 200_000 + ".6")
    assert not agree("1e9999", "2e-9999")


def display(**data):
    names = {"png": "image/png", "plain": "text/plain", "html": "text/html", "view": nbval_rules.WIDGET_VIEW}
    return nbformat.v4.new_output("display_data", {names[key]: value for key, value in data.items()})


def stdout(text):
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def stderr(text):
    return nbformat.v4.new_output("stream", name="stderr", text=text)


def test_views_go_and_their_pictures_stay():
    bar = display(plain="0%", view={"model_id": "1"})
    explorer = display(png="AAAA", plain="Huber, delta 1.0", view={"model_id": "2"})
    seen = visible([stderr("noise"), bar, stdout("one\n"), explorer])
    assert seen == [stdout("one\n"), display(png="AAAA", plain="Huber, delta 1.0")]
    assert nbval_rules.WIDGET_VIEW in explorer.data


# name of the cell: (code, stored outputs, tags, None where it passes or what the failure says)
CELLS = {
    "same": ("print('loss 0.2877')", [stdout("loss 0.2877\n")], [], None),
    "within one unit": ("print('loss 0.2878')", [stdout("loss 0.2877\n")], [], None),
    "wrong number": ("print('loss 0.2877')", [stdout("loss 0.2977\n")], [], "expected 'loss 0.2977'"),
    "wrong integer": ("print(13)", [stdout("12\n")], [], "expected '12', got '13'"),
    "missing line": ("print('a')", [stdout("a\nb\n")], [], "expected 'b', got ''"),
    "new line": ("print('a'); print('b')", [stdout("a\n")], [], "got 'b'"),
    "missing output": ("pass", [stdout("a\n")], [], "Missing output fields"),
    "missing result": ("print('a')", [stdout("a\n"), display(plain="3")], [], "Missing output fields"),
    "unexpected output": ("print('a')", [], [], "Unexpected output fields"),
    "one result too many": ("display(3); 3", [display(plain="3")], [], "dissimilar number of outputs"),
    "changed text": ("print('Huber')", [stdout("huber\n")], [], "expected 'huber', got 'Huber'"),
    "table": (
        "from IPython.display import HTML; HTML('<td>0.26</td>')",
        [display(plain="<IPython.core.display.HTML object>", html="<td>0.25</td>")],
        [],
        None,
    ),
    "wrong table": (
        "HTML('<td>0.29</td>')",
        [display(plain="<IPython.core.display.HTML object>", html="<td>0.25</td>")],
        [],
        "text/html, line 1",
    ),
    "stderr comes": ("import sys; print('a'); print('w', file=sys.stderr)", [stdout("a\n")], [], None),
    "stderr goes": ("print('a')", [stdout("a\n"), stderr("warning\n")], [], None),
    "widget": (
        "display({'application/vnd.jupyter.widget-view+json': {'model_id': '1'}, 'text/plain': '0%'}, raw=True)",
        [],
        [],
        None,
    ),
    "another picture": (
        "display({'image/png': 'AAAA', 'text/plain': 'MAE'}, raw=True)",
        [display(png="BBBB", plain="MAE")],
        [],
        None,
    ),
    "missing picture": (
        "display({'text/plain': 'MAE'}, raw=True)",
        [display(png="BBBB", plain="MAE")],
        [],
        "Missing output fields",
    ),
    "error": ("1 / 0", [stdout("a\n")], [], "ZeroDivisionError"),
    "expected error": (
        "raise ValueError('at most 0.26')",
        [nbformat.v4.new_output("error", ename="ValueError", evalue="at most 0.25")],
        ["raises-exception"],
        None,
    ),
    "expected error, another one": (
        "raise KeyError('x')",
        [nbformat.v4.new_output("error", ename="ValueError", evalue="'x'")],
        ["raises-exception"],
        "ename, line 1",
    ),
    "expected error, none came": (
        "pass",
        [nbformat.v4.new_output("error", ename="ValueError", evalue="x")],
        ["raises-exception"],
        "Missing output fields",
    ),
    "machine": ("print('3.11.9')", [stdout("3.11.7\n")], ["machine"], None),
    "machine, failing": ("1 / 0", [], ["machine"], "ZeroDivisionError"),
    "comment": ("# NBVAL_IGNORE_OUTPUT\nprint(1)", [stdout("2\n")], [], "expected '2', got '1'"),
    "comment to skip": ("# NBVAL_SKIP\nprint(1)", [stdout("2\n")], [], "expected '2', got '1'"),
    "nbval's tag": ("print(1)", [stdout("2\n")], ["nbval-ignore-output"], "expected '2', got '1'"),
    "environment": (
        "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['LOSSBOOK_DATA'] == os.environ['WANTED_DATA'])",
        [stdout("1 True\n")],
        [],
        None,
    ),
    "interpreter": ("sys.executable == os.environ['WANTED_PYTHON']", [display(plain="True")], [], None),
}


def notebook(cells, **metadata):
    made = [
        nbformat.v4.new_code_cell(code, outputs=outputs, metadata={"tags": tags}, execution_count=number)
        for number, (code, outputs, tags, *_) in enumerate(cells, start=1)
    ]
    kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernelspec, **metadata})


def run(pytester, made):
    """The reports of nbval's calls, one a cell."""
    nbformat.write(made, pytester.path / "chapter.ipynb")
    result = pytester.inline_run("--nbval", "-p", "lossbook.nbval_rules", "--color=no", "chapter.ipynb")
    return [report for report in result.getreports("pytest_runtest_logreport") if report.when == "call"]


@pytest.fixture
def another_python3(tmp_path, monkeypatch):
    """A kernel ``python3`` on the user's Jupyter path that is not this interpreter."""
    folder = tmp_path / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text('{"argv": ["/bin/false"], "display_name": "x", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")


@pytest.mark.usefixtures("another_python3")
def test_what_nbval_says(pytester, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("LOSSBOOK_DATA", "some/folder")
    monkeypatch.setenv("WANTED_DATA", str(pytester.path / "some" / "folder"))
    monkeypatch.setenv("WANTED_PYTHON", sys.executable)
    reports = run(pytester, notebook(CELLS.values()))
    assert len(reports) == len(CELLS)
    for (name, (*_, failure)), report in zip(CELLS.items(), reports, strict=True):
        if failure is None:
            assert report.passed, f"{name}: {report.longreprtext}"
        else:
            assert report.failed, f"{name} passed"
            assert failure in report.longreprtext, f"{name}: {report.longreprtext}"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert os.environ["LOSSBOOK_DATA"] == "some/folder"


FULL = [
    ("print('stand-in')", [stdout("real\n")], ["full-data"]),
    ("print('stand-in')", [stdout("real\n")], []),
    ("1 / 0", [], ["full-data"]),
]


@pytest.mark.parametrize(
    ("here", "outcomes"), [(("mnist",), ["failed", "failed", "failed"]), ((), ["passed", "failed", "failed"])]
)
def test_full_data_cells_are_compared_where_the_data_are(pytester, monkeypatch, here, outcomes):
    monkeypatch.setattr(nbval_rules, "_available", here.__contains__)
    reports = run(pytester, notebook(FULL, lossbook={"data": ["mnist"]}))
    assert [report.outcome for report in reports] == outcomes


def test_a_notebook_that_names_no_data_needs_all(monkeypatch):
    monkeypatch.setattr(nbval_rules, "_available", ("mnist", "cifar10").__contains__)
    assert missing_data(notebook(FULL)) == ["california_housing"]
    assert missing_data(notebook(FULL, lossbook={"data": ["mnist"]})) == []
    assert missing_data(notebook(FULL[1:2])) == []


def test_every_data_set_is_known():
    from lossbook import datasets

    assert sorted(nbval_rules.DATA_SETS) == sorted(datasets.names())
