"""A figure as data: panels with lines, points, bars, heatmaps and notes.

``plots`` and ``explorer.js`` draw it. Everything that these two could disagree about (ranges, ticks, colours,
line styles, order of the legend) is settled here, once. Widths and sizes are in CSS pixels.

``Line`` ``Points`` ``Bars`` ``Heatmap`` ``Rule`` ``Note``    marks
``Axis`` ``Panel`` ``Figure``                                 what holds them
``loss_curve`` ``curves``                                     a loss of the catalogue along its curve
"""

from lossbook.figures.curves import curves, has_curve, loss_curve
from lossbook.figures.marks import (
    FRAME,
    MARKERS,
    PALETTE,
    SERIES,
    STYLES,
    Bars,
    Heatmap,
    Line,
    Mark,
    Note,
    Points,
    Rule,
)
from lossbook.figures.panels import HEIGHT, LAYOUT, WIDTH, Axis, Figure, Panel
from lossbook.figures.ticks import nice_ticks, text

__all__ = [
    "FRAME",
    "HEIGHT",
    "LAYOUT",
    "MARKERS",
    "PALETTE",
    "SERIES",
    "STYLES",
    "WIDTH",
    "Axis",
    "Bars",
    "Figure",
    "Heatmap",
    "Line",
    "Mark",
    "Note",
    "Panel",
    "Points",
    "Rule",
    "curves",
    "has_curve",
    "loss_curve",
    "nice_ticks",
    "text",
]
