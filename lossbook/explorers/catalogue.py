"""An explorer for any loss of the catalogue that has a curve: its loss, its slope, a point with its tangent."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Choice, Control, Slider, Toggle
from lossbook.explorers.explorer import Explorer
from lossbook.figures import Figure, Line, Points, loss_curve, text
from lossbook.figures.curves import PLACES, require_curve, slope_panel, value_panel
from lossbook.spec import Loss, Param

POINT, TARGET = "point", "target"
#: Parameters whose slider bears the letter of the formula.
GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ"}


def explore(
    loss: str | Loss, look_for: str = "how the slope of the tangent, left, becomes the height of the point, right."
) -> Explorer:
    """Sliders for a loss of the catalogue: its parameters, its target, and a point that moves along the curve.

    ``look_for`` stands above the picture. Raises ValueError where the loss has no curve; the message says what to
    look at instead.
    """
    loss = losses.get(loss) if isinstance(loss, str) else loss
    require_curve(loss)
    return Explorer(
        Curves(loss).figure,
        controls(loss),
        title=loss.title,
        look_for=look_for,
    )


def controls(loss: Loss) -> list[Control]:
    """One control a parameter that has a range or choices, one for the target, one for the point."""
    made = [control for param in loss.params if (control := _control(loss, param)) is not None]
    if len(loss.curve.targets) > 1:
        made.append(Choice(TARGET, list(loss.curve.targets), label="target"))
    low, high = loss.curve.low, loss.curve.high
    steps = _steps(low, high, None, most=100)
    start = low + round(0.75 * steps) * (high - low) / steps
    return [*made, Slider(POINT, low, high, start, label="point", steps=steps, drag="x", panels=(0, 1))]


def _control(loss: Loss, param: Param) -> Control | None:
    if param.choices:
        choices = [value for value in param.choices if _fits(loss, param, value)]
        if len(choices) < 2:
            return None  # this curve's inputs have a meaning under one of the choices only
        is_bool = all(isinstance(value, bool) for value in choices)
        return Toggle(param.name, param.default) if is_bool else Choice(param.name, choices, param.default)
    if param.shape or param.low is None or param.high is None or param.default is None:
        return None
    whole = isinstance(param.default, int)
    steps = int(param.high - param.low) if whole else _steps(param.low, param.high, param.default)
    label = GREEK.get(param.name, param.name)
    return Slider(param.name, param.low, param.high, param.default, label=label, steps=steps)


def _fits(loss: Loss, param: Param, value) -> bool:
    """Whether the curve lies in the loss's domain when this parameter has this value."""
    try:
        loss_curve(loss, None, [loss.curve.low, loss.curve.high], **{param.name: value})
    except ValueError:
        return False
    return True


def _steps(low: float, high: float, start: float | None, most: int = 80) -> int:
    """How many round steps fit between ``low`` and ``high``, at most ``most`` and with ``start`` at one of them."""
    for step in (m * 10.0**e for e in range(-6, 6) for m in (1, 2, 2.5, 5)):
        count = (high - low) / step
        fits = abs(count - round(count)) < 1e-6
        meets = start is None or abs((start - low) / step - round((start - low) / step)) < 1e-6
        if count <= most and fits and meets and round(count) >= 10:
            return round(count)
    if most < 200:
        return _steps(low, high, start, most=200)
    raise ValueError(f"no round steps lead from {low} over {start} to {high}; choose a rounder range.")


