"""One outlier that can be dragged, and the line that each loss fits."""

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Slider
from lossbook.explorers.explorer import Explorer
from lossbook.figures import SERIES, Axis, Figure, Line, Panel, Points, text

NAMES = {"mse": "MSE", "huber": "Huber, δ = 1", "mae": "MAE"}
X = np.linspace(0.5, 9.5, 10)
#: About y = 1 + x/2; the noise is fixed, so that everyone sees the same points.
Y = 1 + X / 2 + np.array([0.3, -0.5, 0.2, 0.5, -0.4, 0.1, -0.3, 0.4, -0.2, 0.1])
#: Below this an error counts as this large, or its weight would be infinite.
TINY = 1e-6


def fit_line(name: str, x: np.ndarray, y: np.ndarray, rounds: int = 200) -> tuple[float, float]:
    """Intercept and slope that minimise the mean loss, by reweighted least squares.

    A weight of slope / error makes a parabola touch the loss at each error; its minimum is the next line.
    """
    gradient, params = losses.get(name).functions.gradient, losses.get(name).defaults
    design = np.stack([np.ones_like(x), x], axis=1)  # (N, 2)
    weights, line = np.ones_like(x), np.zeros(2)
    for _ in range(rounds):
        scaled = design * weights[:, None]
        before, line = line, np.linalg.solve(scaled.T @ design, scaled.T @ y)
        if np.abs(line - before).max() < 1e-7:
            break
        error = design @ line - y
        error = np.where(np.abs(error) < TINY, TINY, error)
        weights = gradient(np.zeros_like(error), error, **params) / error
    return float(line[0]), float(line[1])


def figure(y: float, x: float) -> Figure:
    """The points, the outlier, and three lines."""
    all_x, all_y = np.append(X, x), np.append(Y, y)
    lines = {name: fit_line(name, all_x, all_y) for name in NAMES}
    ends = np.array([0.0, 10.0])
    marks = [
        Line(ends, a + b * ends, NAMES[name], **series)
        for (name, (a, b)), series in zip(lines.items(), SERIES, strict=False)
    ]
    marks += [Points(X, Y, colour="ink", size=7), Points([x], [y], "outlier", colour="pink", marker="diamond", size=11)]
    told = ", ".join(f"{NAMES[name].partition(',')[0]} {text(round(b, 2))}" for name, (_, b) in lines.items())
    return Figure(
        Panel(Axis("x", 0, 10), Axis("y", -6, 16), tuple(marks)),
        alt="Ten points near a line and one outlier, with the line that MSE, Huber and MAE fit through all of them.",
        says=f"Outlier at x = {text(x)}, y = {text(y)}. Slopes of the lines: {told}; without it about 0.5.",
    )


def outlier() -> Explorer:
    """Drag the outlier: which lines follow it?"""
    return Explorer(
        figure,
        [
            Slider("y", -5, 15, 12, label="outlier's y", steps=100, drag="y"),
            Slider("x", 0, 10, 9, label="outlier's x", steps=100, drag="x"),
        ],
        title="One outlier, three lines",
        look_for="the line that runs after the outlier, and the one that stays with the ten. Drag it in the picture.",
    )
