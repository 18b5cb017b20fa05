"""What a learner can move: sliders, toggles and choices, each with its stops and its ipywidget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import ipywidgets
import numpy as np

from lossbook.figures import text

STYLE = {"description_width": "130px"}
LAYOUT = {"width": "100%", "max_width": "620px"}


@dataclass(frozen=True)
class Slider:
    """A number from ``low`` to ``high`` in ``steps`` equal steps (equal factors where ``log``).

    ``drag`` says that the picture itself can be dragged to move it: along the "x" or the "y" of one of ``panels``.
    A slider between whole numbers with a whole step gives integers.
    """

    name: str
    low: float
    high: float
    value: float
    label: str = ""
    steps: int = 60
    log: bool = False
    drag: str = ""
    panels: tuple[int, ...] = (0,)
    trait = "value"

    def __post_init__(self):
        if not self.low < self.high or self.steps < 1:
            raise ValueError(f"Slider {self.name}: low must be below high, with steps; got {self.low}, {self.high}.")
        if self.log and self.low <= 0:
            raise ValueError(f"Slider {self.name}: a logarithmic slider starts above 0; got low={self.low}.")
        if self.drag not in ("", "x", "y"):
            raise ValueError(f'Slider {self.name}: drag must be "x", "y" or "" (not at all); got {self.drag!r}.')
        value = self.to_widget(self.value)
        if abs(value - self.value) > 1e-6 * (self.high - self.low):
            raise ValueError(f"Slider {self.name}: value must be one of its stops; {self.value} is not, {value} is.")
        object.__setattr__(self, "value", value)

    @property
    def whole(self) -> bool:
        """Whether its values are integers."""
        step = (self.high - self.low) / self.steps
        return not self.log and float(self.low).is_integer() and step.is_integer()

    @cached_property
    def stops(self) -> list[float]:
        """The values it can be dragged to, from low to high."""
        if self.log:
            return [float(f"{v:.6g}") for v in np.geomspace(self.low, self.high, self.steps + 1)]
        step = (self.high - self.low) / self.steps
        stops = [float(f"{self.low + k * step:.10g}") for k in range(self.steps + 1)]
        return [int(stop) for stop in stops] if self.whole else stops

    def to_widget(self, value) -> float:
        """The stop nearest to a value from Python (ipywidgets can show no other); ValueError where out of range."""
        if isinstance(value, bool) or not np.isreal(value) or not self.low <= value <= self.high:
            raise ValueError(f"{self.name} must lie between {self.low:g} and {self.high:g}; got {value!r}.")
        return self.from_widget(value)

    def from_widget(self, value) -> float:
        """The stop that a slider's value stands for, which it equals but for rounding."""
        return min(self.stops, key=lambda stop: abs(stop - value))

    def say(self, value) -> str:
        """The value as text."""
        return text(value)

    def widget(self) -> ipywidgets.Widget:
        """A new slider, at the default."""
        common = {"description": self.label or self.name, "style": STYLE, "layout": LAYOUT, "value": self.value}
        if self.log:
            low, high = np.log10(self.low), np.log10(self.high)
            step = (high - low) / self.steps
            return ipywidgets.FloatLogSlider(min=low, max=high, step=step, readout_format=".3g", **common)
        step = (self.high - self.low) / self.steps
        if self.whole:
            return ipywidgets.IntSlider(min=int(self.low), max=int(self.high), step=int(step), **common)
        digits = max(len(f"{part:.4g}".partition(".")[2]) for part in (self.low, step))
        return ipywidgets.FloatSlider(min=self.low, max=self.high, step=step, readout_format=f".{digits}f", **common)


@dataclass(frozen=True)
class Choice:
    """One of a few values: a drop-down, buttons where they are short, a slider where they are ``ordered``."""

    name: str
    options: Sequence
    value: object = None
    label: str = ""
    ordered: bool = False
    drag = ""
    panels = ()
    trait = "index"

    def __post_init__(self):
        if not self.options:
            raise ValueError(f"Choice {self.name}: options must not be empty.")
        object.__setattr__(self, "options", tuple(self.options))
        object.__setattr__(self, "value", self.options[0] if self.value is None else self.check(self.value))

    @property
    def stops(self) -> list[int]:
        """The places of the options."""
        return list(range(len(self.options)))

    def check(self, value):
        """A value from Python; ValueError where it is no option."""
        if value not in self.options:
            raise ValueError(f"{self.name} must be one of {', '.join(map(str, self.options))}; got {value!r}.")
        return value

    def from_widget(self, value):
        """The option at this place."""
        return self.options[value]

    def to_widget(self, value):
        """The place of this option."""
        return self.options.index(self.check(value))

    def say(self, value) -> str:
        """The option as text."""
        return str(value)

    def widget(self) -> ipywidgets.Widget:
        """A new drop-down, row of buttons or slider, at the default."""
        shown = [(str(option), option) for option in self.options]
        few = len(shown) <= 4 and sum(len(words) for words, _ in shown) <= 40
        kind = ipywidgets.ToggleButtons if few else ipywidgets.Dropdown
        if self.ordered:
            kind = ipywidgets.SelectionSlider
        style = STYLE | ({"button_width": "auto"} if kind is ipywidgets.ToggleButtons else {})
        return kind(
            options=shown, value=self.value, description=self.label or self.name, style=style,
            layout={} if kind is ipywidgets.Dropdown else LAYOUT,
        )  # fmt: skip


@dataclass(frozen=True)
class Toggle:
    """On or off."""

    name: str
    value: bool = False
    label: str = ""
    drag = ""
    panels = ()
    trait = "value"
    stops = (False, True)

    def check(self, value) -> bool:
        """A value from Python; ValueError where it is neither True nor False."""
        if value not in (True, False):
            raise ValueError(f"{self.name} must be True or False; got {value!r}.")
        return bool(value)

    from_widget = to_widget = check

    def say(self, value) -> str:
        """The state as text."""
        return "on" if value else "off"

    def widget(self) -> ipywidgets.Widget:
        """A new check box, at the default."""
        words = self.label or self.name
        return ipywidgets.Checkbox(value=self.value, description=words, style=STYLE, layout=LAYOUT, indent=True)


Control = Slider | Choice | Toggle
