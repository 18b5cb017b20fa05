"""A figure drawn by matplotlib: for print, for tests, and where no browser draws it.

``plots.draw(figure)`` gives Axes; a cell that ends with ``plots.show(figure)`` shows the picture with its alt text.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter

from lossbook import figures
from lossbook.figures import PALETTE, STYLES, Bars, Figure, Heatmap, Line, Note, Panel, Points, Rule

#: CSS pixels in an inch: figures are laid out in CSS pixels, matplotlib in points (1/72 inch).
PER_INCH = 96
POINT = 72 / PER_INCH
#: Pixels drawn for each CSS pixel of a picture in a notebook.
SHARPNESS = 1.25
MARKERS = {"circle": "o", "square": "s", "diamond": "D", "triangle": "^"}
GRID, SPINE = figures.FRAME["grid"][0], figures.FRAME["spine"][0]


def colour(name: str) -> str:
    """A colour of the palette, for a light page."""
    return PALETTE[name][0]


def draw(figure: Figure, ax=None):
    """Draw ``figure`` and return its Axes: one for a single panel, else an array, one a panel.

    ``ax`` is where to draw: Axes, or a sequence of them, one a panel.
    """
    axes = _new_axes(figure) if ax is None else np.atleast_1d(np.asarray(ax, dtype=object))
    if axes.size != len(figure.panels):
        raise ValueError(f"draw: this figure needs {len(figure.panels)} Axes, one a panel; got {axes.size}.")
    for panel, one in zip(figure.panels, axes.flat, strict=True):
        _draw_panel(panel, one, figure.legend_columns)
    return axes.flat[0] if axes.size == 1 else axes


def _new_axes(figure: Figure) -> np.ndarray:
    width, height, room = figures.WIDTH, figure.height, figures.LAYOUT
    canvas = Canvas(figsize=(width / PER_INCH, height / PER_INCH), dpi=PER_INCH * SHARPNESS)
    FigureCanvasAgg(canvas)
    top = room["top"] + room["title"] * any(panel.title for panel in figure.panels)
    top += figure.legend_rows * room["legend_row"] + room["legend_gap"]
    count = len(figure.panels)
    each = (width - room["left"] - room["right"] - room["between"] * (count - 1)) / count
    places = [(room["left"] + k * (each + room["between"])) / width for k in range(count)]
    bottom, tall = room["bottom"] / height, (height - top - room["bottom"]) / height
    return np.array([canvas.add_axes((x, bottom, each / width, tall)) for x in places], dtype=object)


def _draw_panel(panel: Panel, ax: Axes, columns: int) -> None:
    _axes(panel, ax, -(-len(panel.legend) // columns))
    handles = []
    for order, mark in enumerate(panel.marks):
        handle = _DRAW[type(mark)](mark, ax, 2 + order / 100)
        if getattr(mark, "label", ""):
            handles.append(handle)
    if handles:
        above = figures.LAYOUT["legend_gap"] / (ax.get_window_extent().height * PER_INCH / ax.figure.dpi)
        ax.legend(
            handles, [mark.label for mark in panel.legend], ncols=columns, loc="lower left", borderaxespad=0,
            bbox_to_anchor=(0, 1 + above), frameon=False, fontsize=12 * POINT, handlelength=2.4, columnspacing=1.4,
            borderpad=0, labelspacing=0.35,
        )  # fmt: skip


def _axes(panel: Panel, ax: Axes, legend_rows: int) -> None:
    if panel.title:
        above = figures.LAYOUT["legend_gap"] + 2 + legend_rows * figures.LAYOUT["legend_row"]
        ax.set_title(panel.title, loc="left", fontsize=13 * POINT, fontweight="bold", pad=above * POINT)
    for axis, one in ((panel.x, ax.xaxis), (panel.y, ax.yaxis)):
        if axis.log:
            getattr(ax, f"set_{one.axis_name}scale")("log")
            one.set_minor_formatter(NullFormatter())
            one.set_tick_params(which="minor", length=0)
        # All of this before the ticks are set: each change afterwards would go through every tick.
        one.set_tick_params(color=SPINE, labelcolor=colour("grey"), labelsize=11 * POINT, length=4)
        if not any(isinstance(mark, Heatmap) for mark in panel.marks):
            one.grid(color=GRID, linewidth=1 * POINT)
        one.set_label_text(axis.label, fontsize=12 * POINT, color=colour("ink"))
        one.set_major_locator(FixedLocator([at for at, _ in axis.ticks]))
        one.set_major_formatter(FixedFormatter([text for _, text in axis.ticks]))
        ends = (axis.high, axis.low) if axis.flip else (axis.low, axis.high)
        getattr(ax, f"set_{one.axis_name}lim")(*ends)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(SPINE)


def _line(mark: Line, ax: Axes, order: float):
    style = (0, STYLES[mark.style]) if STYLES[mark.style] else "solid"
    (line,) = ax.plot(
        mark.x, mark.y, color=colour(mark.colour), linestyle=style, linewidth=mark.width * POINT, zorder=order,
        solid_capstyle="butt", dash_capstyle="butt", solid_joinstyle="round",
    )  # fmt: skip
    return line


def _points(mark: Points, ax: Axes, order: float):
    (points,) = ax.plot(
        mark.x, mark.y, linestyle="none", marker=MARKERS[mark.marker], markersize=mark.size * POINT,
        color=colour(mark.colour), markeredgecolor="white", markeredgewidth=1 * POINT, zorder=order,
    )  # fmt: skip
    return points


def _bars(mark: Bars, ax: Axes, order: float):
    return ax.bar(mark.x, mark.y, width=mark.width, color=colour(mark.colour), zorder=order)


def _heatmap(mark: Heatmap, ax: Axes, order: float):
    for (row, column), value in np.ndenumerate(mark.values):
        share, shade = mark.shade(value)
        ax.add_patch(_cell(column, row, shade, order, gaps=mark.digits is not None))
        ink = "#ffffff" if share > 0.5 else colour("ink")
        ax.text(
            column,
            row,
            mark.text(value),
            ha="center",
            va="center",
            fontsize=12 * POINT,
            color=ink,
            zorder=order + 0.005,
        )


def _cell(column: int, row: int, shade: str, order: float, gaps: bool) -> Rectangle:
    corner = (column - 0.5, row - 0.5)
    edge = {"edgecolor": "white", "linewidth": 2 * POINT} if gaps else {"linewidth": 0, "antialiased": False}
    return Rectangle(corner, 1, 1, facecolor=shade, zorder=order, **edge)


def _rule(mark: Rule, ax: Axes, order: float):
    across = ax.axvline if mark.axis == "x" else ax.axhline
    return across(
        mark.at, color=colour(mark.colour), linewidth=1.2 * POINT, zorder=order, linestyle=(0, STYLES[mark.style])
    )


def _note(mark: Note, ax: Axes, order: float):
    ax.text(
        mark.x, mark.y, mark.text, ha=mark.anchor, va="center", fontsize=12 * POINT, color=colour(mark.colour),
        zorder=order, clip_on=True,
    )  # fmt: skip


_DRAW = {Line: _line, Points: _points, Bars: _bars, Heatmap: _heatmap, Rule: _rule, Note: _note}


@dataclass(frozen=True)
class Picture:
    """A PNG that a notebook shows, with the sentence that stands for it where it can't be seen."""

    png: bytes
    alt: str
    width: int
    text: str

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"image/png": self.png, "text/plain": self.text}
        return data, {"image/png": {"alt": self.alt, "width": self.width}}


def show(what, alt: str | None = None) -> Picture:
    """The picture of a figure, or of matplotlib's own Axes or Figure with an ``alt`` text: end a cell with it."""
    if isinstance(what, Figure):
        axes = np.atleast_1d(np.asarray(draw(what), dtype=object))
        canvas, alt, text = axes.flat[0].figure, alt or what.alt, what.says or what.alt
    else:
        canvas = what.figure if isinstance(what, Axes) else what
        text = alt
        if not isinstance(canvas, Canvas):
            raise ValueError(f"show: expected a Figure of lossbook or matplotlib, or Axes; got {type(what).__name__}.")
    if not (alt or "").strip():
        raise ValueError("show: alt is missing. Say in one sentence what the picture shows.")
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="png", metadata={"Software": None})
    return Picture(buffer.getvalue(), alt, round(canvas.get_figwidth() * PER_INCH), text)
