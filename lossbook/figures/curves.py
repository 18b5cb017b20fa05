"""A loss of the catalogue along its curve: a straight line through prediction space, ``start + x * direction``."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossbook.figures.marks import Line
from lossbook.figures.panels import Axis, Figure, Panel
from lossbook.figures.ticks import text
from lossbook.spec import Loss, NoCurve

#: Places at which a curve is computed.
PLACES = 201


def has_curve(loss: Loss) -> bool:
    """Whether this loss can be drawn as a curve."""
    return not isinstance(loss.curve, NoCurve)


def require_curve(loss: Loss) -> None:
    """Raise ValueError that says why a loss has no curve and what to look at instead."""
    if not has_curve(loss):
        raise ValueError(f"{loss.name} has no curve: {loss.curve.reason} Instead: {loss.curve.instead}")


def target_of(loss: Loss, target: str | None) -> Any:
    """The target called ``target``, or the curve's first."""
    require_curve(loss)
    names = list(loss.curve.targets)
    if target is None:
        target = names[0]
    if target not in loss.curve.targets:
        raise ValueError(f"{loss.name}: no target {target!r}; expected one of {', '.join(map(repr, names))}.")
    return loss.curve.targets[target]


def loss_curve(loss: Loss, target: str | None, x, **params) -> tuple[np.ndarray, np.ndarray]:
    """The loss, summed, and its slope along the curve at each ``x``, shape (n,): two arrays of shape (n,)."""
    y_true = target_of(loss, target)
    x = np.atleast_1d(np.asarray(x, dtype=np.float64))
    with np.errstate(all="ignore"):
        if x.size > 2 and loss.per in ("element", "sample"):
            return _all_at_once(loss, y_true, x, params)
        pairs = [_at(loss, y_true, place, params) for place in x]
    values, slopes = zip(*pairs, strict=True)
    return np.array(values), np.array(slopes)


def _at(loss: Loss, y_true: Any, place: float, params: dict) -> tuple[float, float]:
    y_pred = loss.curve.at(place)
    value = np.sum(loss.value(y_true, y_pred, **params))
    gradients = _tuple(loss.gradient(y_true, y_pred, **params))
    directions = _tuple(loss.curve.direction)
    slope = sum(
        np.sum(g * np.asarray(d)) for g, d in zip(gradients, directions, strict=True) if d is not None
    )
    return float(value), float(slope)


def _all_at_once(loss: Loss, y_true: Any, x: np.ndarray, params: dict) -> tuple[np.ndarray, np.ndarray]:
    """One call for all places: they become elements, or samples, of one batch."""
    parts = [loss.curve.at(place) for place in x]
    y_pred = _each(lambda *arrays: _batch(arrays, loss.per), *parts)
    y_true = _each(lambda array: _batch([array] * x.size, loss.per), y_true)
    values = loss.value(y_true, y_pred, **params).reshape(x.size, -1).sum(axis=1)
    slopes = np.zeros(x.size)
    for gradient, direction in zip(
        _tuple(loss.gradient(y_true, y_pred, **params)), _tuple(loss.curve.direction), strict=True
    ):
        if direction is not None:
            shape = np.shape(_tuple(parts[0])[0]) if np.ndim(direction) == 0 else np.shape(direction)
            step = np.broadcast_to(direction, shape).ravel()
            slopes += np.asarray(gradient).reshape(x.size, -1) @ step if step.size else 0
    return values, slopes


def _batch(arrays, per: str) -> np.ndarray:
    return np.stack(arrays) if per == "element" else np.concatenate(arrays)


def _tuple(given: Any) -> tuple:
    return given if isinstance(given, tuple) else (given,)


def _each(function, first: Any, *rest: Any) -> Any:
    if first is None:
        return None
    if isinstance(first, tuple):
        return tuple(function(*same) for same in zip(first, *rest, strict=True))
    return function(first, *rest)


def curves(loss: Loss, target: str | None = None, **params) -> Figure:
    """The loss and its slope along its curve: two panels."""
    name = target if target is not None else next(iter(loss.curve.targets)) if has_curve(loss) else None
    target_of(loss, name)
    x = np.linspace(loss.curve.low, loss.curve.high, PLACES)
    values, slopes = loss_curve(loss, name, x, **params)
    return Figure(
        (value_panel(loss, x, values), slope_panel(loss, x, slopes)),
        alt=f"{loss.title} and its slope, along the {loss.curve.x}, for {name}{_with(params)}.",
    )


def value_panel(loss: Loss, x, values, *more, low=None, high=None) -> Panel:
    """The loss along its curve, with ``more`` marks on top."""
    line = Line(x, _finite(values), loss.title, colour="blue", gaps=True)
    return Panel(Axis(loss.curve.x, loss.curve.low, loss.curve.high), Axis("loss", low, high), (line, *more))


def slope_panel(loss: Loss, x, slopes, *more, low=None, high=None) -> Panel:
    """The slope along the curve, broken where it jumps."""
    x, slopes = broken(x, _finite(slopes))
    line = Line(x, slopes, "its slope", colour="orange", style="dashed", gaps=True)
    return Panel(Axis(loss.curve.x, loss.curve.low, loss.curve.high), Axis("slope", low, high), (line, *more))


def _finite(y: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(y), y, np.nan)


def broken(x: np.ndarray, y: np.ndarray, share: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """The same curve with a gap at each jump: a step far larger than both steps beside it."""
    steps = np.abs(np.diff(y, prepend=y[0], append=y[-1]))
    here, before, after = steps[1:-1], steps[:-2], steps[2:]
    tall = here > share * np.nanmax(steps, initial=0) if here.size else here > 0
    jumps = np.flatnonzero(tall & (here > 8 * before) & (here > 8 * after)) + 1
    return np.insert(x, jumps, x[jumps - 1] if jumps.size else []), np.insert(y, jumps, np.nan)


def _with(params: dict) -> str:
    return "".join(f", {name} = {text(v) if isinstance(v, float) else v}" for name, v in params.items())
