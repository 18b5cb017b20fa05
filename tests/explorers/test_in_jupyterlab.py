"""Explorers in JupyterLab, in a real browser: moved by keyboard, by mouse and from Python; errors; a dead kernel."""

import ast

import pytest
from browser import open_notebook, run_all, run_cell, write_notebook
from looking import BUTTONS, HANDLES, explorers_in
from playwright.sync_api import expect

from lossbook import explorers, losses
from lossbook.figures import PALETTE, has_curve

pytestmark = pytest.mark.browser


def opened(open_page, lab, name, cells):
    """A page with this notebook, all its cells run."""
    write_notebook(lab[2] / name, cells)
    page = open_page()
    open_notebook(page, lab, name)
    run_all(page)
    return page


def by_keyboard(seen, what):
    """Every control answers to the keyboard with another picture and another sentence."""
    handles = seen.root.locator(HANDLES)
    for k in range(handles.count()):
        handle = handles.nth(k)
        keys = ("Space",)
        if handle.get_attribute("role") == "slider":
            at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
            keys = ("Home", "ArrowRight", "End") if at_end else ("End", "ArrowLeft", "Home")
        for key in keys:
            handle.focus()
            seen.must_change(lambda key=key: seen.page.keyboard.press(key), f"{what}, control {k}, {key}")
    buttons = seen.root.locator(BUTTONS)
    for k in range(buttons.count()):
        if "mod-active" not in buttons.nth(k).get_attribute("class"):
            seen.must_change(lambda k=k: buttons.nth(k).press("Enter"), f"{what}, button {k}")


def by_mouse(seen, what):
    """Dragging the first slider's handle moves the picture; so does the reset button."""
    track = seen.root.locator(".noUi-target").first
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    middle = box["y"] + box["height"] / 2

    def drag():
        handle = seen.root.locator(".noUi-handle").first.bounding_box()
        x = handle["x"] + handle["width"] / 2
        to = box["x"] + box["width"] * (0.2 if x > box["x"] + box["width"] / 2 else 0.8)
        seen.page.mouse.move(x, middle)
        seen.page.mouse.down()
        seen.page.mouse.move(to, middle, steps=6)
        seen.page.mouse.up()

    seen.must_change(drag, f"{what}, mouse")
    seen.must_change(lambda: seen.root.locator(".lossbook-reset").click(), f"{what}, reset")


def test_every_explorer_of_the_course(open_page, lab):
    names = [function.__name__ for function in explorers.COURSE]
    cells = ["from lossbook import explorers; made = []"]
    cells += [f"made.append(explorers.{name}()); made[-1]" for name in names]
    page = opened(open_page, lab, "course.ipynb", [*cells, "*[e.figure.says for e in made], ''"])
    found = explorers_in(page)
    assert len(found) == len(names)
    for name, seen in zip(names, found, strict=True):
        by_keyboard(seen, name)
    (sentences,) = run_cell(page, len(cells))  # what the page shows is what the kernel would answer
    assert list(ast.literal_eval(sentences))[:-1] == [seen.spoken for seen in found]
    for name, seen in zip(names, found, strict=True):
        by_mouse(seen, name)


def test_every_curve_of_the_catalogue(open_page, lab):
    names = [name for name in losses.names() if has_curve(losses.get(name))]
    page = opened(open_page, lab, "catalogue.ipynb", ["import lossbook", *(f"lossbook.explore({n!r})" for n in names)])
    found = explorers_in(page)
    assert len(found) == len(names)
    for name, seen in zip(names, found, strict=True):
        handle = seen.root.locator(".noUi-handle").last  # the point on the curve
        handle.focus()
        seen.must_change(lambda: page.keyboard.press("PageDown"), name)


def test_drag_in_the_picture(open_page, lab):
    page = opened(
        open_page, lab, "drag.ipynb", ["from lossbook import explorers; e = explorers.outlier(); e", "e.values"]
    )
    (seen,) = explorers_in(page)
    seen.until_painted()
    seen.canvas.scroll_into_view_if_needed()
    box = seen.canvas.bounding_box()

    def drag():
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3, steps=5)
        page.mouse.up()

    seen.must_change(drag, "drag in the picture")
    (values,) = run_cell(page, 1)
    assert "'x': 2.6" in values or "'x': 2." in values


PYTHON_CELLS = [
    "import numpy as np\nfrom lossbook.explorers import *\nfrom lossbook import figures as f",
    """def half(x):
    line = f.Line([0, 1], [x, x])
    return f.Figure(f.Panel(f.Axis("x"), f.Axis("y", 0, 10), (line,)), alt="A line.", says=f"at {x:g}")
e, log = Explorer(half, [Slider("x", 0, 10, 4, steps=20)], title="half"), []
stop = e.observe(lambda values: log.append(values["x"])); e""",
    "e.set(x=7)",
    "e.set(x=8.4)",
    "log, e.values",
    "e.reset()",
]


