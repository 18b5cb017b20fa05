"""Each rule for stored notebooks, broken once."""

import nbformat
import pytest

from lossbook.authoring.source import KERNELSPEC
from lossbook.authoring.structure import problems

PNG = {"image/png": "AAAA", "text/plain": "MAE"}


def stdout(text):
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def display(data, **metadata):
    return nbformat.v4.new_output("display_data", data, metadata=metadata)


ERROR = nbformat.v4.new_output("error", ename="ValueError", evalue="x", traceback=["ValueError: x"])


def notebook():
    cells = [
        nbformat.v4.new_markdown_cell("# A", id="a"),
        nbformat.v4.new_code_cell("x", id="a_1", execution_count=1, metadata={"tags": ["torch"]}),
        nbformat.v4.new_code_cell("y", id="a_2", execution_count=2),
    ]
    cells[1].outputs = [stdout("loss 0.25 after 3 steps, 12 samples\n"), display(PNG, **{"image/png": {"alt": "MAE"}})]
    metadata = {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}, "lossbook": {"version": "0"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=nbformat.from_dict(metadata))


def outputs(*made, tags=()):
    def change(book):
        book.cells[2].outputs = list(made)
        book.cells[2].metadata.tags = list(tags)

    return change


def metadata(**entries):
    return lambda book: book.metadata.update(nbformat.from_dict(entries))


def cell(**entries):
    return lambda book: book.cells[2].update(nbformat.from_dict(entries))


BROKEN = {
    "unknown tag": (cell(metadata={"tags": ["pytorch"]}), "expected a list of tags"),
    "tag as text": (cell(metadata={"tags": "torch"}), "expected a list of tags"),
    "unknown metadata": (cell(metadata={"execution": {}}), "unknown metadata ['execution']"),
    "id twice": (cell(id="a_1"), "is there twice"),
    "id": (cell(id="a.b"), "letters, digits"),
    "gap": (cell(execution_count=3), "expected execution count 2, got 3"),
    "not run": (cell(execution_count=None), "expected execution count 2, got None"),
    "empty": (cell(source=" \n"), "an empty code cell"),
    "comment": (cell(source="x\n# NBVAL_SKIP"), "a comment for nbval"),
    "kernel": (metadata(kernelspec={"name": "conda", "display_name": "conda"}), "expected the kernelspec"),
    "language": (metadata(language_info={"name": "python", "version": "3.11.9"}), "expected language_info"),
    "widgets": (metadata(widgets={}), "expected the metadata"),
    "stderr": (outputs(nbformat.v4.new_output("stream", name="stderr", text="w")), "stderr is stored"),
    "view": (outputs(display({"application/vnd.jupyter.widget-view+json": {"model_id": "1"}})), "a widget view"),
    "no alt": (outputs(display(PNG)), "a picture without alt text"),
    "blank alt": (outputs(display(PNG, **{"image/png": {"alt": " "}})), "a picture without alt text"),
    "jpeg": (outputs(display({"image/jpeg": "AAAA"}, **{"image/png": {"alt": "x"}})), "a picture without alt text"),
    "size": (outputs(stdout("x" * 1_000_000)), "expected at most 1000000 bytes"),
    "error": (outputs(ERROR), "tag it raises-exception"),
    "no error": (outputs(tags=["raises-exception"]), "expected an error, there is none"),
    "address": (outputs(stdout("<Line2D at 0x7f83>")), "an object's address: 'at 0x7f83'"),
    "address in a result": (outputs(display({"text/plain": "<Line2D at 0x7f83>"})), "an object's address"),
    "path": (outputs(stdout("File /home/ada/x.py")), "a path of this machine"),
    "package path": (outputs(stdout("lib/python3.11/site-packages/torch")), "a path of this machine"),
    **{
        text: (outputs(stdout(text)), "the output shows a time")
        for text in ("took 3.5 s", "0.12s", "14ms/step", "2.4 ms ± 3", "3 seconds", "at 12:30:05", "10.2it/s", "3 s")
    },
}


def test_a_proper_notebook_has_no_problems():
    assert problems(notebook()) == []
    proper = notebook()
    outputs(ERROR, tags=["raises-exception"])(proper)
    assert problems(proper) == []


@pytest.mark.parametrize(
    "text", ["2 samples", "0s and 1s", "3 min, 4 max", "loss 3.5", "the 1980s", "10 steps", "v2 s"]
)
def test_words_that_are_no_times(text):
    proper = notebook()
    outputs(stdout(text))(proper)
    assert problems(proper) == []


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.filterwarnings("ignore::nbformat.warnings.DuplicateCellId")
def test_each_rule(name):
    change, says = BROKEN[name]
    broken = notebook()
    change(broken)
    assert any(says in text for _, text in problems(broken)), problems(broken)
