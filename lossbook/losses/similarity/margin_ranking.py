"""Margin ranking loss: of two scores the right one must be higher, by a margin."""

import numpy as np

from lossbook.domains import NON_NEGATIVE, REALS, SIGNS, Array
from lossbook.spec import Case, Curve, Difference, Form, Functions, Kink, Loss, Param


def value(y_true, y_pred, *, margin):
    return np.maximum(_missing(y_true, y_pred, margin), 0)


def gradient(y_true, y_pred, *, margin):
    slope = np.where(_missing(y_true, y_pred, margin) >= 0, -y_true, 0.0)
    return slope, -slope


def torch(y_true, y_pred, *, margin):
    from torch.nn import functional as F

    x1, x2 = y_pred
    return F.margin_ranking_loss(x1, x2, y_true, margin=margin, reduction="none")


def keras(y_true, y_pred, *, margin):
    from keras import ops

    x1, x2 = y_pred
    # maximum, not relu: at the margin it hands the slope on, as torch does.
    return ops.maximum(-y_true * (x1 - x2) + margin, 0)


def _missing(y_true, y_pred, margin):
    """What is missing from the margin; below 0 where there is more than enough."""
    x1, x2 = y_pred
    return -y_true * (x1 - x2) + margin


def _margin_left(y_true, y_pred, *, margin):
    return np.abs(_missing(y_true, y_pred, margin))


def _equal_scores():
    """The slope by the first of two equal scores, margin 0, y = 1."""
    import tensorflow as tf
    import torch
    from keras import ops

    x1 = torch.tensor([1.0], requires_grad=True)
    torch.nn.MarginRankingLoss()(x1, torch.tensor([1.0]), torch.tensor([1.0])).backward()
    variable = tf.Variable([1.0])
    with tf.GradientTape() as tape:
        loss = ops.relu(-(variable - 1.0))
    return float(x1.grad[0]), 0.0 + float(tape.gradient(loss, variable)[0])


LOSS = Loss(
    name="margin_ranking",
    title="Margin ranking loss",
    family="similarity",
    per="element",
    formula=r"\ell = \max(0,\; -y\,(x_1 - x_2) + m), \quad y \in \{-1, 1\}",
    forms=(Form(Array("y_true", SIGNS, ("*",)), (Array("x1", REALS, ("*",)), Array("x2", REALS, ("*",)))),),
    functions=Functions(value, gradient, torch, keras),
    params=(Param("margin", 0.0, low=0.0, high=3.0, domain=NON_NEGATIVE, meaning="lead that is asked for"),),
    known=(
        Case([1.0], ([1.0], [3.0]), [2.0], ([-1.0], [1.0]), "y = 1, the first should lead: −(1 − 3) = 2"),
        Case([-1.0], ([1.0], [3.0]), [0.0], ([0.0], [0.0]), "y = −1, the second should lead: (1 − 3) = −2: it does"),
        Case(
            [1.0, -1.0], ([2.0, 2.0], [1.5, 1.5]), [0.5, 1.5], ([-1.0, 1.0], [1.0, -1.0]),
            "−0.5 + 1 = 0.5: ahead, but by too little; 0.5 + 1 = 1.5", {"margin": 1.0},
        ),
    ),
    edges=(
        Case([1.0, -1.0], ([-1e4, -1e4], [1e4, 1e4]), [2e4, 0.0], ([-1.0, 0.0], [1.0, 0.0])),
        Case([1.0, -1.0], ([0.5, 0.5], [0.5, 0.5]), [1.0, 1.0], ([-1.0, 1.0], [1.0, -1.0]), params={"margin": 1.0},
             note="equal scores pay the whole margin"),
    ),
    kinks=(
        Kink(
            "the margin is just reached; with margin 0, two equal scores", _margin_left,
            Case([1.0, -1.0], ([1.0, 1.0], [1.0, 1.0]), [0.0, 0.0], ([-1.0, 1.0], [1.0, -1.0])),
            torch=([-1.0, 1.0], [1.0, -1.0]), keras=([-1.0, 1.0], [1.0, -1.0]),
        ),
    ),
    differences=(
        Difference(
            "two equal scores (margin 0, y = 1): the slope by the first",
            "MarginRankingLoss answers −1: it costs nothing, and still pulls the two apart.",
            "has no such loss; written with keras.ops.relu the slope is 0, and equal scores stay equal.",
            _equal_scores,
            "keras.ops.maximum(…, 0), as here; or a margin above 0.",
        ),
    ),
    curve=Curve(
        x="first score x₁ (x₂ = 0)", low=-3.0, high=3.0,
        targets={"y = 1 (x₁ should lead)": 1.0, "y = -1 (x₂ should lead)": -1.0},
        start=(0.0, 0.0), direction=(1.0, None),
    ),
    api={"torch": "nn.MarginRankingLoss, F.margin_ranking_loss"},
    source="R. Herbrich, T. Graepel and K. Obermayer, Large Margin Rank Boundaries for Ordinal Regression, Advances in "
    "Large Margin Classifiers, MIT Press (2000)",
    notes="The default margin is 0: then only the order counts. At the margin the slope is handed on, as in torch. All "
    "three inputs have one shape; torch refuses others.",
)  # fmt: skip
