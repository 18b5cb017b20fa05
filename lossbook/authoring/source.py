"""A chapter's source, read: MyST Markdown to a notebook with lasting cell ids, without outputs.

Cells that are answers or checks name their id in the source (``:id: q2-1-answer-torch``). Every other id is made of
the headings above the cell and its place below the last of them (``huber-loss_in-pytorch_2``), so that a new cell
changes no id outside its own section. A heading starts a new cell.
"""

import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import nbformat
from jupytext.myst import MystMetadataParsingError, myst_to_notebook
from markdown_it import MarkdownIt

import lossbook

FOLDERS = ("notebooks", "solutions")
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_PREFIX = 56  # leaves room for the cell's number


class BuildError(ValueError):
    """A source that can't be built; the message starts with ``file:line``."""


@dataclass(frozen=True)
class Source:
    """A source file and the notebook it describes."""

    path: Path
    notebook: nbformat.NotebookNode
    lines: tuple[int, ...]  # of each cell: the line of the file on which its text starts, from 1

    @property
    def target(self) -> Path:
        """Where the built notebook is stored: beside the folder ``src``."""
        return self.path.parent.parent / f"{self.path.stem}.ipynb"

    def at(self, cell: int, offset: int = 0) -> str:
        """``file:line`` of a cell, as errors begin."""
        return f"{short(self.path)}:{self.lines[cell] + offset}"


def short(path: Path) -> str:
    """A path as seen from the working folder, where it lies below it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def course_root(start: Path | None = None) -> Path:
    """The folder that holds ``notebooks/src``: here, above, or where this package lies."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, Path(lossbook.__file__).resolve().parent.parent):
        if (folder / "notebooks" / "src").is_dir():
            return folder
    raise ValueError(f"expected a checkout of the course, found no notebooks/src in or above {here}; cd into it.")


def find(names: tuple[str, ...], root: Path, *, solutions: bool = False) -> list[Path]:
    """The sources that are meant by numbers, stems or paths; every source where no name is given."""
    folders = ("solutions",) if solutions else FOLDERS if not names else ("notebooks",)
    known = sorted(path for folder in folders for path in (root / folder / "src").glob("*.md"))
    return [_find_one(name, known) for name in names] if names else known


def _find_one(name: str, known: list[Path]) -> Path:
    path = Path(name).resolve()
    if path.suffix == ".ipynb":
        path = path.parent / "src" / f"{path.stem}.md"
    if path.suffix == ".md" and path.is_file():
        return path
    matches = [source for source in known if source.stem == name or source.stem.split("_")[0] == name.zfill(2)]
    if len(matches) == 1:
        return matches[0]
    stems = ", ".join(source.stem for source in known) or "none yet"
    raise ValueError(f"expected the number, name or path of one source, got {name!r}; there are: {stems}.")


def read(path: Path) -> Source:
    """Read a source file; BuildError where its ids or options are wrong."""
    text = path.read_text(encoding="utf-8")
    try:
        raw = myst_to_notebook(text, add_source_map=True)
    except MystMetadataParsingError as error:
        raise BuildError(f"{short(path)}: {error}") from error
    cells, lines = _cells(raw, text.splitlines())
    metadata = {
        "kernelspec": KERNELSPEC,
        "language_info": {"name": "python"},
        "lossbook": {**raw.metadata.get("lossbook", {}), "version": lossbook.__version__},
    }
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=nbformat.from_dict(metadata))
    source = Source(path, notebook, tuple(lines))
    _give_ids(source)
    return source


def _cells(raw, text: list[str]) -> tuple[list, list[int]]:
    cells, lines = [], []
    for cell, start in zip(raw.cells, raw.metadata["source_map"], strict=True):
        first = _first_line(cell.source.split("\n"), text, start)
        for offset, part in _parts(cell):
            cells.append(part)
            lines.append(first + offset + 1)
    return cells, lines


def _first_line(source: list[str], text: list[str], start: int) -> int:
    # jupytext says where a cell begins; options or blank lines may stand before its text
    for line in range(start, len(text)):
        if text[line : line + len(source)] == source:
            return line
    return start


def _parts(cell) -> list[tuple[int, nbformat.NotebookNode]]:
    """A Markdown cell is cut before each heading; others stay whole."""
    if cell.cell_type != "markdown":
        return [(0, cell)]
    text = cell.source.split("\n")
    cuts = sorted({0, *(line for line, _, _ in headings(cell.source)), len(text)})
    parts = []
    for begin, end in pairwise(cuts):
        part = nbformat.v4.new_markdown_cell("\n".join(text[begin:end]).rstrip(), metadata=cell.metadata.copy())
        if begin > 0:
            part.metadata.pop("id", None)
        parts.append((begin, part))
    return parts


def headings(markdown: str) -> list[tuple[int, int, str]]:
    """The headings of a text, as (line from 0, level, title)."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    return [
        (token.map[0], int(token.tag[1]), tokens[i + 1].content)
        for i, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0
    ]


def _give_ids(source: Source) -> None:
    path: dict[int, str] = {}  # level of heading: slug
    place = 0
    seen: dict[str, int] = {}
    for number, cell in enumerate(source.notebook.cells):
        if cell.cell_type == "markdown" and (found := headings(cell.source)):
            _, level, title = found[0]
            path = {upper: slug for upper, slug in path.items() if upper < level} | {level: _slug(title)}
            place = 0
        given = cell.metadata.pop("id", None)
        cell.id = _prefix(path) + (f"_{place}" if place else "") if given is None else str(given)
        place += given is None
        _check_id(source, number, given)
        if cell.id in seen:
            raise BuildError(
                f"{source.at(number)}: the cell id {cell.id!r} is taken by line {source.lines[seen[cell.id]]}; "
                "name the heading, or the :id:, differently."
            )
        seen[cell.id] = number


def _check_id(source: Source, number: int, given) -> None:
    cell = source.notebook.cells[number]
    if not ID.fullmatch(cell.id):
        raise BuildError(f"{source.at(number)}: a cell id has 1 to 64 letters, digits, '-' or '_'; got {cell.id!r}.")
    if given is None and {"answer", "check"} & set(cell.metadata.get("tags", [])):
        raise BuildError(
            f"{source.at(number)}: an answer or check cell needs an id of its own, such as ':id: q2-1-answer-torch'."
        )


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "h" + sha256(title.encode()).hexdigest()[:8]


def _prefix(path: dict[int, str]) -> str:
    """The headings from the second level down; the title only above them."""
    slugs = [slug for level, slug in sorted(path.items()) if level > 1] or list(path.values()) or ["top"]
    joined = "_".join(slugs)
    if len(joined) <= _LONGEST_PREFIX:
        return joined
    return f"{joined[: _LONGEST_PREFIX - 9].rstrip('-_')}-{sha256(joined.encode()).hexdigest()[:8]}"
