"""One prediction for N samples, trained with the mean and with the sum of their losses."""

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Choice
from lossbook.explorers.explorer import Explorer
from lossbook.figures import SERIES, Axis, Figure, Line, Panel, Points, Rule, text
from lossbook.losses.reduction import reduce

STEPS = 20
SIZES = (1, 2, 4, 8, 16, 32, 64)
RATES = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
#: Further than this from 0, a path has run away.
FAR = 100.0
LOW, HIGH = -0.5, 2.5


def descend(reduction: str, size: int, rate: float) -> np.ndarray:
    """The prediction b, from 0, for ``size`` targets of 1, before each step and after the last: (STEPS + 1,)."""
    target, path = np.ones(size), [0.0]
    for _ in range(STEPS):
        by_prediction = losses.get("mse").functions.gradient(target, np.full(size, path[-1]))
        path.append(float(np.clip(path[-1] - rate * reduce(by_prediction, reduction), -FAR, FAR)))
    return np.array(path)


def figure(size: int, rate: float) -> Figure:
    """The two paths towards the target."""
    paths = {reduction: descend(reduction, size, rate) for reduction in ("mean", "sum")}
    marks = [Rule("y", 1)]
    for reduction, series, marker in zip(paths, SERIES, ("circle", "square"), strict=False):
        seen = _until_it_leaves(paths[reduction])
        step = np.arange(seen.size)
        marks.append(Line(step, seen, f'reduction="{reduction}"', **series))
        marks.append(Points(step, seen, colour=series["colour"], marker=marker, size=6))
    told = ", ".join(f"{name} {_ends(path)}" for name, path in paths.items())
    return Figure(
        Panel(Axis("step", 0, STEPS), Axis("prediction b (unit of y)", LOW, HIGH), tuple(marks)),
        alt="A prediction on its way to a target of 1 over twenty steps, once with the mean of the losses and once "
        "with their sum.",
        says=f"{size} samples, learning rate {text(rate)}: the sum steps as the mean would at "
        f"{text(rate * size)}. After {STEPS} steps: {told}; the target is 1.",
    )


def _until_it_leaves(path: np.ndarray) -> np.ndarray:
    """The path up to its first place outside the picture: what comes after would only cross it from edge to edge."""
    outside = np.flatnonzero((path < LOW) | (path > HIGH))
    return path[: outside[0] + 1] if outside.size else path


def _ends(path: np.ndarray) -> str:
    return "has run away" if abs(path[-1]) >= FAR else f"is at {text(path[-1], 2)}"


def reduction() -> Explorer:
    """Who changes the learning rate when the batch grows?"""
    return Explorer(
        figure,
        [
            Choice("size", SIZES, 8, label="batch size N", ordered=True),
            Choice("rate", RATES, 0.02, label="learning rate", ordered=True),
        ],
        title="Mean or sum: the learning rate",
        look_for="what brings the path of the sum back to where it was, after you have doubled N.",
    )
