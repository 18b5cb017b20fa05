"""Normalising: what a second run, or another machine, would store otherwise."""

import struct
import zlib

import nbformat
import pytest

from lossbook.authoring.normalise import normalise, png_without_extras


def chunk(name, body):
    return struct.pack(">I4s", len(body), name) + body + struct.pack(">I", zlib.crc32(name + body))


def png(*extras):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\xff"))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extras) + pixels + chunk(b"IEND", b"")


def test_a_picture_keeps_what_draws_it():
    resolution = chunk(b"pHYs", struct.pack(">IIB", 3937, 3937, 1))
    noisy = png(chunk(b"tEXt", b"Software\0Matplotlib"), resolution, chunk(b"tIME", b"\x07\xea\x01\x01\0\0\0"))
    assert png_without_extras(noisy) == png(resolution)


def test_a_damaged_picture_is_refused():
    with pytest.raises(ValueError, match="damaged chunk b'IDAT'"):
        png_without_extras(png().replace(zlib.compress(b"\0\xff"), zlib.compress(b"\0\xfe")))
    with pytest.raises(ValueError, match="expected a PNG picture"):
        png_without_extras(b"GIF89a")


def output(*outputs):
    """The outputs of a cell after normalising; it follows one that counts as the first."""
    cell = nbformat.v4.new_code_cell("x", outputs=list(outputs), execution_count=40)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("y"), nbformat.v4.new_markdown_cell(), cell])
    normalise(notebook)
    assert cell.execution_count == 2
    return cell.outputs


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def test_streams_merge_over_stderr_but_not_over_a_result():
    result = nbformat.v4.new_output("execute_result", {"text/plain": "3"}, execution_count=40)
    made = output(stream("a\n"), stream("w\n", "stderr"), stream("b\n"), result, stream("c\n"))
    assert [each.get("text") for each in made] == ["a\nb\n", None, "c\n"]
    assert made[1].execution_count == 2


def test_a_carriage_return_overwrites():
    assert output(stream("10%\r"), stream("20%\rdone\nnext\r\n")) == [stream("done\nnext\r\n")]


def test_metadata_of_outputs():
    metadata = {"image/png": {"alt": "a line", "width": 640, "seconds": 3}, "needs_background": "light", "when": "now"}
    made = nbformat.v4.new_output("display_data", {"text/plain": "MAE"}, metadata=metadata)
    assert output(made)[0].metadata == {"image/png": {"alt": "a line", "width": 640}, "needs_background": "light"}


def test_tracebacks_keep_the_notebook_only():
    frames = [
        "ValueError  Traceback",
        "\x1b[36mCell\x1b[39m In[2], line 1",
        "\x1b[36mFile \x1b[32m/usr/x.py:3",
        "ValueError: 3",
    ]
    made = nbformat.v4.new_output("error", ename="ValueError", evalue="3", traceback=frames)
    assert output(made)[0].traceback == [frames[0], frames[1], frames[3]]
