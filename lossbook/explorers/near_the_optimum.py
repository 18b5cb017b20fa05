"""Gradient descent with MAE and with MSE, the last steps before the optimum."""

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Slider
from lossbook.explorers.explorer import Explorer
from lossbook.figures import SERIES, Axis, Figure, Line, Panel, Points, Rule, text

NAMES = {"mae": "MAE", "mse": "MSE"}
START, MOST = 1.937, 40  # no multiple of a rate on the slider: MAE would land on 0 by luck, and stay


def descend(name: str, steps: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """The error before each step and after the last, and the slope at each: two arrays of shape (steps + 1,)."""
    gradient = losses.get(name).functions.gradient
    errors, slopes = [np.array(START)], []
    for _ in range(steps + 1):
        slopes.append(gradient(np.zeros(()), errors[-1]))
        errors.append(errors[-1] - rate * slopes[-1])
    return np.array(errors[:-1], dtype=float), np.array(slopes, dtype=float)


def figure(rate: float, steps: int) -> Figure:
    """Error and slope over the steps."""
    paths = {name: descend(name, steps, rate) for name in NAMES}
    count = np.arange(steps + 1)
    panels = []
    for which, (label, low, high) in enumerate((("error ŷ − y", -2.2, 2.2), ("slope of the loss", -4.4, 4.4))):
        marks = [Rule("y", 0)]
        for k, name in enumerate(NAMES):
            marks.append(Line(count, paths[name][which], NAMES[name], **SERIES[k]))
            shape = ("circle", "square")[k]
            marks.append(Points(count, paths[name][which], colour=SERIES[k]["colour"], marker=shape, size=5))
        panels.append(Panel(Axis("step", 0, MOST), Axis(label, low, high), tuple(marks)))
    after = {name: text(round(abs(errors[-1]), 4)) for name, (errors, _) in paths.items()}
    length = text(round(rate * abs(paths["mae"][1][-1]), 4))
    return Figure(
        tuple(panels),
        alt="Error and slope over the steps of gradient descent: with MSE both shrink, with MAE the slope stays at ±1.",
        says=f"After {steps} steps of rate {text(rate)}: MAE is {after['mae']} from the optimum "
        f"and its next step is {length} long; MSE is {after['mse']} from it.",
    )


def near_the_optimum() -> Explorer:
    """Why does MAE not settle?"""
    return Explorer(
        figure,
        [
            Slider("rate", 0.01, 1.0, 0.3, label="learning rate", steps=99),
            Slider("steps", 1, MOST, 20, label="steps", steps=MOST - 1),
        ],
        title="Near the optimum",
        look_for="a rate so small that the MAE's jumps can no longer be seen. "
        "How many steps does it need to get there?",
    )
