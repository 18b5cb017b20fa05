"""Pinball (quantile) loss: one price for too low, another for too high, so that a quantile is learned."""

import numpy as np

from lossbook.domains import REALS
from lossbook.spec import Case, Curve, Difference, Domain, Functions, Kink, Loss, Param, elementwise

SHARE = Domain("a number above 0 and below 1", low=0, high=1, open_low=True, open_high=True,
               advice="0.9 is the 90 % quantile.")  # fmt: skip


def value(y_true, y_pred, *, quantile):
    short = y_true - y_pred  # by how much the prediction is too low
    return np.maximum(quantile * short, (quantile - 1) * short)


def gradient(y_true, y_pred, *, quantile):
    short = y_true - y_pred
    # At the kink, the middle of the two slopes: 0 for the median, as for mae.
    return np.where(short > 0, -quantile, np.where(short < 0, 1 - quantile, 0.5 - quantile))


def torch(y_true, y_pred, *, quantile):
    import torch

    short = y_true - y_pred
    return torch.maximum(quantile * short, (quantile - 1) * short)


def keras(y_true, y_pred, *, quantile):
    from keras import ops

    short = y_true - y_pred
    return ops.maximum(quantile * short, (quantile - 1) * short)


def _slopes_at_the_kink():
    """The slope at ŷ = y with quantile 0.9, where both arms of the maximum are 0."""
    from lossbook.frameworks import value_and_gradient

    at = np.array([1.0])
    return tuple(float(value_and_gradient(f, LOSS, at, at, quantile=0.9)[1][0]) for f in ("torch", "keras"))


LOSS = Loss(
    name="pinball",
    title="Pinball (quantile) loss",
    family="regression",
    per="element",
    formula=r"\ell = \max\bigl(\tau\,(y - \hat y),\ (\tau - 1)(y - \hat y)\bigr)",
    forms=elementwise(REALS, REALS),
    functions=Functions(value, gradient, torch, keras),
    params=(Param("quantile", 0.5, low=0.05, high=0.95, domain=SHARE, meaning="share of targets to lie below ŷ (τ)"),),
    known=(
        Case([10.0], [8.0], [1.8], [-0.9], "2 too low: 0.9·2 = 1.8; slope −0.9", {"quantile": 0.9}),
        Case([10.0], [12.0], [0.2], [0.1], "2 too high: (0.9 − 1)·(−2) = 0.2; slope 0.1", {"quantile": 0.9}),
        Case([0.0, 3.0], [1.0, 0.0], [0.5, 1.5], [0.5, -0.5], "the median is half of mae: 1 / 2 and 3 / 2"),
    ),
    edges=(
        Case([-1e4], [1e4], [2e2], [0.01], params={"quantile": 0.99}),
        Case([1e4], [-1e4], [2e2], [-0.01], params={"quantile": 0.01}),
    ),
    kinks=(
        Kink(
            "ŷ = y", lambda y_true, y_pred, **_: np.abs(y_pred - y_true),
            Case([1.0], [1.0], [0.0], [-0.4], params={"quantile": 0.9}), torch=[-0.4], keras=[-0.9],
        ),
    ),
    differences=(
        Difference(
            "the slope of a maximum whose two sides are equal (τ = 0.9, ŷ = y)",
            "torch.maximum gives each side half: (−0.9 + 0.1) / 2.",
            "ops.maximum gives all to the first side: −0.9.",
            _slopes_at_the_kink,
            "Write it with where() if the slope at the kink matters; exact hits are rare with real numbers.",
        ),
    ),
    curve=Curve(x="prediction ŷ", low=-4.0, high=4.0, targets={"y = 0": 0.0}),
    source="R. Koenker, G. Bassett, Regression Quantiles, Econometrica 46 (1978)",
    notes="Neither framework has it. The gradient at the kink is 0.5 − τ, the middle of the two slopes.",
)  # fmt: skip
