"""The Poisson distribution of a rate, a count that was seen, and the loss of that count over all rates."""

import math

import numpy as np

from lossbook import losses
from lossbook.explorers.controls import Slider
from lossbook.explorers.explorer import Explorer
from lossbook.figures import Axis, Bars, Figure, Line, Panel, Points, text

LEAST, MOST = 0.5, 12
COUNTS = np.arange(0.0, 21.0)
RATES = np.linspace(0.05, MOST, 240)


def loss_of(count, rate) -> np.ndarray:
    """The Poisson NLL without its constant, as both frameworks compute it: rate − count · log rate."""
    count, rate = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(rate, dtype=np.float64))
    return losses.get("poisson_nll").functions.value(count, rate, log_input=False, full=False, eps=1e-8)


def probability(count, rate) -> np.ndarray:
    """How probable each count is at this rate; log y! exactly, which does not depend on the rate."""
    constant = np.array([math.lgamma(y + 1) for y in np.ravel(count)]).reshape(np.shape(count))
    return np.exp(-loss_of(count, rate) - constant)


def figure(rate: float, count: int) -> Figure:
    """The probability of each count, the one that was seen in another colour, and minus its log over the rate."""
    chance = float(probability(count, rate))
    slope = float(losses.get("poisson_nll").functions.gradient(count, rate, log_input=False, full=False, eps=1e-8))
    return Figure(
        (_counts(rate, count), _over_rates(rate, count, -math.log(chance))),
        alt="Bars for the probability of each count at one rate, the count that was seen in orange with a diamond on "
        "top; beside them minus the log of that probability over the rate.",
        says=f"Rate {text(rate)}, count {count}: probability {text(chance)}, minus its log {text(-math.log(chance), 3)}"
        f", slope {text(round(slope, 4))}.",
    )


def _counts(rate: float, count: int) -> Panel:
    """The diamond shows a bar that is too low to see; the axis starts below 0 so that all of it is in view."""
    heights = probability(COUNTS, rate)
    marks = (
        Bars(COUNTS, heights, "probability at this rate", colour="blue"),
        Bars(COUNTS[count : count + 1], heights[count : count + 1], "the count seen", colour="orange"),
        Points([count], heights[count : count + 1], colour="orange", marker="diamond"),
    )
    return Panel(Axis("count y", -0.7, COUNTS[-1] + 0.7), Axis("probability", -0.015, 0.65), marks)


def _over_rates(rate: float, count: int, now: float) -> Panel:
    curve = -np.log(probability(np.full(RATES.shape, float(count)), RATES))
    marks = (
        Line(RATES, curve, "−log of the orange bar", colour="orange", style="dashed"),
        Points([rate], [now], "now", colour="ink"),
    )
    return Panel(Axis("rate λ (counts per period)", 0, MOST), Axis("loss", 0, 10), marks)


def poisson_counts() -> Explorer:
    """Which rate does a count ask for?"""
    return Explorer(
        figure,
        [
            Slider("rate", LEAST, MOST, 6, label="rate λ", steps=115, drag="x", panels=(1,)),
            Slider("count", 0, MOST, 4, label="count y", steps=MOST),
        ],
        title="A rate and a count",
        look_for="the rate at which the loss is lowest: for a count of 4, of 8, and at last of 0.",
    )