def test_values_from_python_both_ways(open_page, lab):
    page = opened(open_page, lab, "python.ipynb", PYTHON_CELLS[:2])
    (seen,) = explorers_in(page)
    seen.until_spoken("at 4")
    for cell in PYTHON_CELLS[2:]:
        page.evaluate(
            """(source) => { const content = window.jupyterapp.shell.currentWidget.content;
                 content.model.sharedModel.addCell({cell_type: 'code', source}); }""", cell,
        )  # fmt: skip
    run_cell(page, 2)
    seen.until_spoken("at 7")
    run_cell(page, 3)
    seen.until_spoken("at 8.5")
    seen.root.locator(".noUi-handle").focus()
    page.keyboard.press("End")
    seen.until_spoken("at 10")
    assert run_cell(page, 4) == ["([7.0, 8.5, 10.0], {'x': 10.0})"]
    run_cell(page, 5)
    seen.until_spoken("at 4")


TROUBLE = """
from lossbook.explorers import *
from lossbook import figures as f
def draw(x, other=0):
    if x == 2: raise RuntimeError("two is not allowed")
    y = [float("nan"), 1] if x == 3 else [0, 1, 2] if x == 4 else [x, 1]
    picture = f.Figure(f.Panel(f.Axis("x"), f.Axis("y", 0, 10), (f.Line([0, 1], y),)), alt="A line.", says=f"at {x:g}")
    return "nothing" if x == 5 else picture
"""


@pytest.mark.parametrize("more", ["", ', Toggle("other")'], ids=["frames", "live"])
def test_errors_show_and_go(open_page, lab, more):
    cell = TROUBLE + f'Explorer(draw, [Slider("x", 0, 6, 1, steps=6){more}], title="trouble")'
    page = opened(open_page, lab, "trouble.ipynb", [cell])
    (seen,) = explorers_in(page)
    seen.until_spoken("at 1")
    note = seen.root.locator(".lossbook-note")
    seen.root.locator(".noUi-handle").focus()
    for words in ("RuntimeError: two is not allowed", "finite", "equally long", "must return a Figure; got str"):
        page.keyboard.press("ArrowRight")
        expect(note).to_contain_text(words, timeout=20_000)
    page.keyboard.press("ArrowRight")
    seen.until_spoken("at 6")
    expect(note).to_be_hidden(timeout=20_000)


SLOW = """
import time
from lossbook.explorers import *
from lossbook import figures as f
calls = []
def draw(x, other):
    calls.append(x); time.sleep(0.25)
    line = f.Line([0, 1], [x, x])
    panel = f.Panel(f.Axis("x"), f.Axis("y", 0, 40), (line,))
    return f.Figure(panel, alt="A line.", says=f"at {x}, call {len(calls)}.")
Explorer(draw, [Slider("x", 0, 40, 0, steps=40), Toggle("other")], title="slow")
"""


def test_slow_function_never_queues_up(open_page, lab):
    page = opened(open_page, lab, "slow.ipynb", [SLOW])
    (seen,) = explorers_in(page)
    seen.until_spoken("at 0")
    seen.root.locator(".noUi-handle").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    seen.until_spoken("at 30,")  # 30 calls would take 7.5 s, and none may wait in a queue
    calls = int(seen.spoken.rpartition("call ")[2].rstrip("."))
    assert calls <= 10


def test_dead_kernel_leaves_the_picture(open_page, lab):
    cells = ["from lossbook import explorers\nexplorers.regression_losses()", "explorers.outlier()"]
    page = opened(open_page, lab, "dead.ipynb", cells)
    ahead, live = explorers_in(page)
    ahead.until_painted()
    live.until_painted()
    before = live.pixels
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute("
                  "{code: 'import os; os._exit(1)'}) && null")  # fmt: skip
    for seen in (ahead, live):
        expect(seen.root.locator(".lossbook-note")).to_contain_text("The kernel has stopped", timeout=40_000)
    assert live.pixels == before
    for _ in range(page.locator(".jp-Dialog").count()):
        page.keyboard.press("Escape")
    ahead.root.locator(".noUi-handle").focus()
    page.keyboard.press("End")
    ahead.until_spoken("With δ = 3")
    assert "still moves" in ahead.note


#: How many pixels of a canvas have exactly this colour.
COUNT = """(canvas, wanted) => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let k = 0; k < data.length; k += 4) count += wanted.every((part, j) => data[k + j] === part);
    return count; }"""


def test_dark_theme_and_width(open_page, lab):
    page = opened(open_page, lab, "theme.ipynb", ["from lossbook import explorers\nexplorers.regression_losses()"])
    (seen,) = explorers_in(page)
    seen.until_painted()
    light, dark = ([int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in PALETTE["blue"])
    assert seen.canvas.evaluate(COUNT, light) > 100
    assert seen.canvas.evaluate(COUNT, dark) == 0
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    seen.page.wait_for_function(
        f"([canvas, wanted]) => ({COUNT})(canvas, wanted) > 100", arg=[seen.canvas.element_handle(), dark]
    )
    assert seen.canvas.evaluate(COUNT, light) == 0
    page.set_viewport_size({"width": 820, "height": 900})
    page.wait_for_function(
        "(c) => c.width < 560 && Math.abs(c.width - c.clientWidth) <= 1", arg=seen.canvas.element_handle()
    )
    assert seen.canvas.evaluate("(c) => Math.abs(c.height - c.clientHeight)") <= 1
