"""Categorical hinge loss: the true class must beat the best of the others, and 0, by a margin of 1."""

import numpy as np

from lossbook.domains import REALS, Array, Domain
from lossbook.spec import Case, Curve, Difference, Form, Functions, Kink, Loss


class _OneHot(Domain):
    """One-hot rows; a random member is what ``extreme`` draws already."""

    def sample(self, rng, shape, *, below=None):
        return self.extreme(rng, shape)


ONE_HOT = _OneHot(
    "one-hot: 0 or 1, a single 1 a sample", members=(0.0, 1.0), simplex=True, advice="Use np.eye(C)[labels]."
)


def value(y_true, y_pred):
    true, others = _scores(y_true, y_pred)
    return np.maximum(others.max(axis=-1) - true + 1, 0)


def gradient(y_true, y_pred):
    true, others = _scores(y_true, y_pred)
    best = others.max(axis=-1, keepdims=True)
    first = (others == best) / (others == best).sum(axis=-1, keepdims=True)  # a tie shares the slope
    # The true class enters the maximum as the constant 0: no slope from there.
    slope = (1 - _last(y_true)) * first - _last(y_true)
    return np.moveaxis(slope * (best[..., 0] - true + 1 >= 0)[..., None], -1, _classes(y_pred))


def torch(y_true, y_pred):
    import torch

    axis = 0 if y_pred.ndim == 1 else 1
    true = (y_true * y_pred).sum(dim=axis)
    best = ((1 - y_true) * y_pred).amax(dim=axis)
    return torch.clamp(best - true + 1, min=0)


def keras(y_true, y_pred):
    from keras import losses, ops

    axis = 0 if len(y_pred.shape) == 1 else 1
    # Keras wants the classes last.
    return losses.categorical_hinge(ops.moveaxis(y_true, axis, -1), ops.moveaxis(y_pred, axis, -1))


def _classes(array):
    return 0 if array.ndim == 1 else 1


def _last(array):
    return np.moveaxis(array, _classes(array), -1)


def _scores(y_true, y_pred):
    """The true class's score, and all scores with the true one's put to 0; classes last."""
    return (_last(y_true) * _last(y_pred)).sum(axis=-1), (1 - _last(y_true)) * _last(y_pred)


def _margin_left(y_true, y_pred):
    true, others = _scores(y_true, y_pred)
    return np.abs(others.max(axis=-1) - true + 1)


def _tie(y_true, y_pred):
    highest = np.sort(_scores(y_true, y_pred)[1], axis=-1)
    return highest[..., -1] - highest[..., -2]


def _forms():
    for shape in (("C",), ("N", "C", "*")):
        yield Form(Array("y_true", ONE_HOT, shape), Array("y_pred", REALS, shape))


def _all_scores_negative():
    """Two classes, the true one scored −1, the other −3: right, and by a margin of 2."""
    import torch
    from keras import losses

    scores = np.array([[-1.0, -3.0]])
    in_torch = torch.nn.MultiMarginLoss()(torch.tensor(scores), torch.tensor([0]))
    return float(in_torch), float(losses.categorical_hinge(np.array([[1.0, 0.0]]), scores)[0])


def _indices():
    """The class index 1 as the target of three scores, in Keras as a column."""
    import torch
    from keras import losses

    scores = np.array([[0.5, 0.0, 2.0]])
    in_torch = torch.nn.MultiMarginLoss()(torch.tensor(scores), torch.tensor([1]))
    return float(in_torch), float(losses.categorical_hinge(np.array([[1.0]]), scores)[0])


