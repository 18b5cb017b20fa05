"""matplotlib and the canvas tell the same story: what each of them drew is compared, and no image is."""

import json

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as Canvas

from lossbook import explorers, plots
from lossbook.explorers import Explorer, Slider
from lossbook.figures import MARKERS, SERIES, Axis, Bars, Figure, Heatmap, Line, Note, Panel, Points, Rule

pytestmark = pytest.mark.browser

#: Writes down what is drawn on any canvas: rectangles to clip to, strokes with their paths, texts with their places.
RECORDER = """
const pen = CanvasRenderingContext2D.prototype, drawn = window.drawn = [];
const wrap = (name, note) => { const real = pen[name];
    pen[name] = function (...given) { note.call(this, ...given); return real.apply(this, given); }; };
wrap("clearRect", () => { drawn.length = 0; });
wrap("beginPath", function () { this.path = []; });
wrap("moveTo", function (x, y) { this.path.push([x, y]); });
wrap("lineTo", function (x, y) { this.path.push([x, y]); });
wrap("rect", (x, y, w, h) => drawn.push({ kind: "panel", box: [x, y + 1, w, h - 2] }));
wrap("stroke", function () { drawn.push({ kind: "stroke", colour: this.strokeStyle, width: this.lineWidth,
    dash: this.getLineDash(), path: this.path }); });
wrap("fillText", function (text, x, y) { drawn.push({ kind: "text", text, x, y, colour: this.fillStyle }); });
"""
PIXEL = """(canvas, places) => { const pen = canvas.getContext("2d");
    return places.map(([x, y]) => [...pen.getImageData(Math.round(x - 0.5), Math.round(y - 0.5), 1, 1).data]); }"""


def everything(x):
    """A figure with every kind of mark, style and marker, and a logarithmic axis."""
    t = np.linspace(0, 10, 101)
    lines = [Line(t, 2 + np.sin(t + k) + k + x, f"line {k}", **series) for k, series in enumerate(SERIES)]
    points = [Points([1 + k], [8], colour="ink", marker=marker) for k, marker in enumerate(MARKERS)]
    marks = [*lines, *points, Rule("x", 5), Rule("y", 3, "rule"), Note(6, 9, "a note")]
    decay = Line(t, 10 ** (-t / 3), "decay", width=3)
    return Figure(
        (
            Panel(Axis("time (s)", 0, 10), Axis("size (m)", -1, 10), tuple(marks), title="All marks"),
            Panel(Axis("time (s)", 0, 10), Axis("rest", 1e-4, 2, log=True), (Bars([1, 2], [1, 0.1], "bars"), decay)),
        ),
        alt="Every mark.",
    )


def table(x):
    """A heatmap."""
    return Figure(
        Panel(Axis("column"), Axis("row", flip=True), (Heatmap([[0, 1, x], [0.2, 0.5, 0.8]]),)), alt="A table."
    )


def own(function):
    return Explorer(function, [Slider("x", 0, 2, 1, steps=2)], title=function.__name__)


CASES = {function.__name__: function for function in explorers.COURSE}
CASES |= {"everything": lambda: own(everything), "table": lambda: own(table)}


@pytest.fixture(params=CASES, scope="module")
def drawn(request, chrome, tmp_path_factory):
    """(what the canvas drew, the canvas's pixels at places, matplotlib's Axes in the same rectangles)."""
    explorer = CASES[request.param]()
    path = explorer.save_html(tmp_path_factory.mktemp("pages") / "page.html")
    page = chrome.page(viewport={"width": 900, "height": 900}, offline=True)
    page.add_init_script(RECORDER)
    page.goto(path.as_uri())
    page.wait_for_function("() => window.drawn.length > 0")
    record = json.loads(page.evaluate("() => JSON.stringify(window.drawn)"))
    canvas = page.locator("canvas")
    size = canvas.evaluate("(canvas) => [canvas.width, canvas.height]")
    boxes = [r["box"] for r in record if r["kind"] == "panel"]
    yield record, lambda places: canvas.evaluate(PIXEL, places), matplotlib_axes(explorer.draw(), size, boxes)
    assert page.errors == []
    page.context.close()


