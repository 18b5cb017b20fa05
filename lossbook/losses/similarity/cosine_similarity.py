"""Cosine similarity loss: minus the cosine of the angle between prediction and target."""

import numpy as np

from lossbook.domains import REALS, Array
from lossbook.spec import Case, Curve, Difference, Form, Functions, Loss

# Keras's keras.config.epsilon(): the length below which a vector counts as shorter than it should.
EPSILON = 1e-7


def value(y_true, y_pred):
    return -(_unit(y_true) * _unit(y_pred)).sum(axis=-1)


def gradient(y_true, y_pred):
    target, unit, length = _unit(y_true), _unit(y_pred), _length(y_pred)
    # Along the prediction itself nothing changes, unless its length is cut off at EPSILON.
    along = (target * unit).sum(axis=-1, keepdims=True) * unit * (length > EPSILON)
    return -(target - along) / np.maximum(length, EPSILON)


def torch(y_true, y_pred):
    from torch.nn import functional as F

    return -(F.normalize(y_true, dim=-1, eps=EPSILON) * F.normalize(y_pred, dim=-1, eps=EPSILON)).sum(dim=-1)


def keras(y_true, y_pred):
    from keras import losses

    return losses.cosine_similarity(y_true, y_pred)


def _length(x):
    return np.sqrt((x * x).sum(axis=-1, keepdims=True))


def _unit(x):
    return x / np.maximum(_length(x), EPSILON)


def _forms():
    for shape in (("D",), ("N", "*", "D")):
        yield Form(Array("y_true", REALS, shape), Array("y_pred", REALS, shape))


def _both(x, y):
    """The mean of nn.CosineSimilarity, and keras.losses.CosineSimilarity, each as it comes."""
    import torch
    from keras import losses

    x, y = np.array(x), np.array(y)
    in_torch = torch.nn.CosineSimilarity()(torch.tensor(x), torch.tensor(y))
    return float(in_torch.mean()), float(losses.CosineSimilarity(dtype="float64")(x, y))


def _sign():
    return _both([[3.0, 4.0]], [[1.0, 0.0]])


def _axis():
    """Shape (1, 2, 2), cosines 1 and 0 along the last axis; minus Keras's loss, so that the sign is out of the way."""
    in_torch, in_keras = _both([[[1.0, 0.0], [1.0, 0.0]]], [[[1.0, 0.0], [0.0, 1.0]]])
    return in_torch, -in_keras


def _tiny_vector():
    """A vector of length 2e-8 and its own direction; minus Keras's loss again."""
    in_torch, in_keras = _both([[2e-8, 0.0]], [[1.0, 0.0]])
    return in_torch, -in_keras


LOSS = Loss(
    name="cosine_similarity",
    title="Cosine similarity loss",
    family="similarity",
    per="sample",
    formula=r"\ell = -\cos(y, \hat y) = -\frac{y \cdot \hat y}{\|y\|\,\|\hat y\|}",
    forms=tuple(_forms()),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case(
            [[1.0, 0.0]], [[3.0, 4.0]], [-0.6], [[-0.128, 0.096]],
            "−3/(1·5) = −0.6; slope −(y − 0.6·(0.6, 0.8))/5 = −(0.64, −0.48)/5",
        ),
        Case([[3.0, 4.0]], [[1.0, 0.0]], [-0.6], [[0.0, -0.8]], "slope −((0.6, 0.8) − 0.6·(1, 0))/1: only the angle"),
        Case([[1.0, 1.0]], [[-2.0, -2.0]], [1.0], [[0.0, 0.0]], "−(−4)/(√2·√8) = 1: opposite, and no slope out of it"),
    ),
    edges=(
        Case([[3.0, 4.0]], [[0.0, 0.0]], [0.0], [[-6e6, -8e6]], note="a zero prediction; slope −(0.6, 0.8)/1e-7"),
        Case([[0.0, 0.0]], [[3.0, 4.0]], [0.0], [[0.0, 0.0]], note="a zero target: 0"),
        Case([[1.0, 0.0]], [[1e-8, 0.0]], [-0.1], [[-1e7, 0.0]], note="shorter than 1e-7: −1e-8/1e-7"),
        Case([[1e4, 0.0], [0.0, 1.0]], [[1e4, 1e4], [1e4, 0.0]], [-np.sqrt(0.5), 0.0]),
        Case([1.0, 0.0], [0.0, 2.0], 0.0, [-0.5, 0.0], note="one vector, no batch axis"),
        Case([[[1.0, 0.0], [0.0, 1.0]]], [[[2.0, 0.0], [0.0, -2.0]]], [[-1.0, 1.0]], [[[0, 0], [0, 0]]]),
    ),
    differences=(
        Difference(
            "the sign",
            "nn.CosineSimilarity is a layer, the cosine itself: larger is better.",
            "losses.CosineSimilarity is a loss, minus the cosine: smaller is better.",
            _sign,
            "Minimise 1 - cosine in PyTorch; Keras's loss is that less 1.",
        ),
        Difference(
            "the axis, for shape (1, 2, 2) with cosines 1 and 0 along the last one",
            "nn.CosineSimilarity takes dim=1, the second axis: (1/√2 + 0) / 2.",
            "losses.CosineSimilarity takes axis=-1, the last: a mean cosine of (1 + 0) / 2.",
            _axis,
            "Pass dim=-1 to PyTorch.",
        ),
        Difference(
            "a tiny vector (length 2e-8) and its own direction",
            "nn.CosineSimilarity bounds the length from below at eps=1e-8: the cosine is 1.",
            "losses.CosineSimilarity bounds it at 1e-7: a cosine of 2e-8/1e-7.",
            _tiny_vector,
            "Pass eps=1e-7 to PyTorch.",
        ),
    ),
    curve=Curve(
        x="first component of ŷ = (x, 1)", low=-4.0, high=4.0,
        targets={"y = (1, 0)": [[1.0, 0.0]], "y = (1, 1)": [[1.0, 1.0]]},
        start=[[0.0, 1.0]], direction=[[1.0, 0.0]],
    ),
    api={"keras": "losses.CosineSimilarity, losses.cosine_similarity"},
    source="G. Salton, A. Wong and C. S. Yang, A Vector Space Model for Automatic Indexing, Communications of the ACM "
    "18 (1975)",
    notes="Along the last axis. Between −1 (same direction) and 1; a vector shorter than 1e-7 is divided by 1e-7, so a "
    "zero vector gives 0. Its slope there is 1e7 times the target's direction.",
)  # fmt: skip
