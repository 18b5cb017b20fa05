"""Gradient descent on a line: the line among its points, and its path over the loss of every line."""

from functools import cache

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Slider
from lossbook.explorers.explorer import Explorer
from lossbook.figures import Axis, Figure, Heatmap, Line, Panel, Points, text

#: Temperature in 10 °C and cyclists in hundreds, as in chapter 01; the best line is y = 1.5 x + 2.
X = np.array([-1.0, 0.0, 1.0, 2.0, 3.0])
Y = np.array([0.7, 1.7, 3.7, 4.7, 6.7])
MOST = 30
#: Slope and intercept of the cells of the surface, CELL apart.
CELL = 0.25
W, B = np.arange(-1, 4 + CELL, CELL), np.arange(-0.5, 3.5 + CELL, CELL)


def loss_of(w, b) -> np.ndarray:
    """The mean squared error of the line with slope ``w`` and intercept ``b``, arrays of one shape."""
    w, b = np.asarray(w)[..., None], np.asarray(b)[..., None]
    return losses.get("mse").functions.value(Y, w * X + b).mean(axis=-1)


def descend(rate: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Slope and intercept before each step and after the last, from (0, 0): two arrays of shape (steps + 1,)."""
    w, b = [0.0], [0.0]
    for _ in range(steps):
        by_prediction = losses.get("mse").functions.gradient(Y, w[-1] * X + b[-1])
        w.append(w[-1] - rate * (by_prediction * X).mean())
        b.append(b[-1] - rate * by_prediction.mean())
    return np.array(w), np.array(b)


def figure(rate: float, step: int) -> Figure:
    """The line after ``step`` steps with its residuals, and the path that led there."""
    w, b = descend(rate, step)
    loss = float(loss_of(w[-1], b[-1]))
    return Figure(
        (_line(float(w[-1]), float(b[-1]), f"step {step}: loss {_short(loss)}"), _surface(w, b)),
        alt="Five points with a line and its residuals; beside them the loss of every line as a surface, pale where it "
        "is small, with the path of gradient descent on it.",
        says=f"Learning rate {text(rate)}, step {step}: w = {_short(w[-1])}, b = {_short(b[-1])}, "
        f"loss {_short(loss)}. The best line is w = 1.5, b = 2, loss 0.06.",
    )


def _line(w: float, b: float, title: str) -> Panel:
    ends = np.array([-1.5, 3.5])
    sticks = np.stack([Y, w * X + b, np.full(X.size, np.nan)], axis=1)
    marks = (
        Points(X, Y, "a day", colour="ink", size=6),
        Line(ends, w * ends + b, "the line", colour="orange"),
        Line(np.repeat(X, 3), sticks.ravel(), "residual", colour="pink", width=3, gaps=True),
    )
    return Panel(Axis("temperature (10 °C)", -1.5, 3.5), Axis("cyclists (hundreds)", -3, 9), marks, title=title)


def _surface(w: np.ndarray, b: np.ndarray) -> Panel:
    across, up = (w - W[0]) / CELL, (b - B[0]) / CELL
    marks = (
        _every_line(),
        Line(across, up, "path", colour="orange"),
        Points(across, up, colour="orange", size=5),
        Points([(1.5 - W[0]) / CELL], [(2 - B[0]) / CELL], "best line", colour="green", marker="diamond", size=10),
        Points(across[-1:], up[-1:], "this line", colour="pink", size=10),
    )
    return Panel(_axis("slope w (hundreds per 10 °C)", W), _axis("intercept b (hundreds)", B), marks)


@cache
def _every_line() -> Heatmap:
    # The root of the loss, or the far corners would leave nothing but white about the minimum.
    root = np.sqrt(loss_of(*np.meshgrid(W, B)))
    return Heatmap(root, high=float(root.max()), digits=None)


def _axis(label: str, cells: np.ndarray) -> Axis:
    whole = tuple((float(k), text(value)) for k, value in enumerate(cells) if float(value).is_integer())
    return Axis(label, -0.5, cells.size - 0.5, whole)


def _short(number: float) -> str:
    return text(number, 2) if abs(number) < 1000 else "beyond 1000" if number > 0 else "beyond −1000"


def descent_on_a_line() -> Explorer:
    """How far may a step go?"""
    return Explorer(
        figure,
        [
            Slider("rate", 0.01, 0.35, 0.1, label="learning rate", steps=34),
            Slider("step", 1, MOST, 3, label="step", steps=MOST - 1),
        ],
        title="Gradient descent on a line",
        look_for="the learning rate from which the path no longer arrives, however many steps it is given. "
        "Compare the loss at step 10 and at step 30: does it fall or grow?",
    )
