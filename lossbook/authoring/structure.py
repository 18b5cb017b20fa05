"""What every stored notebook of the course keeps to. ``lossbook build`` and the tests ask the same function."""

import re
from copy import deepcopy

import nbformat

from lossbook.authoring.normalise import plain
from lossbook.authoring.source import ID, KERNELSPEC
from lossbook.nbval_rules import PICTURES, WIDGET_VIEW, tags

TAGS = frozenset(
    ("torch", "keras", "parity", "explorer", "answer", "check", "full-data", "machine", "raises-exception")
)
CELL_METADATA = frozenset(("tags", "lossbook", "nbgrader", "jupyter", "editable", "deletable"))
NOTEBOOK_METADATA = {"kernelspec", "language_info", "lossbook"}
LARGEST = 1_000_000  # bytes

# What an output must not say: it would differ on the next machine, or on the next run.
_FORBIDDEN = {
    "an object's address": re.compile(r"\bat 0x[0-9a-fA-F]+"),
    "a path of this machine": re.compile(r"(?<![\w.])/(?:tmp|home|root|Users|opt)/\w|\b[A-Z]:\\\\?Users|site-packages"),
    "a time": re.compile(
        r"(?<![\w.])(?:\d+(?:\.\d+)?[ ]|\d+\.\d+)(?:s|ms|[µμu]s|ns|secs?|seconds?|minutes?)(?:/\w+)?(?![\w/])"
        r"|(?<![\w.])\d+(?:ms|[µμu]s)(?![\w])"
        r"|\b\d{1,2}:\d{2}:\d{2}\b|\d(?:it|step|batch)/s"
    ),
}


def problems(notebook: nbformat.NotebookNode) -> list[tuple[int | None, str]]:
    """Everything that is wrong, as (index of the cell or None, what to change)."""
    found = [(None, text) for text in _notebook_problems(deepcopy(notebook))]  # nbformat mends what it checks
    count = 0
    seen: set[str] = set()
    for index, cell in enumerate(notebook.cells):
        texts = _cell_problems(cell)
        if cell.id in seen:
            texts.append(f"the id {cell.id!r} is there twice")
        seen.add(cell.id)
        if cell.cell_type == "code":
            count += 1
            if cell.execution_count != count:
                texts.append(f"expected execution count {count}, got {cell.execution_count}")
            texts += _output_problems(cell)
        found += [(index, text) for text in texts]
    return found


def _notebook_problems(notebook) -> list[str]:
    found = []
    metadata = notebook.metadata
    if set(metadata) != NOTEBOOK_METADATA:
        found.append(f"expected the metadata {sorted(NOTEBOOK_METADATA)}, got {sorted(metadata)}")
    if metadata.get("kernelspec") != KERNELSPEC:
        found.append(f"expected the kernelspec {KERNELSPEC}, got {metadata.get('kernelspec')}")
    if metadata.get("language_info") != {"name": "python"}:
        found.append(f"expected language_info {{'name': 'python'}}, got {metadata.get('language_info')}")
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        found.append(f"not a valid notebook: {error}")
    size = len(nbformat.writes(notebook).encode())
    if size > LARGEST:
        found.append(f"expected at most {LARGEST} bytes, got {size}; draw fewer or smaller pictures")
    return found


def _cell_problems(cell) -> list[str]:
    found = []
    if unknown := set(cell.metadata) - CELL_METADATA:
        found.append(f"unknown metadata {sorted(unknown)}; known are {sorted(CELL_METADATA)}")
    if not isinstance(tags(cell), list) or not set(tags(cell)) <= TAGS:
        found.append(f"expected a list of tags out of {sorted(TAGS)}, got {tags(cell)!r}")
    if not ID.fullmatch(cell.id):
        found.append(f"expected an id of 1 to 64 letters, digits, '-' or '_', got {cell.id!r}")
    if cell.cell_type == "code" and not cell.source.strip():
        found.append("an empty code cell; remove it")
    if cell.cell_type == "code" and re.search(r"^\s*#\s*(?:NBVAL_|PYTEST_VALIDATE)", cell.source, re.MULTILINE):
        found.append("a comment for nbval; use a tag")
    return found


def _output_problems(cell) -> list[str]:
    found = []
    raises = "raises-exception" in tags(cell)
    if raises != any(output.output_type == "error" for output in cell.outputs):
        found.append("expected an error, there is none" if raises else "there is an error; tag it raises-exception")
    for output in cell.outputs:
        data = output.get("data", {})
        if output.output_type == "stream" and output.name == "stderr":
            found.append("stderr is stored")
        if WIDGET_VIEW in data:
            found.append("a widget view is stored; it shows 'model not found' to a reader")
        for mime in set(PICTURES) & set(data):
            if not output.metadata.get(mime, {}).get("alt", "").strip():
                found.append(
                    f"a picture without alt text; use display(figure, metadata={{{mime!r}: {{'alt': '...'}}}})"
                )
        for text in _texts(output):
            found += [f"the output shows {what}: {match[0]!r}" for what, match in _forbidden(text)]
    return found


def _texts(output) -> list[str]:
    if output.output_type == "stream":
        return [output.text]
    if output.output_type == "error":
        return [output.evalue, *map(plain, output.traceback)]
    return [text for mime, text in output.data.items() if mime.startswith("text/")]


def _forbidden(text: str):
    for what, pattern in _FORBIDDEN.items():
        if match := pattern.search(text):
            yield what, match
