"""Hinge loss: nothing to pay once a score is on the right side by a margin of 1, then linear."""

import numpy as np

from lossbook.domains import REALS, SIGNS
from lossbook.spec import Case, Curve, Difference, Functions, Kink, Loss, elementwise


def value(y_true, y_pred):
    return np.maximum(1 - y_true * y_pred, 0)


def gradient(y_true, y_pred):
    return np.where(y_true * y_pred < 1, -y_true, 0.0)


def torch(y_true, y_pred):
    import torch

    return torch.relu(1 - y_true * y_pred)


def keras(y_true, y_pred):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    return losses.hinge(y_true[..., None], y_pred[..., None])


def _margin_left(y_true, y_pred):
    return np.abs(1 - y_true * y_pred)


def _zero_one_labels():
    """Labels 0 and 1, both scored 2."""
    import torch
    from keras import losses

    y_true, y_pred = np.array([[0.0], [1.0]]), np.array([[2.0], [2.0]])
    in_torch = torch.relu(1 - torch.tensor(y_true) * torch.tensor(y_pred))
    return in_torch[:, 0].numpy(), np.asarray(losses.hinge(y_true, y_pred))


def _slope_at_the_kink():
    """The slope for y = 1 at a score of exactly 1."""
    import tensorflow as tf
    import torch
    from keras import losses

    score = torch.tensor(1.0, requires_grad=True)
    torch.relu(1 - score).backward()
    variable = tf.Variable([1.0])
    with tf.GradientTape() as tape:
        loss = losses.hinge(tf.ones(1), variable)
    return 0.0 + float(score.grad), float(tape.gradient(loss, variable)[0])


LOSS = Loss(
    name="hinge",
    title="Hinge loss",
    family="margin",
    per="element",
    formula=r"\ell = \max(0,\; 1 - y\,\hat y), \quad y \in \{-1, 1\}",
    forms=elementwise(SIGNS, REALS),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case([1.0], [0.3], [0.7], [-1.0], "1 − 1·0.3 = 0.7 > 0; slope −y = −1"),
        Case([-1.0], [0.3], [1.3], [1.0], "1 − (−1)·0.3 = 1.3; slope −y = 1"),
        Case([1.0, -1.0], [2.0, -5.0], [0.0, 0.0], [0.0, 0.0], "1 − 2 = −1 and 1 − 5 = −4: nothing to pay, no slope"),
    ),
    edges=(
        Case([1.0, -1.0, 1.0], [-1e4, -1e4, 1e4], [10001.0, 0.0, 0.0], [-1.0, 0.0, 0.0]),
        Case([1.0, -1.0], [0.0, 0.0], [1.0, 1.0], [-1.0, 1.0], note="an undecided score costs the whole margin"),
        Case([1.0, 1.0], [0.5, 2.0], [0.5, 0.0], [-1.0, 0.0], note="all ones: what Keras takes for 0/1 labels stays 1"),
    ),
    kinks=(
        Kink(
            "y ŷ = 1, where the margin is just reached",
            _margin_left,
            Case([1.0, -1.0], [1.0, -1.0], [0.0, 0.0], [0.0, 0.0]),
            torch=[0.0, 0.0],
            keras=[-1.0, 1.0],
        ),
    ),
    differences=(
        Difference(
            "labels of 0 and 1 (both scored 2)",
            "the formula takes 0 as it is: a label of 0 costs 1 at every score and has no slope.",
            "hinge turns the labels into −1 and 1 without a word if the whole batch is 0 or 1; one −1 anywhere in the "
            "batch, and the zeros stay zeros.",
            _zero_one_labels,
            "Write 2*y - 1 yourself, in both.",
        ),
        Difference(
            "the slope where the margin is just reached (y = 1, ŷ = 1)",
            "torch.relu answers 0.",
            "hinge is built on maximum(1 − yŷ, 0), which answers −y.",
            _slope_at_the_kink,
            "Either is a subgradient; torch.clamp(1 - y * y_pred, min=0) answers −y as well.",
        ),
    ),
    curve=Curve(x="score ŷ", low=-3.0, high=3.0, targets={"y = 1": 1.0, "y = -1": -1.0}),
    api={"keras": "losses.Hinge, losses.hinge"},
    source="C. Cortes and V. Vapnik, Support-Vector Networks, Machine Learning 20 (1995)",
    notes="Labels are −1 or 1, scores are raw (no sigmoid). PyTorch has no hinge: nn.HingeEmbeddingLoss is another "
    "loss, nn.MultiMarginLoss the one for several classes. At the kink the reference answers 0.",
)
