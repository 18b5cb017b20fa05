"""The 0-1 loss, which has no slope to follow, and three losses that stand in for it."""

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Slider
from lossbook.explorers.explorer import Explorer
from lossbook.figures import SERIES, Axis, Figure, Line, Panel, Points, text
from lossbook.figures.curves import broken

MARGINS = np.linspace(-3, 3, 301)
NAMES = ("0–1 loss", "hinge", "logistic", "exponential")


def curves(margin: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Loss and slope of each at margins y·z: a score z for the label y = 1."""
    margin = np.asarray(margin, dtype=np.float64)
    hinge, logistic = losses.get("hinge").functions, losses.get("soft_margin").functions
    return {
        "0–1 loss": ((margin <= 0).astype(np.float64), np.zeros_like(margin)),
        "hinge": (hinge.value(1.0, margin), hinge.gradient(1.0, margin)),
        "logistic": (logistic.value(1.0, margin), logistic.gradient(1.0, margin)),
        "exponential": (np.exp(-margin), -np.exp(-margin)),
    }


def figure(margin: float) -> Figure:
    """The four losses and their slopes, with a point on each at ``margin``."""
    whole, here = curves(MARGINS), curves([margin])
    panels = []
    for which, axis in enumerate((Axis("loss", -0.2, 4.2), Axis("slope of the loss", -4.2, 0.4))):
        marks = []
        for series, name in zip(SERIES, NAMES, strict=True):
            marks.append(Line(*broken(MARGINS, whole[name][which]), label=name, gaps=True, **series))
        for series, name in zip(SERIES, NAMES, strict=True):
            marks.append(Points([margin], here[name][which], colour=series["colour"], size=9))
        panels.append(Panel(Axis("margin y·z (no unit)", -3, 3), axis, tuple(marks)))
    told = [", ".join(f"{name} {text(float(here[name][k][0]))}" for name in NAMES) for k in (0, 1)]
    return Figure(
        tuple(panels),
        alt="The 0–1 loss, hinge, logistic and exponential loss over the margin, and their slopes: the 0–1 loss is a "
        "step whose slope is 0 on both sides, the others fall from left to right.",
        says=f"Margin {text(margin)}, {'right' if margin > 0 else 'wrong'}. Loss: {told[0]}. Slope: {told[1]}.",
    )


def surrogates() -> Explorer:
    """What can be followed downhill?"""
    return Explorer(
        figure,
        [Slider("margin", -3, 3, -1, label="margin y·z", steps=60, drag="x", panels=(0, 1))],
        title="The 0–1 loss and what stands in for it",
        look_for="which slopes are 0 at a margin of −1, and which ones at 2.",
    )
