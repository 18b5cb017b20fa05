"""What nbval makes of notebooks that say something else than they did."""

import os
import sys

import nbformat
import pytest

from lossbook import nbval_rules
from lossbook.nbval_rules import missing_data, visible

pytest_plugins = ["pytester"]


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
