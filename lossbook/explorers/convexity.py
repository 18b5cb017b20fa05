"""A loss that is convex in the prediction, and not in the weights of a network with two of them."""

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Slider
from lossbook.explorers.explorer import Explorer
from lossbook.figures import Axis, Figure, Line, Panel, Points, text

TARGET = 1.0
PLACES = np.linspace(-1.5, 1.5, 121)


def predict(weight: np.ndarray) -> np.ndarray:
    """The network ŷ = w₂·w₁·x at x = 1, with both weights at ``weight``."""
    return weight * weight


def loss_of(prediction: np.ndarray) -> np.ndarray:
    """The squared error of a prediction."""
    return losses.get("mse").functions.value(TARGET, np.asarray(prediction, dtype=np.float64))


def figure(left: float, right: float) -> Figure:
    """Both curves between the same two ends, each with its chord and with what lies halfway."""
    ends = np.array([left, right])
    panels, told = [], []
    sides = ("prediction ŷ", loss_of, 6.5), ("both weights w₁ = w₂", lambda w: loss_of(predict(w)), 1.8)
    for label, curve, high in sides:
        middle, chord = float(curve(ends.mean())), float(curve(ends).mean())
        below = middle <= chord + 1e-12
        marks = (
            Line(PLACES, curve(PLACES), "loss", colour="blue"),
            Line(ends, curve(ends), "chord", colour="orange", style="dashed"),
            Points(ends, curve(ends), colour="orange", marker="square"),
            Points([ends.mean()], [middle], "halfway", colour="pink", marker="diamond", size=10),
        )
        panels.append(Panel(Axis(label, -1.5, 1.5), Axis("loss (unit of y, squared)", -0.04 * high, high), marks))
        told.append(f"the curve at {text(middle)} {'is not' if below else 'is'} above the chord at {text(chord)}")
    return Figure(
        tuple(panels),
        alt="The squared error over the prediction, a bowl, and over the weights, two valleys with a hill between; on "
        "each a chord between the same two ends.",
        says=f"Halfway between {text(left)} and {text(right)}. Prediction: {told[0]}. Weights: {told[1]}.",
    )


def convexity() -> Explorer:
    """Can a curve rise above its chord?"""
    return Explorer(
        figure,
        [
            Slider("left", -1.5, 1.5, 0.6, label="left end", steps=30, drag="x", panels=(0, 1)),
            Slider("right", -1.5, 1.5, 1.4, label="right end", steps=30),
        ],
        title="In the prediction, and in the weights",
        look_for="two ends for which the point halfway is above the dashed chord. On which side are there any?",
    )
