"""A loss of the catalogue along its curve, the straight line ``start + x * direction`` of predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossbook.figures.marks import Line
from lossbook.figures.panels import Axis, Figure, Panel
from lossbook.figures.ticks import text
from lossbook.spec import Loss, NoCurve

#: Places at which a curve is computed; an even number seldom hits a kink in the middle.
PLACES = 200


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
        join = _joiner(loss, y_true)
        if join is not None and x.size > 1:
            return _all_at_once(loss, y_true, x, params, join)
        pairs = [_at(loss, y_true, place, params) for place in x]
    values, slopes = zip(*pairs, strict=True)
    return np.array(values), np.array(slopes)


def _joiner(loss: Loss, y_true: Any):
    """How predictions at many places become one batch, or None where a loss mixes the batch's members."""
    if loss.per == "element":
        return np.stack
    arrays = loss.form_of(y_true, loss.curve.at(loss.curve.low)).arrays
    ready = loss.per == "sample" and all(array.shape[:1] == ("N",) for array in arrays)
    return np.concatenate if ready else None


def _at(loss: Loss, y_true: Any, place: float, params: dict) -> tuple[float, float]:
    y_pred = loss.curve.at(place)
    value = np.sum(loss.value(y_true, y_pred, **params))
    slope = sum(np.sum(g * step) for g, step in _steps(loss, y_true, y_pred, params, loss.curve.step(place)))
    return float(value), float(slope)


def _all_at_once(loss: Loss, y_true: Any, x: np.ndarray, params: dict, join) -> tuple[np.ndarray, np.ndarray]:
    """One call for all places: they become elements, or samples, of one batch."""
    y_pred = _each(lambda *arrays: join(arrays), *[loss.curve.at(place) for place in x])
    y_true = _each(lambda array: join([np.asarray(array)] * x.size), y_true)
    values = loss.value(y_true, y_pred, **params).reshape(x.size, -1).sum(axis=1)
    slopes = np.zeros(x.size)
    ways = zip(*[_tuple(loss.curve.step(place)) for place in x], strict=True)
    step = tuple(None if way[0] is None else join([np.asarray(w) for w in way]) for way in ways)
    for gradient, way in _steps(loss, y_true, y_pred, params, step):
        slopes += (np.asarray(gradient) * way).reshape(x.size, -1).sum(axis=1)
    return values, slopes


def _steps(loss: Loss, y_true: Any, y_pred: Any, params: dict, step: Any):
    """Pairs of gradient and direction; a None has no part in the slope."""
    pairs = zip(_tuple(loss.gradient(y_true, y_pred, **params)), _tuple(step), strict=True)
    return [(g, np.asarray(d, dtype=np.float64)) for g, d in pairs if g is not None and d is not None]


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
    name = loss.title if len(loss.title) <= 32 else "loss"  # a longer one does not fit into a legend
    line = Line(x, _finite(values), name, colour="blue", gaps=True)
    return Panel(Axis(loss.curve.x, loss.curve.low, loss.curve.high), Axis("loss", low, high), (line, *more))


def slope_panel(loss: Loss, x, slopes, *more, low=None, high=None) -> Panel:
    """The slope along the curve, broken where it jumps."""
    x, slopes = broken(x, _finite(slopes))
    line = Line(x, slopes, "its slope", colour="orange", style="dashed", gaps=True)
    return Panel(Axis(_short(loss.curve.x), loss.curve.low, loss.curve.high), Axis("slope", low, high), (line, *more))


def _short(label: str) -> str:
    """A label without what stands in brackets; the panel beside it has it in full."""
    return label.partition(" (")[0].partition(";")[0]


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
