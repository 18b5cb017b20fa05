"""Smooth L1 loss: the absolute error with its tip rounded off within ``beta`` of 0."""

import numpy as np

from lossbook.domains import NON_NEGATIVE, REALS
from lossbook.spec import Case, Curve, Difference, Functions, Kink, Loss, Param, elementwise


def value(y_true, y_pred, *, beta):
    error = np.abs(y_pred - y_true)
    if beta == 0:  # no parabola is left, and dividing by beta would give NaN
        return error
    return np.where(error < beta, error**2 / (2 * beta), error - beta / 2)


def gradient(y_true, y_pred, *, beta):
    error = y_pred - y_true
    return np.sign(error) if beta == 0 else np.clip(error / beta, -1, 1)


def torch(y_true, y_pred, *, beta):
    from torch.nn import functional as F

    return F.smooth_l1_loss(y_pred, y_true, beta=beta, reduction="none")


def keras(y_true, y_pred, *, beta):
    from keras import losses

    if beta == 0:
        return losses.mean_absolute_error(y_true[..., None], y_pred[..., None])
    # Keras has Huber only, which is beta times larger; it averages the last axis, so each element gets its own.
    return losses.huber(y_true[..., None], y_pred[..., None], delta=beta) / beta


def _distance_from_the_tip(y_true, y_pred, *, beta):
    return np.abs(y_pred - y_true) if beta == 0 else np.full(np.shape(y_pred), np.inf)


def _slope_far_away():
    """The slope at error 3 with beta = delta = 2."""
    import tensorflow as tf
    import torch
    from keras import losses

    x = torch.tensor([3.0], requires_grad=True)
    torch.nn.functional.smooth_l1_loss(x, torch.zeros(1), beta=2.0).backward()
    y = tf.constant([3.0])
    with tf.GradientTape() as tape:
        tape.watch(y)
        in_keras = losses.huber(tf.zeros(1), y, delta=2.0)
    return float(x.grad), float(tape.gradient(in_keras, y)[0])


def _nothing_left_to_round():
    import torch
    from keras import losses

    in_torch = torch.nn.functional.smooth_l1_loss(torch.tensor([3.0]), torch.zeros(1), beta=0.0)
    return float(in_torch), float(losses.huber(np.zeros(1), np.array([3.0]), delta=0.0))


LOSS = Loss(
    name="smooth_l1",
    title="Smooth L1 loss",
    family="regression",
    per="element",
    formula=r"\ell = \begin{cases} e^2 / (2\beta) & |e| < \beta \\ |e| - \tfrac12\beta & |e| \ge \beta \end{cases},"
    r" \quad e = \hat y - y",
    forms=elementwise(REALS, REALS),
    functions=Functions(value, gradient, torch, keras),
    params=(Param("beta", 1.0, low=0.1, high=3.0, domain=NON_NEGATIVE, meaning="error at which the parabola ends"),),
    known=(
        Case([0.0], [0.5], [0.125], [0.5], "0.5 < 1: 0.5² / 2 = 0.125; slope 0.5 / 1"),
        Case([0.0], [-3.0], [2.5], [-1.0], "3 ≥ 1: 3 − 0.5 = 2.5; slope −1"),
        Case([0.0], [3.0], [2.0], [1.0], "3 ≥ 2: 3 − 1 = 2; slope 1, whatever β", {"beta": 2.0}),
        Case([1.0], [2.0], [0.25], [0.5], "1 < 2: 1² / (2·2) = 0.25; slope 1 / 2", {"beta": 2.0}),
    ),
    edges=(
        Case([0.0], [1.0], [0.5], [1.0], note="parabola and line meet with the same value and slope"),
        Case([0.0, 0.0], [3.0, -0.5], [3.0, 0.5], [1.0, -1.0], params={"beta": 0.0}, note="β = 0 is L1"),
        Case([-1e4], [1e4], [2e4 - 0.5], [1.0]),
    ),
    kinks=(
        Kink(
            "ŷ = y, if β = 0", _distance_from_the_tip,
            Case([1.0], [1.0], [0.0], [0.0], params={"beta": 0.0}), torch=[0.0], keras=[0.0],
        ),
    ),
    differences=(
        Difference(
            "the slope of a large error, β = δ = 2",
            "F.smooth_l1_loss(beta=2): the lines have slope ±1 for every β.",
            "Keras has only huber(delta=2), whose lines have slope ±δ: a larger δ is a larger learning rate too.",
            _slope_far_away,
            "Smooth L1 is Huber divided by β.",
        ),
        Difference(
            "a parameter of 0, error 3",
            "F.smooth_l1_loss(beta=0) is L1.",
            "losses.huber(delta=0) is 0 for every error: nothing is learned, and no error is raised.",
            _nothing_left_to_round,
            "Use losses.mean_absolute_error.",
        ),
    ),
    curve=Curve(x="prediction ŷ", low=-4.0, high=4.0, targets={"y = 0": 0.0}),
    api={"torch": "nn.SmoothL1Loss, F.smooth_l1_loss"},
    source="R. Girshick, Fast R-CNN, ICCV (2015), arXiv:1504.08083",
    notes="smooth_l1(β) = huber(δ = β) / β; at β = 1 the two are one. β = 0 is L1 with slope 0 at its kink.",
)  # fmt: skip
