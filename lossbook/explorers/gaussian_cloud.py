"""The Gaussian NLL of a cloud of points, for a mean and a variance that can be moved."""

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Slider
from lossbook.explorers.explorer import Explorer
from lossbook.figures import Axis, Figure, Line, Panel, Points, text

#: Ten targets with mean 2 and variance exactly 1.
CLOUD = 2 + np.array([-1.7, -1.1, -0.8, -0.5, -0.1, 0.1, 0.5, 0.8, 1.1, 1.7])
PLACES = np.linspace(-3, 7, 201)
VARIANCES = np.linspace(0.1, 10, 199)


def nll(y, mean: float, var) -> np.ndarray:
    """Minus the log-density of the values ``y``, with the constant, at one variance or as many as values."""
    y = np.asarray(y, dtype=np.float64)
    prediction = np.full(y.shape, mean), np.broadcast_to(np.asarray(var, dtype=np.float64), y.shape)
    return losses.get("gaussian_nll").functions.value(y, prediction, full=True, eps=1e-6)


def mean_nll(mean: float, var) -> np.ndarray:
    """The mean over the cloud, one number a variance."""
    return np.array([nll(CLOUD, mean, one).mean() for one in np.atleast_1d(var)])


def best_variance(mean: float) -> float:
    """The variance at which the loss is lowest with this mean: the mean squared error."""
    return float(losses.get("mse").functions.value(CLOUD, np.full(CLOUD.shape, mean)).mean())


def figure(mean: float, variance: float) -> Figure:
    """The points below the density that was said, and the loss over the variance at this mean."""
    (now,), best = mean_nll(mean, variance), best_variance(mean)
    (lowest,) = mean_nll(mean, best)
    return Figure(
        (_density(mean, variance), _over_variance(mean, variance, float(now), best, float(lowest))),
        alt="Ten points with sticks up to a bell curve; beside them the mean of minus the log of the sticks over the "
        "variance, with its lowest place.",
        says=f"Mean {text(mean)}, variance {text(variance)}: the loss is {text(now, 3)}. With this mean it is lowest "
        f"at a variance of {text(round(best, 2))}, where it is {text(lowest, 3)}.",
    )


def _density(mean: float, variance: float) -> Panel:
    height = np.exp(-nll(CLOUD, mean, variance))
    sticks = np.stack([np.zeros(CLOUD.size), height, np.full(CLOUD.size, np.nan)], axis=1)
    marks = (
        Line(np.repeat(CLOUD, 3), sticks.ravel(), "density at a point", colour="pink", style="dotted", gaps=True),
        Line(PLACES, np.exp(-nll(PLACES, mean, variance)), "what was said", colour="blue"),
        Points(CLOUD, np.zeros(CLOUD.size), "a target", colour="ink", size=7),
    )
    return Panel(Axis("target y (unit of y)", -3, 7), Axis("density (1 / unit of y)", -0.05, 1.35), marks)


def _over_variance(mean: float, variance: float, now: float, best: float, lowest: float) -> Panel:
    marks = (
        Line(VARIANCES, mean_nll(mean, VARIANCES), "loss at this mean", colour="orange", style="dashed"),
        Points([best], [lowest], "lowest", colour="green", marker="diamond", size=11),
        Points([variance], [now], "now", colour="ink"),
    )
    return Panel(Axis("variance σ² (unit of y, squared)", 0, 10.5), Axis("mean loss", 1, 4), marks)


def gaussian_cloud() -> Explorer:
    """How unsure should it be?"""
    return Explorer(
        figure,
        [
            Slider("mean", -1, 5, 2, label="mean μ", steps=60, drag="x"),
            Slider("variance", 0.1, 10, 4, label="variance σ²", steps=99, drag="x", panels=(1,)),
        ],
        title="A mean and a variance for ten points",
        look_for="where the curve on the right is lowest. Move the mean away from the points: where does it go?",
    )
