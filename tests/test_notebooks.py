"""Every notebook of the course: made from its source, and as ``lossbook.authoring.structure`` wants it."""

from pathlib import Path

import nbformat
import pytest

from lossbook.authoring.build import drift
from lossbook.authoring.source import find
from lossbook.authoring.structure import problems
from lossbook.nbval_rules import tags

ROOT = Path(__file__).parent.parent
SOURCES = find((), ROOT)
STORED = sorted(path for folder in ("notebooks", "solutions") for path in (ROOT / folder).glob("*.ipynb"))

# The only cells whose output nbval does not compare anywhere: they tell of the machine. A short list, on purpose.
MACHINE_CELLS = {("00_start_here", "1-is-your-machine-ready_1")}  # (notebook, cell id)


def name(path: Path) -> str:
    return f"{path.relative_to(ROOT).parts[0]}/{path.stem}"


@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_the_stored_notebook_is_that_of_its_source(source):
    assert not (found := drift(source)), "\n".join(found)


@pytest.mark.parametrize("path", STORED, ids=name)
def test_a_stored_notebook_keeps_the_rules(path):
    notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
    found = [
        text if index is None else f"cell {notebook.cells[index].id!r}: {text}" for index, text in problems(notebook)
    ]
    assert not found, "\n".join(found)


def test_every_notebook_has_a_source():
    assert [path for path in STORED if not (path.parent / "src" / f"{path.stem}.md").is_file()] == []


def test_cells_that_tell_of_the_machine_are_known():
    found = {
        (path.stem, cell.id)
        for path in STORED
        for cell in nbformat.v4.reads(path.read_text(encoding="utf-8")).cells
        if "machine" in tags(cell)
    }
    assert found == MACHINE_CELLS
