"""Multi-margin loss: every wrong class within the margin of the true one costs, averaged over all classes."""

import numpy as np

from lossbook.domains import INDICES, NON_NEGATIVE, Array, Domain
from lossbook.spec import Case, Curve, Difference, Form, Functions, Kink, Loss, Param

# No 1e4 among the edges: in float32 a margin of 2.7469911 added to it is 2.7470703.
SCORES = Domain("real numbers (scores)", edges=(-100.0, -1.0, 0.0, 1.0, 100.0))


def value(y_true, y_pred, *, p, margin, weight):
    gap = np.maximum(_gap(y_true, y_pred, margin), 0)
    return _weight(y_true, weight) * (gap**p).sum(axis=-1) / y_pred.shape[-1]


def gradient(y_true, y_pred, *, p, margin, weight):
    gap = _gap(y_true, y_pred, margin)
    slope = (gap > 0) * p * np.maximum(gap, 0) ** (p - 1)
    slope = slope - _one_hot(y_true, y_pred) * slope.sum(axis=-1, keepdims=True)
    return np.expand_dims(_weight(y_true, weight), -1) * slope / y_pred.shape[-1]


def torch(y_true, y_pred, *, p, margin, weight):
    from torch.nn import functional as F

    return F.multi_margin_loss(y_pred, y_true, p=p, margin=margin, weight=weight, reduction="none")


def keras(y_true, y_pred, *, p, margin, weight):
    from keras import ops

    is_true = ops.one_hot(y_true, y_pred.shape[-1], dtype=y_pred.dtype)
    true = ops.sum(is_true * y_pred, axis=-1, keepdims=True)
    gap = ops.relu(margin - true + y_pred) * (1 - is_true)
    loss = ops.mean(gap**p, axis=-1)
    return loss if weight is None else loss * ops.take(weight, y_true)


def _one_hot(y_true, y_pred):
    return np.eye(y_pred.shape[-1])[y_true]


def _gap(y_true, y_pred, margin):
    """By how much each class comes within the margin of the true one; minus infinity for the true one itself."""
    is_true = _one_hot(y_true, y_pred)
    true = (is_true * y_pred).sum(axis=-1, keepdims=True)
    return np.where(is_true == 1, -np.inf, margin - true + y_pred)


def _weight(y_true, weight):
    return np.ones(y_true.shape) if weight is None else weight[y_true]


def _margin_left(y_true, y_pred, *, p, margin, weight):
    nearest = np.abs(_gap(y_true, y_pred, margin)).min(axis=-1)
    return nearest if p == 1 else np.full(y_true.shape, np.inf)


def _forms():
    for rest in ((), ("N",)):
        yield Form(Array("labels", INDICES, rest), Array("y_pred", SCORES, (*rest, "C")))


def _all_or_the_worst():
    """Scores 0.1, 0.2, 0.4, 0.8; the last class is the true one."""
    import torch
    from keras import losses

    scores = np.array([[0.1, 0.2, 0.4, 0.8]])
    in_torch = torch.nn.MultiMarginLoss()(torch.tensor(scores), torch.tensor([3]))
    return float(in_torch), float(losses.CategoricalHinge(dtype="float64")(np.array([[0, 0, 0, 1.0]]), scores))


LOSS = Loss(
    name="multi_margin",
    title="Multi-margin loss",
    family="margin",
    per="sample",
    formula=r"\ell = \frac{w_y}{C} \sum_{i \ne y} \max(0,\; m - \hat y_y + \hat y_i)^p",
    forms=tuple(_forms()),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("p", 1, choices=(1, 2), meaning="power of each term"),
        Param("margin", 1.0, low=0.1, high=3.0, domain=NON_NEGATIVE, meaning="lead asked of the true class"),
        Param("weight", None, domain=NON_NEGATIVE, shape=("C",), meaning="one weight a class"),
    ),
    known=(
        Case(
            [3], [[0.1, 0.2, 0.4, 0.8]], [0.325], [[0.25, 0.25, 0.25, -0.75]],
            "1 − 0.8 = 0.2; (0.2 + 0.1) + (0.2 + 0.2) + (0.2 + 0.4) = 1.3; 1.3 / 4 = 0.325; slopes 1/4 and −3/4",
        ),
        Case(
            [0], [[1.0, 0.0, 3.0]], [17 / 3], [[-10 / 3, 2 / 3, 8 / 3]],
            "gaps 2 − 1 + 0 = 1 and 2 − 1 + 3 = 4; (1² + 4²) / 3 = 17/3; slopes 2·1/3, 2·4/3 and minus their sum",
            {"p": 2, "margin": 2.0},
        ),
        Case(
            [1, 0], [[0.5, 0.0], [0.0, -2.0]], [3.75, 0.0], [[2.5, -2.5], [0, 0]],
            "gap 1 − 0 + 0.5 = 1.5; 5·1.5 / 2 = 3.75, slope 5/2; second row: 1 − 0 − 2 < 0",
            {"weight": [2.0, 5.0]},
        ),
    ),
    edges=(
        Case([0], [[-1e4, 1e4, 0.0]], [30002 / 3], [[-2 / 3, 1 / 3, 1 / 3]]),
        Case([0], [[2.0, 2.0, 2.0]], [2 / 3], [[-2 / 3, 1 / 3, 1 / 3]], note="all scores equal"),
        Case([0], [[2.0, 1.0, 1.0]], [0.0], [[0, 0, 0]], params={"p": 2}, note="at the margin, squared: no kink"),
        Case(1, [0.0, 0.5, 0.0], 1 / 3, [1 / 3, -2 / 3, 1 / 3], note="one sample, no batch axis"),
        Case([0], [[0.0, 5.0]], [0.0], [[0, 0]], params={"weight": [0.0, 1.0]}, note="a class of weight 0"),
    ),
    kinks=(
        Kink(
            "p = 1: a wrong class is exactly at the margin", _margin_left,
            Case([0], [[1.0, 0.0, 3.0]], [1.0], [[-1 / 3, 0, 1 / 3]]),
            torch=[[-1 / 3, 0, 1 / 3]], keras=[[-1 / 3, 0, 1 / 3]],
        ),
    ),
    differences=(
        Difference(
            "several wrong classes within the margin (0.1, 0.2, 0.4 against the true 0.8)",
            "MultiMarginLoss adds them all and divides by the number of classes: 1.3 / 4.",
            "CategoricalHinge, the nearest there is, takes the worst alone: 0.4 − 0.8 + 1.",
            _all_or_the_worst,
            "Write the sum out in Keras, as here; a learning rate that fits one does not fit the other.",
        ),
    ),
    curve=Curve(
        x="score of class 0 (the others: 0 and 1)", low=-3.0, high=4.0,
        targets={"true class 0": [0], "true class 1": [1]},
        start=[[0.0, 0.0, 1.0]], direction=[[1.0, 0.0, 0.0]],
    ),
    api={"torch": "nn.MultiMarginLoss, F.multi_margin_loss"},
    source="J. Weston and C. Watkins, Support Vector Machines for Multi-Class Pattern Recognition, ESANN (1999)",
    notes="The sum over wrong classes is divided by C, true class included. `weight` is not raised to p, and torch's "
    "mean divides by N, not by the sum of the weights. At the margin the slope is 0.",
)  # fmt: skip
