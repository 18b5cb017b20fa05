"""Multi-label margin loss: every true label must beat every other class by a margin of 1."""

import numpy as np

from lossbook.domains import REALS, Array, Domain
from lossbook.spec import Case, Curve, Difference, Form, Functions, Kink, Loss

LABEL_LIST = Domain(
    "class indices, the list of true ones ended by -1", low=-1, integer=True, below="C", edges=(-1.0, 0.0, 1.0),
    advice="List the true classes, then fill the row with -1.",
)  # fmt: skip


def value(y_true, y_pred):
    gap, pair = _pairs(y_true, y_pred)
    return (pair * np.maximum(gap, 0)).sum(axis=(-2, -1)) / y_pred.shape[-1]


def gradient(y_true, y_pred):
    gap, pair = _pairs(y_true, y_pred)
    active = pair * (gap > 0)
    # Each active pair pushes its other class down and its true label up.
    return (active.sum(axis=-2) - active.sum(axis=-1)) / y_pred.shape[-1]


def torch(y_true, y_pred):
    from torch.nn import functional as F

    return F.multilabel_margin_loss(y_pred, y_true, reduction="none")


def keras(y_true, y_pred):
    from keras import ops

    classes = y_pred.shape[-1]
    listed = ops.cast(ops.cumprod(ops.cast(y_true >= 0, "int32"), axis=-1), y_pred.dtype)
    times = ops.sum(ops.one_hot(y_true, classes, dtype=y_pred.dtype) * listed[..., None], axis=-2)
    pair = times[..., :, None] * ops.cast(times == 0, y_pred.dtype)[..., None, :]
    gap = ops.relu(1 - y_pred[..., :, None] + y_pred[..., None, :])
    return ops.sum(pair * gap, axis=(-2, -1)) / classes


def _pairs(y_true, y_pred):
    """For true label j and other class i: 1 − ŷ_j + ŷ_i, and how often the pair counts; both (…, C, C)."""
    listed = np.cumprod(y_true >= 0, axis=-1)  # 0 from the first -1 on
    times = (np.eye(y_pred.shape[-1])[np.maximum(y_true, 0)] * listed[..., None]).sum(axis=-2)
    gap = 1 - y_pred[..., :, None] + y_pred[..., None, :]
    return gap, times[..., :, None] * (times == 0)[..., None, :]


def _margin_left(y_true, y_pred):
    gap, pair = _pairs(y_true, y_pred)
    return np.where(pair > 0, np.abs(gap), np.inf).min(axis=(-2, -1))


def _forms():
    for shape in (("C",), ("N", "C")):
        yield Form(Array("labels", LABEL_LIST, shape), Array("y_pred", REALS, shape))


def _draw_labels(rng):
    """Lists of different labels, 0 to C of them, with whatever may stand behind the -1."""
    batch, classes = int(rng.integers(1, 5)), int(rng.integers(2, 5))
    labels = np.array([rng.permutation(classes) for _ in range(batch)])
    for row in labels:
        end = rng.integers(0, classes + 1)
        row[end : end + 1] = -1
    return labels, rng.normal(0, 2, (batch, classes))


def _two_labels():
    """Classes 0 and 3 of scores 0.1, 0.2, 0.4, 0.8, each framework with the labels in its own form."""
    import torch
    from keras import losses

    scores = np.array([[0.1, 0.2, 0.4, 0.8]])
    in_torch = torch.nn.MultiLabelMarginLoss()(torch.tensor(scores), torch.tensor([[3, 0, -1, 1]]))
    return float(in_torch), float(losses.CategoricalHinge(dtype="float64")(np.array([[1.0, 0, 0, 1]]), scores))


LOSS = Loss(
    name="multilabel_margin",
    title="Multi-label margin loss",
    family="margin",
    per="sample",
    formula=r"\ell = \frac1C \sum_{j \in T} \sum_{i \notin T} \max(0,\; 1 - \hat y_j + \hat y_i)",
    forms=tuple(_forms()),
    functions=Functions(value, gradient, torch, keras),
    sample=_draw_labels,
    known=(
        Case(
            [[3, 0, -1, 1]], [[0.1, 0.2, 0.4, 0.8]], [0.85], [[-0.5, 0.5, 0.5, -0.5]],
            "T = {3, 0}; (1 − 0.8 + 0.2) + (1 − 0.8 + 0.4) + (1 − 0.1 + 0.2) + (1 − 0.1 + 0.4) = 3.4; 3.4 / 4 = 0.85",
        ),
        Case(
            [[0, -1, -1]], [[1.5, 0.0, 3.0]], [2.5 / 3], [[-1 / 3, 0, 1 / 3]],
            "1 − 1.5 + 0 < 0; 1 − 1.5 + 3 = 2.5; 2.5 / 3",
        ),
        Case(
            [[1, 1, -1]], [[0.0, 0.5, 0.25]], [2.5 / 3], [[2 / 3, -4 / 3, 2 / 3]],
            "a label listed twice counts twice: 2·((1 − 0.5 + 0) + (1 − 0.5 + 0.25)) = 2.5; 2.5 / 3",
        ),
    ),
    edges=(
        Case([[-1, 0, 1]], [[0.1, 0.2, 0.4]], [0.0], [[0, 0, 0]], note="no true label: nothing to pay"),
        Case([[2, 0, 1]], [[0.1, 0.2, 0.4]], [0.0], [[0, 0, 0]], note="every class is true: nobody to beat"),
        Case([1, -1], [1e4, -1e4], 10000.5, [0.5, -0.5], note="(1 + 2e4) / 2; no batch axis"),
        Case([[0, -1, 2]], [[0.0, 0.0, 0.0]], [2 / 3], [[-2 / 3, 1 / 3, 1 / 3]], note="what follows -1 is not read"),
    ),
    kinks=(
        Kink(
            "another class is exactly at the margin", _margin_left,
            Case([[0, -1, 1]], [[1.0, 0.0, 3.0]], [1.0], [[-1 / 3, 0, 1 / 3]]),
            torch=[[-1 / 3, 0, 1 / 3]], keras=[[-1 / 3, 0, 1 / 3]],
        ),
    ),
    differences=(
        Difference(
            "several true labels (0 and 3, for scores 0.1, 0.2, 0.4, 0.8)",
            "MultiLabelMarginLoss wants a list of indices ended by −1, [3, 0, −1, …], and takes every pair: 3.4 / 4.",
            "has no such loss; CategoricalHinge takes a multi-hot row, adds the true scores, and compares their sum "
            "once: 0.4 − 0.9 + 1.",
            _two_labels,
            "Write the loss out in Keras, as here; or use binary cross-entropy with multi-hot rows in both.",
        ),
    ),
    curve=Curve(
        x="score of class 0 (the others: 0 and 1)", low=-2.0, high=4.0,
        targets={"true: 0": [[0, -1, -1]], "true: 0 and 1": [[0, 1, -1]], "true: 1": [[1, -1, -1]]},
        start=[[0.0, 0.0, 1.0]], direction=[[1.0, 0.0, 0.0]],
    ),
    api={"torch": "nn.MultiLabelMarginLoss, F.multilabel_margin_loss"},
    source="K. Crammer and Y. Singer, A Family of Additive Online Algorithms for Category Ranking, Journal of Machine "
    "Learning Research 3 (2003), as torch.nn.MultiLabelMarginLoss averages it",
    notes="A row of targets lists the true classes; the first −1 ends the list and the rest is not read. A label "
    "listed twice counts twice. The sum over pairs is divided by C. At the margin the slope is 0.",
)  # fmt: skip
