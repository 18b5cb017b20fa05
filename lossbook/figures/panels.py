"""Axes with their ranges and ticks, panels of marks, and a figure of panels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lossbook.figures.marks import Bars, Heatmap, Line, Mark, Points
from lossbook.figures.ticks import nice_ticks

#: The width at which a figure is laid out, and its height, in CSS pixels.
WIDTH, HEIGHT = 720, 330
#: Room around panels, in CSS pixels.
LAYOUT = {
    "left": 62,
    "right": 16,
    "between": 78,
    "top": 12,
    "bottom": 48,
    "title": 22,
    "legend_row": 18,
    "legend_gap": 6,
}


@dataclass(frozen=True)
class Axis:
    """One axis: a label with its unit, its range, ticks as (place, text). What is left out comes from the marks.

    ``log`` makes it logarithmic, ``flip`` makes it run the other way.
    """

    label: str
    low: float | None = None
    high: float | None = None
    ticks: tuple[tuple[float, str], ...] | None = None
    log: bool = False
    flip: bool = False

    def over(self, data: np.ndarray) -> Axis:
        """This axis with nothing left out, for marks that lie at ``data``."""
        low, high = (self._edge(data, given, side) for given, side in ((self.low, -1), (self.high, 1)))
        if not (np.isfinite([low, high]).all() and low < high):
            raise ValueError(f"axis {self.label!r}: low must be below high; got {low} and {high}.")
        if self.log and low <= 0:
            raise ValueError(f"axis {self.label!r}: a logarithmic axis needs a range above 0; it starts at {low}.")
        ticks = nice_ticks(low, high, log=self.log) if self.ticks is None else self.ticks
        return replace(self, low=float(low), high=float(high), ticks=tuple(ticks))

    def _edge(self, data: np.ndarray, given: float | None, side: int) -> float:
        if given is not None:
            return given
        data = data[np.isfinite(data) & ((data > 0) | (not self.log))]
        if not data.size:
            return float(side)
        low, high = data.min(), data.max()
        if self.log:
            return low / 1.3 if side < 0 else high * 1.3
        margin = 0.05 * (high - low) or 0.5
        return low - margin if side < 0 else high + margin


@dataclass(frozen=True)
class Panel:
    """One pair of axes with its marks, drawn in order."""

    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    title: str = ""

    def __post_init__(self):
        object.__setattr__(self, "marks", tuple(self.marks))
        for mark in self.marks:
            if not isinstance(mark, Mark):
                raise ValueError(f"Panel: marks must be lines, points, bars …; got {type(mark).__name__}.")
        for axis in ("x", "y"):
            object.__setattr__(self, axis, getattr(self, axis).over(self._data(axis)))

    def _data(self, axis: str) -> np.ndarray:
        parts = [np.zeros(0)]
        for mark in self.marks:
            if isinstance(mark, (Line, Points, Bars)):
                parts.append(getattr(mark, axis))
            elif isinstance(mark, Heatmap):
                parts.append(np.array([-0.5, mark.values.shape[axis == "x"] - 0.5]))
            if isinstance(mark, Bars):
                edges = np.r_[mark.x - mark.width / 2, mark.x + mark.width / 2]
                parts.append(edges if axis == "x" else np.zeros(1))
        return np.concatenate(parts)

    @property
    def legend(self) -> tuple[Mark, ...]:
        """The marks that the legend names, in its order."""
        return tuple(mark for mark in self.marks if getattr(mark, "label", "") and not isinstance(mark, Heatmap))


@dataclass(frozen=True)
class Figure:
    """Panels side by side. ``alt`` says what the picture is, ``says`` what it shows just now."""

    panels: tuple[Panel, ...]
    alt: str
    says: str = ""
    height: int = HEIGHT

    def __post_init__(self):
        panels = (self.panels,) if isinstance(self.panels, Panel) else tuple(self.panels)
        if not panels or not all(isinstance(panel, Panel) for panel in panels):
            raise ValueError("Figure: panels must be one Panel or more.")
        if not self.alt.strip():
            raise ValueError("Figure: alt must say what the picture shows, for those who can't see it.")
        object.__setattr__(self, "panels", panels)

    @property
    def legend_columns(self) -> int:
        """Entries of a legend that stand side by side."""
        return 4 if len(self.panels) == 1 else 2

    @property
    def legend_rows(self) -> int:
        """Rows of the longest legend: every panel leaves this much room, so that panels stay level."""
        return max(-(-len(panel.legend) // self.legend_columns) for panel in self.panels)
