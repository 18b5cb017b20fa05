"""Huber loss: a parabola near 0, straight lines beyond ``delta``."""

import numpy as np

from lossbook.domains import POSITIVE, REALS
from lossbook.spec import Case, Curve, Functions, Loss, Param, elementwise


def value(y_true, y_pred, *, delta):
    error = np.abs(y_pred - y_true)
    return np.where(error <= delta, error**2 / 2, delta * (error - delta / 2))


def gradient(y_true, y_pred, *, delta):
    return np.clip(y_pred - y_true, -delta, delta)


def torch(y_true, y_pred, *, delta):
    from torch.nn import functional as F

    return F.huber_loss(y_pred, y_true, delta=delta, reduction="none")


def keras(y_true, y_pred, *, delta):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    return losses.huber(y_true[..., None], y_pred[..., None], delta=delta)


LOSS = Loss(
    name="huber",
    title="Huber loss",
    family="regression",
    per="element",
    formula=r"\ell = \begin{cases} \tfrac12 e^2 & |e| \le \delta \\ \delta\,(|e| - \tfrac12\delta) & |e| > \delta"
    r" \end{cases}, \quad e = \hat y - y",
    forms=elementwise(REALS, REALS),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("delta", 1.0, low=0.1, high=5.0, domain=POSITIVE, meaning="error at which the parabola ends"),
    ),
    known=(
        Case([0.0], [0.5], [0.125], [0.5], "|e| = 0.5 ≤ 1: 0.5² / 2 = 0.125; slope e = 0.5"),
        Case([0.0], [-3.0], [2.5], [-1.0], "|e| = 3 > 1: 1·(3 − 0.5) = 2.5; slope −δ = −1"),
        Case([0.0], [3.0], [4.0], [2.0], "|e| = 3 > 2: 2·(3 − 1) = 4; slope δ = 2", {"delta": 2.0}),
    ),
    curve=Curve(x="prediction ŷ", low=-4.0, high=4.0, targets={"y = 0": 0.0}),
    api={"torch": "nn.HuberLoss, F.huber_loss", "keras": "losses.Huber, losses.huber"},
    source="P. J. Huber, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35 (1964)",
)