class Curves:
    """The figures of one loss, on axes that stay where they are while its sliders move."""

    def __init__(self, loss: Loss):
        self.loss = loss
        self.x = np.linspace(loss.curve.low, loss.curve.high, PLACES)
        self.curve = lru_cache(maxsize=64)(self._curve)
        self.ranges = self._ranges()

    def _curve(self, target: str | None, params: tuple) -> tuple[np.ndarray, np.ndarray]:
        return loss_curve(self.loss, target, self.x, **dict(params))

    def figure(self, *, point: float, target: str | None = None, **params) -> Figure:
        """Loss and slope with a point on each, and the tangent at it."""
        values, slopes = self.curve(target, tuple(params.items()))
        (value,), (slope,) = loss_curve(self.loss, target, point, **params)
        on_value, on_slope = self._marks(point, value, slope)
        return Figure(
            (
                value_panel(self.loss, self.x, values, *on_value, low=self.ranges[0][0], high=self.ranges[0][1]),
                slope_panel(self.loss, self.x, slopes, *on_slope, low=self.ranges[1][0], high=self.ranges[1][1]),
            ),
            alt=f"{self.loss.title} and its slope along the {self.loss.curve.x}, with a point and its tangent.",
            says=self._says(point, value, slope, target, params),
        )

    def _marks(self, point: float, value: float, slope: float) -> tuple[list, list]:
        on_value, on_slope = [], []
        if np.isfinite([value, slope]).all():
            low, high = self.ranges[0]
            # On a steep curve the tangent is as long as on a flat one.
            reach = 0.18 * (self.x[-1] - self.x[0]) / np.hypot(1, slope * (self.x[-1] - self.x[0]) / (high - low))
            ends = np.array([point - reach, point + reach])
            tangent = value + slope * (ends - point)
            on_value.append(Line(ends, tangent, "tangent", colour="pink", style="solid", width=1.6))
        if np.isfinite(value):
            on_value.append(Points([point], [value], colour="ink"))
        if np.isfinite(slope):
            on_slope.append(Points([point], [slope], colour="ink"))
        return on_value, on_slope

    def _says(self, point: float, value: float, slope: float, target: str | None, params: dict) -> str:
        where = self._named(target)
        where += [f"{name} = {text(v) if isinstance(v, float) else v}" for name, v in params.items()]
        told = f"the loss is {text(value)}" if np.isfinite(value) else "the loss is not finite"
        told += f" and its slope {text(slope)}" if np.isfinite(slope) else ", and it has no finite slope"
        return f"At {text(point)}, {told}{' (' + ', '.join(where) + ')' if where else ''}."

    def _named(self, target: str | None) -> list[str]:
        """The target in words; none for a loss without targets."""
        name = target or next(iter(self.loss.curve.targets))
        if self.loss.curve.targets[name] is None:
            return []
        return [name if len(self.loss.curve.targets) > 1 else f"target {name}"]

    def _ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """One range for the loss and one for the slope, wide enough for every slider at its ends."""
        first, others = self._settings()
        start = self._curve(*first)
        rest = [self._curve(*setting) for setting in others] or [start]
        return tuple(_range(start[k], np.concatenate([curve[k] for curve in rest])) for k in (0, 1))

    def _settings(self):
        """The default setting, then each control alone at its ends and in the middle."""
        free = [c for c in controls(self.loss) if c.name != POINT]
        start = {c.name: c.value for c in free}
        first = self._setting(start)
        others = []
        for control in free:
            for stop in {control.stops[0], control.stops[len(control.stops) // 2], control.stops[-1]}:
                others.append(self._setting(start | {control.name: control.from_widget(stop)}))
        return first, others

    @staticmethod
    def _setting(values: dict) -> tuple[str | None, tuple]:
        values = dict(values)
        return values.pop(TARGET, None), tuple(values.items())


def _range(start: np.ndarray, rest: np.ndarray) -> tuple[float, float]:
    """A range that shows the whole of ``start`` but for its spikes, and of ``rest`` as much as leaves it legible."""
    low, high = _calm(start)
    least, most = _calm(rest)
    if high - low < 0.05 * (most - least):
        low, high = least, most  # a constant at the start
    reach = 1.5 * (high - low)
    low, high = min(low, max(least, low - reach)), max(high, min(most, high + reach))
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin


def _calm(y: np.ndarray) -> tuple[float, float]:
    """Least and greatest, without spikes that would flatten all the rest."""
    y = y[np.isfinite(y)]
    if not y.size:
        return 0.0, 1.0
    low, middle, high = np.percentile(y, (8, 50, 92))
    reach = 2.5 * max(high - low, 1e-12)
    return float(max(y.min(), middle - reach)), float(min(y.max(), middle + reach))