def matplotlib_axes(figure, size, boxes):
    """The same figure by matplotlib, one pixel a CSS pixel, its axes where the canvas has its panels."""
    (width, height), dpi = size, plots.PER_INCH
    canvas = Canvas(figsize=(width / dpi, height / dpi), dpi=dpi)
    FigureCanvasAgg(canvas)
    axes = [canvas.add_axes((x / width, 1 - (y + h) / height, w / width, h / height)) for x, y, w, h in boxes]
    plots.draw(figure, axes)
    canvas.canvas.draw()
    return axes


def on_page(ax, points):
    """Data as CSS pixels from the top left."""
    places = ax.transData.transform(np.asarray(points, dtype=float))
    return np.stack([places[:, 0], ax.figure.bbox.height - places[:, 1]], axis=1)


def texts(record):
    return [(r["text"], r["x"], r["y"]) for r in record if r["kind"] == "text"]


def test_ticks_and_ranges(drawn):
    record, _, axes = drawn
    for ax in axes:
        for which, place in (("x", 0), ("y", 1)):
            axis = getattr(ax, f"{which}axis")
            labels = [label.get_text() for label in axis.get_ticklabels() if label.get_text()]
            at = np.array([(ax.get_xlim()[0], ax.get_ylim()[0])] * len(labels), dtype=float).reshape(-1, 2)
            at[:, place] = axis.get_majorticklocs()[: len(labels)]
            for label, wanted in zip(labels, on_page(ax, at), strict=True):
                near = [t for t in texts(record) if t[0] == label and abs(t[1 + place] - wanted[place]) < 0.75]
                assert near, f"tick {label!r} of {axis.get_label_text()!r} is not at {wanted[place]:.1f} on the canvas"


def test_labels_titles_and_legends_in_order(drawn):
    record, _, axes = drawn
    said = [text for text, *_ in texts(record)]
    for ax in axes:
        legend = [] if ax.get_legend() is None else [text.get_text() for text in ax.get_legend().get_texts()]
        first = said.index(legend[0]) if legend else 0
        assert said[first : first + len(legend)] == legend
        for words in (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(loc="left")):
            assert words in said or not words
        assert {text.get_text() for text in ax.texts} <= set(said)


def test_lines_have_the_same_points_colours_widths_and_dashes(drawn):
    record, _, axes = drawn
    strokes = [r for r in record if r["kind"] == "stroke"]
    for ax in axes:
        for line in ax.lines:
            data = np.stack(np.asarray(line.get_xydata().T, dtype=float), axis=1)
            if line.get_marker() not in ("None", None, "none", "") or len(data) <= 2:
                continue
            places = on_page(ax, data[np.isfinite(data).all(axis=1)])
            same = [s for s in strokes if len(s["path"]) == len(places) and np.abs(s["path"] - places).max() < 0.75]
            assert same, f"no stroke of the canvas follows {line.get_label()}"
            stroke = same[0]
            assert stroke["colour"] == to_hex(line.get_color())
            assert stroke["width"] * plots.POINT == pytest.approx(line.get_linewidth())
            pattern = line._dash_pattern[1] or []
            assert [part * plots.POINT for part in stroke["dash"]] == pytest.approx(list(pattern))


def test_pixels_on_the_curves(drawn):
    """At sampled places of solid curves both pictures show the same colour, the curve's own or a later mark's."""
    _, pixels, axes = drawn
    image = np.asarray(axes[0].figure.canvas.buffer_rgba())
    for ax in axes:
        for line in [line for line in ax.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 20]:
            data = line.get_xydata()[5:-5:11]
            inside = np.isfinite(data).all(axis=1) & (data[:, 1] > ax.get_ylim()[0]) & (data[:, 1] < ax.get_ylim()[1])
            places = on_page(ax, data[inside])
            assert len(places), f"{line.get_label()} lies outside the picture"
            canvas = np.array(pixels(places.tolist()))[:, :3]
            printed = np.array([image[round(float(y) - 0.5), round(float(x) - 0.5), :3] for x, y in places])
            close = np.abs(canvas - printed.astype(int)).max(axis=1) < 70  # antialiasing of a 2 px line
            assert close.mean() >= 0.8, (
                f"{line.get_label()}: {canvas[~close]} on the canvas, {printed[~close]} in print"
            )


def test_heatmap_cells():
    figure = table(1.0)
    ax = plots.draw(figure)
    cells = [patch.get_facecolor() for patch in ax.patches]
    heat = figure.panels[0].marks[0]
    assert [to_hex(cell) for cell in cells] == [heat.shade(value)[1] for value in heat.values.ravel()]
