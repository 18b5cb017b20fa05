"""A prediction of shape (N, 1) against a target of shape (N,): a table that nobody wanted."""

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Slider
from lossbook.explorers.explorer import Explorer
from lossbook.figures import Axis, Figure, Heatmap, Panel


def figure(size: int, off: float) -> Figure:
    """The squared errors of both, as the frameworks' broadcasting makes them."""
    y_true = np.arange(1.0, size + 1)  # (N,)
    y_pred = y_true + off
    squared = losses.get("mse").functions.value
    right = squared(y_true, y_pred)  # (N,)
    wrong = squared(y_true[None, :], y_pred[:, None])  # (N, N): what (N,) against (N, 1) becomes
    places = tuple((float(k), f"{v:g}") for k, v in enumerate(y_true))
    guesses = tuple((float(k), f"{v:.3g}") for k, v in enumerate(y_pred))
    high = max(1.0, float(wrong.max()))
    return Figure(
        (
            Panel(
                Axis("target y", -0.5, size - 0.5, places),
                Axis("", -0.5, size - 0.5, (), flip=True),
                (Heatmap([right], high=high),),
                title=f"({size},) with ({size},): mean {right.mean():.3f}",
            ),
            Panel(
                Axis("target y", -0.5, size - 0.5, places),
                Axis("prediction ŷ", -0.5, size - 0.5, guesses, flip=True),
                (Heatmap(wrong, high=high),),
                title=f"({size}, 1) with ({size},): mean {wrong.mean():.3f}",
            ),
        ),
        alt="Squared errors as a row of N cells where the shapes agree, and as an N by N table where they do not.",
        says=f"Predictions off by {off:g}: the mean squared error is {right.mean():.3f}; "
        f"with a prediction of shape ({size}, 1) it becomes {wrong.mean():.3f}, of {size * size} numbers.",
    )


def shapes() -> Explorer:
    """What does (N, 1) against (N,) compute?"""
    return Explorer(
        figure,
        [
            Slider("size", 2, 8, 3, label="N", steps=6),
            Slider("off", 0, 2, 0, label="ŷ off by", steps=20),
        ],
        title="(N,) against (N, 1)",
        look_for="the mean on the right while every prediction is perfect (off by 0). Only the diagonal was wanted.",
    )
