"""MAE, MSE, Huber and log-cosh on one canvas, with Huber's delta as the slider."""

from functools import cache

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Slider
from lossbook.explorers.explorer import Explorer
from lossbook.figures import SERIES, Axis, Figure, Line, Panel, text
from lossbook.figures.curves import broken

NAMES = {"mae": "MAE", "mse": "MSE", "huber": "Huber", "log_cosh": "log-cosh"}
ERRORS = np.linspace(-3, 3, 200)


def figure(delta: float) -> Figure:
    """Loss and slope of the four, over the error."""
    curves = {name: curve(name, delta) for name in NAMES}
    looks = [series | {"label": NAMES[name]} for name, series in zip(NAMES, SERIES, strict=True)]
    values = [Line(ERRORS, value, **look) for (value, _), look in zip(curves.values(), looks, strict=True)]
    slopes = [Line(*broken(ERRORS, s), gaps=True, **look) for (_, s), look in zip(curves.values(), looks, strict=True)]
    error = Axis("error ŷ − y (unit of y)", -3, 3)
    at_the_end = ", ".join(f"{NAMES[name]} {text(curve(name, delta)[0][-1])}" for name in NAMES)
    return Figure(
        (
            Panel(error, Axis("loss", -0.2, 5), tuple(values)),
            Panel(error, Axis("slope of the loss", -3.2, 3.2), tuple(slopes)),
        ),
        alt="MAE, MSE, Huber and log-cosh over the error, and their slopes: MSE's grows without end, the others' stop.",
        says=f"With δ = {text(delta)}, Huber's slope stops at {text(delta)}. An error of 3 costs: {at_the_end}.",
    )


def curve(name: str, delta: float) -> tuple[np.ndarray, np.ndarray]:
    """Loss and slope at all errors; only Huber's depend on delta."""
    return _curve(name, delta if name == "huber" else None)


@cache
def _curve(name: str, delta: float | None) -> tuple[np.ndarray, np.ndarray]:
    loss, params = losses.get(name), {} if delta is None else {"delta": delta}
    zero = np.zeros_like(ERRORS)
    return loss.value(zero, ERRORS, **params), loss.gradient(zero, ERRORS, **params)


def regression_losses() -> Explorer:
    """Which loss does Huber turn into at either end of δ?"""
    return Explorer(
        figure,
        [Slider("delta", 0.1, 3, 1.0, label="δ of Huber", steps=29)],
        title="Four regression losses",
        look_for="which curve has Huber's shape at δ = 0.1, and which at δ = 3.",
    )
