"""Poisson negative log-likelihood: counts, predicted by their rate or by its logarithm."""

import math
from dataclasses import replace

import numpy as np

from lossbook.domains import COUNTS, NON_NEGATIVE, POSITIVE, Array, Domain
from lossbook.spec import Case, Curve, Difference, Form, Functions, Loss, Param

LOG_RATES = Domain("real numbers (log-rates)", edges=(-1e4, -50.0, 0.0, 1.0, 50.0, 1e4))
RATES = replace(NON_NEGATIVE, advice="Take its exponential, or leave log_input=True.")


def value(y_true, y_pred, *, log_input, full, eps):
    with np.errstate(over="ignore"):  # a log-rate above 709 is an infinite rate, and an infinite loss
        loss = np.exp(y_pred) - y_true * y_pred if log_input else y_pred - y_true * np.log(y_pred + eps)
    return loss + (_log_factorial(y_true) if full else 0.0)


def gradient(y_true, y_pred, *, log_input, full, eps):
    with np.errstate(over="ignore"):
        return np.exp(y_pred) - y_true if log_input else 1 - y_true / (y_pred + eps)


def torch(y_true, y_pred, *, log_input, full, eps):
    from torch.nn import functional as F

    return F.poisson_nll_loss(y_pred, y_true, log_input=log_input, full=full, eps=eps, reduction="none")


def keras(y_true, y_pred, *, log_input, full, eps):
    from keras import config, losses, ops

    if log_input:  # not exp first and Keras's log after: that would put its epsilon between the two
        loss = ops.exp(y_pred) - y_true * y_pred
    else:
        # Keras adds its own epsilon to the rate and averages the last axis: shift by the rest, give each its own.
        shift = eps - config.epsilon()
        loss = losses.poisson(y_true[..., None], y_pred[..., None] + shift) - shift
    if not full:
        return loss
    y = ops.maximum(y_true, 1)
    return loss + ops.where(y_true > 1, y * ops.log(y) - y + 0.5 * ops.log(2 * math.pi * y), 0)


def _log_factorial(y_true):
    """Stirling's approximation of log y!, only where y > 1 (0! = 1! = 1, whose log is 0)."""
    y = np.maximum(y_true, 1)
    return np.where(y_true > 1, y * np.log(y) - y + 0.5 * np.log(2 * np.pi * y), 0.0)


def _both(y_true, y_pred, **options):
    """F.poisson_nll_loss and losses.poisson on the same two numbers."""
    import torch
    from keras import losses

    in_torch = torch.nn.functional.poisson_nll_loss(torch.tensor([y_pred]), torch.tensor([y_true]), **options)
    return float(in_torch), float(losses.poisson(np.array([y_true]), np.array([y_pred])))


def _a_column_against_a_row():
    """Rates (3, 1) that equal the targets (3,)."""
    import keras
    import torch

    y = np.array([1.0, 2.0, 3.0])
    in_torch = torch.nn.PoissonNLLLoss(log_input=False)(torch.tensor(y[:, None]), torch.tensor(y))
    return float(in_torch), float(keras.losses.Poisson()(y, y[:, None]))


LOSS = Loss(
    name="poisson_nll",
    title="Poisson negative log-likelihood",
    family="likelihood",
    per="element",
    formula=r"\ell = e^{z} - y z \ \text{ from a log-rate } z, \qquad \ell = \lambda - y \log(\lambda + \varepsilon)"
    r" \ \text{ from a rate } \lambda"
    r" \qquad \bigl[+ y \log y - y + \tfrac12 \log 2 \pi y \text{ if full and } y > 1\bigr]",
    forms=(
        Form(Array("y_true", COUNTS, ("*",)), Array("log_rate", LOG_RATES, ("*",)), {"log_input": True}),
        Form(Array("y_true", COUNTS, ("*",)), Array("rate", RATES, ("*",)), {"log_input": False}),
    ),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("log_input", True, choices=(True, False), meaning="the prediction is the log of the rate"),
        Param("full", False, choices=(False, True), meaning="add Stirling's approximation of log y! where y > 1"),
        Param("eps", 1e-8, domain=POSITIVE, meaning="added to the rate in the log, without log_input"),
    ),
    known=(
        Case([3.0], [0.0], [1.0], [-2.0], "e⁰ − 3·0 = 1; slope e⁰ − 3"),
        Case([2.0], [math.log(2)], [0.613706], [0.0], "2 − 2·0.693147; slope 2 − 2: the rate is the count"),
        Case([3.0], [2.0], [-0.079442], [-0.5], "2 − 3·0.693147 = −0.079442; slope 1 − 3/2", {"log_input": False}),
        Case(
            [0.0, 1.0, 2.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.651806], [1.0, 0.0, -1.0],
            "Stirling only for 2: 1 + 2·0.693147 − 2 + ½ log 12.566371 = 1 + 1.386294 − 2 + 1.265512", {"full": True},
        ),
    ),
    edges=(
        Case([0.0], [0.0], [0.0], [1.0], params={"log_input": False}, note="0·log(1e-8) is 0"),
        Case([1.0], [0.0], [18.420681], [-1e8], params={"log_input": False}, note="−log 1e-8; slope 1 − 1 / 1e-8"),
        Case([1.0], [1e4], [np.inf], [np.inf], note="a rate of e^10000 is infinite, in float64 as well"),
        Case([100.0], [-1e4], [1e6], [-100.0], note="0 − 100·(−1e4)"),
    ),
    differences=(
        Difference(
            "the default: rates or their logs, prediction 2 and target 3",
            "takes a log-rate: e² − 3·2.",
            "takes a rate: 2 − 3·log 2.",
            lambda: _both(3.0, 2.0),
            "PoissonNLLLoss(log_input=False), or an exponential output activation in Keras.",
        ),
        Difference(
            "what keeps the log finite at a rate of 0, target 1",
            "eps = 1e-8, a parameter: −log 1e-8.",
            "1e-7, keras.config.epsilon(): −log 1e-7.",
            lambda: _both(1.0, 0.0, log_input=False),
            "PoissonNLLLoss(log_input=False, eps=1e-7).",
        ),
        Difference(
            "the constant log y!, rate 3 and target 3",
            "full=True adds Stirling's approximation: 3 − 3·log 3 + 3·log 3 − 3 + ½ log 6π.",
            "never adds it: 3 − 3·log 3.",
            lambda: _both(3.0, 3.0, log_input=False, full=True),
            "It does not change the gradient; add it only to compare likelihoods.",
        ),
        Difference(
            "a column (3, 1) against a row (3,), a perfect prediction",
            "broadcasts to a 3 × 3 table without a warning.",
            "the class reshapes one to fit the other (the function losses.poisson does not).",
            _a_column_against_a_row,
            "Give both the same shape.",
        ),
    ),
    curve=Curve(x="predicted log-rate", low=-3.0, high=3.0, targets={"y = 3": 3.0, "y = 1": 1.0, "y = 0": 0.0}),
    api={"torch": "nn.PoissonNLLLoss, F.poisson_nll_loss", "keras": "losses.Poisson, losses.poisson"},
    source="A. C. Cameron, P. K. Trivedi, Regression Analysis of Count Data, Cambridge (1998)",
    notes="log_input and eps as in PyTorch (True, 1e-8); the eps is added, not clamped. Stirling's term stands only "
    "where y > 1. It is an approximation: for y = 2 it gives 0.6518, and log 2! is 0.6931. Targets are whole counts.",
)  # fmt: skip
