"""What a panel can hold: lines, points, bars, a heatmap, rules and notes, checked when they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lossbook.figures.ticks import text

#: Colour by name: (on a light page, on a dark page). All stay apart for colour-blind readers.
PALETTE = {
    "blue": ("#1452b9", "#68a0f0"),
    "orange": ("#cc760d", "#ff7c21"),
    "green": ("#32a683", "#59ee8c"),
    "pink": ("#891160", "#be2f89"),
    "ink": ("#1f2328", "#e8eaed"),
    "grey": ("#6a737d", "#9aa4af"),
}
#: Grid lines and spines, on a light and on a dark page.
FRAME = {"grid": ("#e4e7ea", "#34393f"), "spine": ("#8b949e", "#767f89")}
#: Dash patterns in multiples of the line's width.
STYLES = {"solid": (), "dashed": (4.0, 2.0), "dotted": (1.0, 1.8), "dashdot": (5.0, 2.0, 1.0, 2.0)}
MARKERS = ("circle", "square", "diamond", "triangle")
#: What the n-th series of a figure looks like: colour and line style change together.
SERIES = (
    {"colour": "blue", "style": "solid"},
    {"colour": "orange", "style": "dashed"},
    {"colour": "green", "style": "dashdot"},
    {"colour": "pink", "style": "dotted"},
)


def _numbers(given, what: str, gaps: bool = False) -> np.ndarray:
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must be numbers; got {type(given).__name__}.") from error
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{what} must be a row of numbers, shape (n,); got shape {array.shape}.")
    if not gaps and not np.isfinite(array).all():
        first = int(np.argmin(np.isfinite(array)))
        raise ValueError(f"{what} must be finite; got {array[first]} at place {first}. Use gaps=True to leave a gap.")
    if not np.isfinite(array).any():
        raise ValueError(f"{what} must hold at least one finite number; got {array[0]} throughout.")
    array.flags.writeable = False
    return array


def _pair(mark, gaps: bool = False) -> None:
    what = f"{type(mark).__name__} {mark.label!r}".replace(" ''", "")
    x, y = _numbers(mark.x, f"{what}: x"), _numbers(mark.y, f"{what}: y", gaps)
    if x.shape != y.shape:
        raise ValueError(f"{what}: x and y must be equally long; got {x.size} and {y.size}.")
    object.__setattr__(mark, "x", x)
    object.__setattr__(mark, "y", y)


def _one_of(given: str, allowed, what: str) -> None:
    if given not in allowed:
        raise ValueError(f"{what} must be one of {', '.join(allowed)}; got {given!r}.")


@dataclass(frozen=True, eq=False)
class Line:
    """A line through points. ``gaps`` allows NaN in y: no line there."""

    x: Sequence[float]
    y: Sequence[float]
    label: str = ""
    colour: str = "blue"
    style: str = "solid"
    width: float = 2.0
    gaps: bool = False

    def __post_init__(self):
        _pair(self, self.gaps)
        _one_of(self.colour, PALETTE, "Line: colour")
        _one_of(self.style, STYLES, "Line: style")


@dataclass(frozen=True, eq=False)
class Points:
    """Single points."""

    x: Sequence[float]
    y: Sequence[float]
    label: str = ""
    colour: str = "ink"
    marker: str = "circle"
    size: float = 8.0

    def __post_init__(self):
        _pair(self)
        _one_of(self.colour, PALETTE, "Points: colour")
        _one_of(self.marker, MARKERS, "Points: marker")


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars from 0, centred at ``x``, ``width`` wide in units of x."""

    x: Sequence[float]
    y: Sequence[float]
    label: str = ""
    colour: str = "blue"
    width: float = 0.7

    def __post_init__(self):
        _pair(self)
        _one_of(self.colour, PALETTE, "Bars: colour")


@dataclass(frozen=True, eq=False)
class Heatmap:
    """A table as colours, its numbers written in the cells; cell (r, c) is centred at x = c, y = r.

    ``digits=None`` makes it a surface: many small cells, no numbers, no gaps.
    """

    values: Sequence[Sequence[float]]
    low: float = 0.0
    high: float = 1.0
    digits: int | None = 2

    def __post_init__(self):
        values = np.array(self.values, dtype=np.float64)
        if values.ndim != 2 or not values.size or not np.isfinite(values).all():
            raise ValueError(f"Heatmap: values must be finite, shape (rows, columns); got shape {values.shape}.")
        if not self.low < self.high:
            raise ValueError(f"Heatmap: low must be below high; got {self.low} and {self.high}.")
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    def text(self, value: float) -> str:
        """What is written in the cell of ``value``."""
        return "" if self.digits is None else text(value, self.digits)

    def shade(self, value: float) -> tuple[float, str]:
        """How far ``value`` lies between low and high, and its colour: from pale to dark blue."""
        share = float(np.clip((value - self.low) / (self.high - self.low), 0, 1))
        pale, dark = np.array([232, 241, 250]), np.array([0, 62, 120])
        red, green, blue = np.rint(pale + share * (dark - pale)).astype(int)
        return share, f"#{red:02x}{green:02x}{blue:02x}"

    @cached_property
    def cells(self) -> list:
        """Each cell as a page draws it: text, share, colour. Computed once: a surface has hundreds."""
        return [[[self.text(value), *self.shade(value)] for value in row] for row in self.values]


@dataclass(frozen=True)
class Rule:
    """A thin line across the whole panel, at one x or one y."""

    axis: str
    at: float
    label: str = ""
    colour: str = "grey"
    style: str = "dashed"

    def __post_init__(self):
        _one_of(self.axis, ("x", "y"), "Rule: axis")
        _numbers([self.at], f"Rule {self.label!r}: at")


@dataclass(frozen=True)
class Note:
    """A few words at a place in the panel."""

    x: float
    y: float
    text: str
    anchor: str = "left"
    colour: str = "ink"

    def __post_init__(self):
        _one_of(self.anchor, ("left", "center", "right"), "Note: anchor")
        _numbers([self.x, self.y], f"Note {self.text!r}: x, y")


Mark = Line | Points | Bars | Heatmap | Rule | Note
