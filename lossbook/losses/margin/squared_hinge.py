"""Squared hinge loss: the hinge, squared, so that its slope fades out where the margin is reached."""

import numpy as np

from lossbook.domains import REALS, SIGNS
from lossbook.spec import Case, Curve, Difference, Functions, Loss, elementwise


def value(y_true, y_pred):
    return np.maximum(1 - y_true * y_pred, 0) ** 2


def gradient(y_true, y_pred):
    return -2 * y_true * np.maximum(1 - y_true * y_pred, 0)


def torch(y_true, y_pred):
    import torch

    return torch.relu(1 - y_true * y_pred) ** 2


def keras(y_true, y_pred):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    return losses.squared_hinge(y_true[..., None], y_pred[..., None])


def _zero_one_labels():
    """Labels 0 and 1, both scored 2."""
    import torch
    from keras import losses

    y_true, y_pred = np.array([[0.0], [1.0]]), np.array([[2.0], [2.0]])
    in_torch = torch.relu(1 - torch.tensor(y_true) * torch.tensor(y_pred)) ** 2
    return in_torch[:, 0].numpy(), np.asarray(losses.squared_hinge(y_true, y_pred))


LOSS = Loss(
    name="squared_hinge",
    title="Squared hinge loss",
    family="margin",
    per="element",
    formula=r"\ell = \max(0,\; 1 - y\,\hat y)^2, \quad y \in \{-1, 1\}",
    forms=elementwise(SIGNS, REALS),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case([1.0], [0.3], [0.49], [-1.4], "(1 − 0.3)² = 0.49; slope −2·1·0.7 = −1.4"),
        Case([-1.0], [0.5], [2.25], [3.0], "(1 + 0.5)² = 2.25; slope −2·(−1)·1.5 = 3"),
        Case([1.0, -1.0], [1.0, -5.0], [0.0, 0.0], [0.0, 0.0], "1 − 1 = 0 and 1 − 5 < 0: no loss and no slope"),
    ),
    edges=(
        Case([1.0, -1.0], [-1e4, -1e4], [10001.0**2, 0.0], [-20002.0, 0.0], note="a far score costs its square"),
        Case([1.0, -1.0], [0.0, 0.0], [1.0, 1.0], [-2.0, 2.0]),
    ),
    differences=(
        Difference(
            "labels of 0 and 1 (both scored 2)",
            "the formula takes 0 as it is: a label of 0 costs 1 at every score and has no slope.",
            "squared_hinge turns the labels into −1 and 1 without a word if the whole batch is 0 or 1.",
            _zero_one_labels,
            "Write 2*y - 1 yourself, in both.",
        ),
    ),
    curve=Curve(x="score ŷ", low=-2.0, high=2.0, targets={"y = 1": 1.0, "y = -1": -1.0}),
    api={"keras": "losses.SquaredHinge, losses.squared_hinge"},
    source="Y. Tang, Deep Learning using Linear Support Vector Machines, ICML Workshop (2013)",
    notes="Labels are −1 or 1, scores are raw. Unlike the hinge it has no kink; unlike it, one far score can dominate.",
)
