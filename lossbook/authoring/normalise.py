"""An executed notebook, made the same on every build: counts, metadata, streams, tracebacks, pictures."""

import re
import struct
import zlib
from base64 import b64decode, b64encode

import nbformat

from lossbook.nbval_rules import visible

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_OVERWRITTEN = re.compile(r"^[^\n]*\r(?=[^\n])", re.MULTILINE)
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What a picture needs to look the same; the rest (software, dates, text) changes from version to version.
_PNG_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND")
_OUTPUT_METADATA = ("alt", "width", "height")


def normalise(notebook: nbformat.NotebookNode) -> None:
    """Change an executed notebook in place."""
    count = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        cell.outputs = _merged([_output(output, count) for output in visible(cell.outputs)])


def plain(traceback: str) -> str:
    """A text without terminal colours."""
    return _ANSI.sub("", traceback)


def png_without_extras(png: bytes) -> bytes:
    """The same picture with only the chunks that draw it."""
    if not png.startswith(_PNG_SIGNATURE):
        raise ValueError(f"expected a PNG picture, got data that start with {png[:8]!r}; let matplotlib draw it.")
    kept, at = [_PNG_SIGNATURE], len(_PNG_SIGNATURE)
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        chunk = png[at : at + 12 + length]
        if struct.unpack(">I", chunk[-4:])[0] != zlib.crc32(chunk[4:-4]):
            raise ValueError(f"expected a whole PNG picture, got a damaged chunk {name!r}; draw it again.")
        if name in _PNG_CHUNKS:
            kept.append(chunk)
        at += len(chunk)
    return b"".join(kept)


def _output(output, count: int):
    if output.output_type == "error":
        output.traceback = _shortened(output.traceback)
    if output.output_type in ("display_data", "execute_result"):
        output.metadata = _known_metadata(output.metadata)
        if "image/png" in output.data:
            png = png_without_extras(b64decode(output.data["image/png"]))
            output.data["image/png"] = b64encode(png).decode()
    if output.output_type == "execute_result":
        output.execution_count = count
    return output


def _shortened(traceback: list[str]) -> list[str]:
    """A traceback without frames outside the notebook: they name paths of the machine that built it."""
    return [frame for frame in traceback if not plain(frame).startswith("File ")]


def _known_metadata(metadata):
    known = {}
    for key, value in metadata.items():
        if key == "needs_background":
            known[key] = value
        elif isinstance(value, dict) and (kept := {name: value[name] for name in _OUTPUT_METADATA if name in value}):
            known[key] = kept
    return nbformat.from_dict(known)


def _merged(outputs: list) -> list:
    """Neighbouring pieces of stdout as one, as they are read; what a carriage return overwrote is gone."""
    merged = []
    for output in outputs:
        if merged and output.output_type == "stream" == merged[-1].output_type:
            merged[-1].text += output.text
        else:
            merged.append(output)
    for output in merged:
        if output.output_type == "stream":
            output.text = _OVERWRITTEN.sub("", output.text)
    return merged
