"""Multi-label soft margin loss: binary cross-entropy from logits for every class, averaged over the classes."""

import numpy as np

from lossbook.domains import LOGITS, NON_NEGATIVE, SOFT_LABELS, Array
from lossbook.spec import Case, Curve, Difference, Form, Functions, Loss, Param


def value(y_true, logits, *, weight):
    # log sigmoid(z) = −log(e^0 + e^-z); logaddexp takes the larger exponent out first, so nothing overflows.
    loss = y_true * np.logaddexp(0, -logits) + (1 - y_true) * np.logaddexp(0, logits)
    return (_weight(weight) * loss).mean(axis=-1)


def gradient(y_true, logits, *, weight):
    probs = np.exp(-np.logaddexp(0, -logits))
    return _weight(weight) * (probs - y_true) / logits.shape[-1]


def torch(y_true, logits, *, weight):
    from torch.nn import functional as F

    return F.multilabel_soft_margin_loss(logits, y_true, weight=weight, reduction="none")


def keras(y_true, logits, *, weight):
    from keras import losses, ops

    # Keras's binary cross-entropy averages the last axis, as this loss does; weights come before that mean.
    loss = losses.binary_crossentropy(y_true[..., None], logits[..., None], from_logits=True)
    return ops.mean(loss if weight is None else loss * weight, axis=-1)


def _weight(weight):
    return 1.0 if weight is None else weight


def _forms():
    for shape in (("C",), ("N", "*", "C")):
        yield Form(Array("y_true", SOFT_LABELS, shape), Array("logits", LOGITS, shape))


def _logits_or_probabilities():
    """One class, true, with a model output of 2."""
    import torch
    from keras import losses

    in_torch = torch.nn.MultiLabelSoftMarginLoss()(torch.tensor([[2.0]]), torch.tensor([[1.0]]))
    return float(in_torch), float(losses.BinaryCrossentropy()(np.array([[1.0]]), np.array([[2.0]])))


LOSS = Loss(
    name="multilabel_soft_margin",
    title="Multi-label soft margin loss",
    family="margin",
    per="sample",
    formula=r"\ell = -\frac1C \sum_c w_c \bigl(t_c \log\sigma(z_c) + (1 - t_c)\log(1 - \sigma(z_c))\bigr)",
    forms=tuple(_forms()),
    functions=Functions(value, gradient, torch, keras),
    params=(Param("weight", None, domain=NON_NEGATIVE, shape=("C",), meaning="one weight a class"),),
    known=(
        Case([[1.0, 0.0]], [[0.0, 0.0]], [0.693147], [[-0.25, 0.25]], "(log 2 + log 2) / 2; slopes (½ − t) / 2"),
        Case(
            [[1.0, 0.0]], [[np.log(3), np.log(3)]], [0.836988], [[-0.125, 0.375]],
            "σ(log 3) = 3/4; (−log 0.75 − log 0.25) / 2 = (0.287682 + 1.386294) / 2; slopes (0.75 − 1)/2 and 0.75/2",
        ),
        Case(
            [[1.0, 0.0]], [[0.0, 0.0]], [1.386294], [[-0.75, 0.25]],
            "(3·log 2 + 1·log 2) / 2 = 2·log 2; slopes 3·(−½)/2 and ½/2", {"weight": [3.0, 1.0]},
        ),
    ),
    edges=(
        Case([[1.0, 0.0]], [[-1e4, 1e4]], [1e4], [[-0.5, 0.5]], note="surely wrong: linear, never infinite"),
        Case([[1.0, 0.0]], [[1e4, -1e4]], [0.0], [[0.0, 0.0]]),
        Case([[0.5, 0.3]], [[0.0, np.log(3 / 7)]], [0.652006], [[0.0, 0.0]],
             note="soft targets: (log 2 + 0.610864) / 2, their entropy, not 0; no slope"),
        Case([1.0, 1.0, 0.0], [0.0, 0.0, 0.0], 0.693147, [-1 / 6, -1 / 6, 1 / 6], note="one sample, no batch axis"),
    ),
    differences=(
        Difference(
            "a model output of 2 for a true class",
            "MultiLabelSoftMarginLoss takes logits: −log σ(2).",
            "BinaryCrossentropy, the same loss otherwise, takes probabilities by default and clips the 2 below 1.",
            _logits_or_probabilities,
            "keras.losses.BinaryCrossentropy(from_logits=True).",
        ),
    ),
    curve=Curve(
        x="logit of class 0 (the other: 0)", low=-6.0, high=6.0,
        targets={"class 0 is true": [[1.0, 0.0]], "class 0 is false": [[0.0, 0.0]]},
        start=[[0.0, 0.0]], direction=[[1.0, 0.0]],
    ),
    api={"torch": "nn.MultiLabelSoftMarginLoss, F.multilabel_soft_margin_loss"},
    source="torch.nn.MultiLabelSoftMarginLoss; the loss itself: D. R. Cox, The Regression Analysis of Binary Sequences,"
    " Journal of the Royal Statistical Society B 20 (1958)",
    notes="Targets are multi-hot rows of 0 and 1 (anything between works), not −1 and 1. One number a sample: the mean "
    "over the last axis, so without weights it is Keras's binary_crossentropy(from_logits=True).",
)  # fmt: skip
