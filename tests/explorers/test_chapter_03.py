"""The explorers of chapter 03 as pure functions: each slider at its least, middle and greatest value, by hand."""

import math
from importlib import import_module

import numpy as np
import pytest

from lossbook.figures import Bars, Line, Points

cloud, poisson = (import_module(f"lossbook.explorers.{name}") for name in ("gaussian_cloud", "poisson_counts"))


def marks(panel, kind, label=None):
    return [mark for mark in panel.marks if isinstance(mark, kind) and (label is None or mark.label == label)]


# ---- Gaussian NLL of a cloud


def test_cloud_has_mean_2_and_variance_1():
    # 2 * (0.01 + 0.25 + 0.64 + 1.21 + 2.89) / 10 = 2 * 5 / 10
    assert cloud.CLOUD.mean() == pytest.approx(2)
    assert cloud.CLOUD.var() == pytest.approx(1)


@pytest.mark.parametrize(
    ("mean", "variance", "squared", "loss"),
    [
        # the squared misses are 1 + (mean - 2)² in the mean; the loss is ½ (log v + that / v) + ½ log 2π
        (-1, 4, 10, 0.5 * (1.386294 + 2.5) + 0.918939),
        (2, 4, 1, 0.5 * (1.386294 + 0.25) + 0.918939),
        (5, 4, 10, 0.5 * (1.386294 + 2.5) + 0.918939),
        (2, 0.1, 1, 0.5 * (-2.302585 + 10) + 0.918939),
        (2, 5, 1, 0.5 * (1.609438 + 0.2) + 0.918939),
        (2, 10, 1, 0.5 * (2.302585 + 0.1) + 0.918939),
        (5, 0.1, 10, 0.5 * (-2.302585 + 100) + 0.918939),
    ],
)
def test_cloud_loss_and_best_variance(mean, variance, squared, loss):
    assert cloud.best_variance(mean) == pytest.approx(squared)
    assert cloud.mean_nll(mean, variance) == pytest.approx([loss], abs=1e-6)


@pytest.mark.parametrize("mean", [-1, 2, 3.5, 5])
def test_cloud_lowest_place_is_lowest(mean):
    best = cloud.best_variance(mean)
    at, *beside = cloud.mean_nll(mean, [best, best - 0.01, best + 0.01])
    assert (at < np.array(beside)).all()
    (lowest,) = marks(cloud.figure(mean, 4).panels[1], Points, "lowest")
    assert (lowest.x[0], lowest.y[0]) == pytest.approx((best, at))


def test_cloud_loss_is_minus_the_log_of_the_sticks():
    left, right = cloud.figure(2.5, 0.7).panels
    (sticks,) = marks(left, Line, "density at a point")
    tops = sticks.y.reshape(-1, 3)[:, 1]
    (now,) = marks(right, Points, "now")
    assert now.y[0] == pytest.approx(-np.log(tops).mean())
    assert now.x[0] == 0.7
    np.testing.assert_allclose(sticks.x.reshape(-1, 3)[:, 0], cloud.CLOUD)


def test_cloud_density_has_area_1():
    (curve,) = marks(cloud.figure(2, 0.5).panels[0], Line, "what was said")
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(1, abs=1e-6)


def test_cloud_says():
    says = cloud.figure(3.5, 2).says  # 1 + 1.5² = 3.25; ½ (log 3.25 + 1) + ½ log 2π = ½ · 2.178655 + 0.918939
    assert "lowest at a variance of 3.25, where it is 2.008" in says


# ---- Poisson NLL of a count


@pytest.mark.parametrize(
    ("rate", "count", "chance"),
    [
        # rate^count e^-rate / count!
        (0.5, 4, 0.0625 * 0.60653066 / 24),
        (6, 4, 1296 * 0.00247875 / 24),
        (12, 4, 20736 * 6.14421e-6 / 24),
        (6, 0, 0.00247875),
        (6, 6, 46656 * 0.00247875 / 720),
        (6, 12, 2176782336 * 0.00247875 / 479001600),
        (0.5, 0, 0.60653066),
        (12, 12, 8916100448256 * 6.14421e-6 / 479001600),
    ],
)
def test_poisson_probability(rate, count, chance):
    assert float(poisson.probability(count, rate)) == pytest.approx(chance, rel=1e-5)
    left, right = poisson.figure(rate, count).panels
    (seen,) = marks(left, Bars, "the count seen")
    (top,) = marks(left, Points)
    (now,) = marks(right, Points, "now")
    assert (seen.x[0], seen.y[0]) == (count, pytest.approx(chance, rel=1e-5))
    assert (top.x[0], top.y[0]) == (seen.x[0], seen.y[0])  # a count of 0 at a rate of 6 has a bar of 0.0025
    assert (now.x[0], now.y[0]) == (rate, pytest.approx(-math.log(chance), abs=1e-5))


@pytest.mark.parametrize("rate", [0.5, 6, 12])
def test_poisson_probabilities_add_up(rate):
    (bars,) = marks(poisson.figure(rate, 4).panels[0], Bars, "probability at this rate")
    assert bars.y.sum() == pytest.approx(1, abs=0.02)  # what lies beyond 20 is 0.0116 at a rate of 12
    assert (bars.y * bars.x).sum() == pytest.approx(rate, abs=0.3)


@pytest.mark.parametrize("count", [0, 4, 6, 12])
def test_poisson_lowest_at_the_count(count):
    (curve,) = marks(poisson.figure(6, count).panels[1], Line)
    lowest = curve.x[np.argmin(curve.y)]
    assert lowest == (curve.x[0] if count == 0 else pytest.approx(count, abs=0.051))


@pytest.mark.parametrize(("rate", "count", "slope"), [(6, 0, "1"), (6, 4, "0.3333"), (6, 6, "0"), (0.5, 12, "−23")])
def test_poisson_says_the_slope(rate, count, slope):
    assert f"slope {slope}." in poisson.figure(rate, count).says  # 1 - count / rate


# ---- what both keep to


@pytest.mark.parametrize("name", ["gaussian_cloud", "poisson_counts"])
def test_every_stop_gives_a_sentence_of_its_own(name):
    """Each control alone through all its stops, the others at their start."""
    explorer = getattr(import_module(f"lossbook.explorers.{name}"), name)()
    assert explorer.look_for
    for control in explorer.controls.values():
        said = [explorer.draw(**{control.name: control.from_widget(stop)}).says for stop in control.stops]
        assert len(set(said)) == len(said), control.name