LOSS = Loss(
    name="categorical_hinge",
    title="Categorical hinge loss",
    family="margin",
    per="sample",
    formula=r"\ell = \max\bigl(0,\; \max_i\,(1 - t_i)\,\hat y_i \;-\; \textstyle\sum_i t_i\,\hat y_i + 1\bigr)",
    forms=tuple(_forms()),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case(
            [[0, 0, 0, 1]], [[0.1, 0.2, 0.4, 0.8]], [0.6], [[0, 0, 1, -1]],
            "max(0.1, 0.2, 0.4, 0) = 0.4; 0.4 − 0.8 + 1 = 0.6; slope 1 at the best other class, −1 at the true one",
        ),
        Case(
            [[1, 0]], [[-1.0, -3.0]], [2.0], [[-1, 0]],
            "the true class enters as 0: max(0, −3) = 0; 0 + 1 + 1 = 2, though the true class leads by 2",
        ),
        Case([[0, 1, 0]], [[0.5, 2.0, -1.0]], [0.0], [[0, 0, 0]], "max(0.5, 0, −1) = 0.5; 0.5 − 2 + 1 = −0.5: nothing"),
    ),
    edges=(
        Case([[1, 0, 0]], [[-1e4, 1e4, 0.0]], [20001.0], [[-1, 1, 0]]),
        Case([1, 0, 0], [0.5, 1.0, -1.0], 1.5, [-1, 1, 0], note="one sample, no batch axis"),
        Case([[[1, 0], [0, 1]]], [[[2.0, 0.5], [0.0, 0.5]]], [[0.0, 1.0]], [[[0, 1], [0, -1]]], note="axis 1: classes"),
    ),
    kinks=(
        Kink(
            "the margin is just reached", _margin_left, Case([[1, 0, 0]], [[3.0, 2.0, 1.0]], [0.0], [[-1, 1, 0]]),
            torch=[[-1, 1, 0]], keras=[[-1, 1, 0]],
        ),
        Kink(
            "two classes share the maximum", _tie, Case([[1, 0, 0]], [[0.0, 2.0, 2.0]], [3.0], [[-1, 0.5, 0.5]]),
            torch=[[-1, 0.5, 0.5]], keras=[[-1, 0.5, 0.5]],
        ),
        Kink(
            "the best other class is at 0, where the true class enters", _tie,
            Case([[1, 0, 0]], [[0.0, 0.0, -2.0]], [1.0], [[-1, 0.5, 0]]),
            torch=[[-1, 0.5, 0]], keras=[[-1, 0.5, 0]],
        ),
    ),
    differences=(
        Difference(
            "every score below 0 (true class −1, the other −3)",
            "MultiMarginLoss compares the true class with the others alone: it leads by 2, nothing to pay.",
            "CategoricalHinge lets the true class enter the maximum as 0: max(0, −3) + 1 + 1.",
            _all_scores_negative,
            "Expect scores to be pushed above 1, not only apart.",
        ),
        Difference(
            "a class index as the target (1, for scores 0.5, 0, 2)",
            "MultiMarginLoss wants the index: (1 − 0 + 0.5) + (1 − 0 + 2) over 3 classes.",
            "CategoricalHinge wants one-hot rows; a column of indices is spread over all classes without a word, and 1 "
            "everywhere means that all are true: 0 − 2.5 + 1 < 0, nothing to pay.",
            _indices,
            "keras.utils.to_categorical(labels, C).",
        ),
    ),
    curve=Curve(
        x="score of class 0 (the others: 0 and -1)", low=-3.0, high=3.0,
        targets={"true class 0": [[1, 0, 0]], "true class 1": [[0, 1, 0]]},
        start=[[0.0, 0.0, -1.0]], direction=[[1.0, 0.0, 0.0]],
    ),
    api={"keras": "losses.CategoricalHinge, losses.categorical_hinge"},
    source="K. Crammer and Y. Singer, On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines, "
    "Journal of Machine Learning Research 2 (2001), there without the 0",
    notes="Targets are one-hot. As in Keras, the true class's own score is put to 0 in the maximum, so the true score "
    "must reach 1 even where all others lie far below. Classes are on axis 1; Keras wants them last.",
)  # fmt: skip
