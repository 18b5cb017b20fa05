"""Binary cross-entropy from logits: the sigmoid and the logarithm in one, so that nothing overflows."""

import numpy as np

from lossbook.domains import LOGITS, NON_NEGATIVE, POSITIVE, SOFT_LABELS, Array
from lossbook.spec import Case, Curve, Difference, Form, Functions, Loss, Param


def value(y_true, logits, *, weight, pos_weight):
    positive, weight = _weights(weight, pos_weight)
    # -log σ(z) = log(1 + e^-z): logaddexp never leaves the range of floats.
    return weight * (positive * y_true * np.logaddexp(0, -logits) + (1 - y_true) * np.logaddexp(0, logits))


def gradient(y_true, logits, *, weight, pos_weight):
    positive, weight = _weights(weight, pos_weight)
    sigmoid = np.exp(-np.logaddexp(0, -logits))
    return weight * ((positive * y_true + 1 - y_true) * sigmoid - positive * y_true)


def torch(y_true, logits, *, weight, pos_weight):
    from torch.nn import functional as F

    return F.binary_cross_entropy_with_logits(logits, y_true, weight=weight, pos_weight=pos_weight, reduction="none")


def keras(y_true, logits, *, weight, pos_weight):
    from keras import losses

    # Keras has no pos_weight: ours is a soft label, times the sum of both weights.
    positive = y_true if pos_weight is None else pos_weight * y_true
    total = positive + (1 - y_true)
    # Keras averages the last axis, so each element gets one of its own.
    loss = losses.binary_crossentropy((positive / total)[..., None], logits[..., None], from_logits=True)
    return total * loss * (1 if weight is None else weight)


def _weights(weight, pos_weight):
    return 1 if pos_weight is None else pos_weight, 1 if weight is None else weight


def _logits_as_probabilities():
    import keras
    import torch

    theirs = keras.losses.binary_crossentropy(keras.ops.array([[1.0]]), keras.ops.array([[-1.0]]))
    ours = torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor([-1.0]), torch.tensor([1.0]))
    return ours.item(), float(theirs[0])


def _positive_weight():
    import keras
    import torch

    y, z = np.array([[1.0], [0.0]], np.float32), np.zeros((2, 1), np.float32)
    ours = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(z), torch.tensor(y), pos_weight=torch.tensor([3.0])
    )
    return ours.item(), float(keras.losses.BinaryCrossentropy(from_logits=True)(y, z))


def _multi_label_rows():
    import keras
    import torch

    y, z = np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)
    ours = torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor(z), torch.tensor(y), reduction="sum")
    return ours.item(), float(keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum")(y, z))


DIFFERENCES = (
    Difference(
        "Logits or probabilities", "a function of its own takes logits: 1.3133 for z = −1 and y = 1",
        "from_logits=False by default: −1 is clipped to the probability 1e-7 and costs 16.118",
        _logits_as_probabilities, "Pass from_logits=True in Keras.",
    ),
    Difference(
        "A weight for the positive class", "pos_weight, one number a class", "none",
        _positive_weight, "As our Keras function does it, or a sample_weight of 1 + (pos_weight − 1)·y on (N, 1).",
    ),
    Difference(
        "The sum over a table of labels", "adds all elements: 6·log 2", "averages each row first: 2·log 2",
        _multi_label_rows, "Multiply by the number of labels, or give each element an axis of its own.",
    ),
)  # fmt: skip

LOSS = Loss(
    name="binary_cross_entropy_with_logits",
    title="Binary cross-entropy from logits",
    family="classification",
    per="element",
    formula=r"\ell = w \left[ \pi\, y \log (1 + e^{-z}) + (1 - y) \log (1 + e^{z}) \right]",
    forms=(
        Form(Array("y_true", SOFT_LABELS, ("*", "C")), Array("logits", LOGITS, ("*", "C"))),
        Form(Array("y_true", SOFT_LABELS, ()), Array("logits", LOGITS, ())),
    ),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("weight", None, domain=NON_NEGATIVE, shape=("*", "C"), meaning="one weight an element"),
        Param(
            "pos_weight", None, domain=POSITIVE, shape=("C",),
            meaning="π, the weight of y = 1 against y = 0 for each class: negatives / positives, not a share",
        ),
    ),
    known=(
        Case([1.0, 0.0], [0.0, 0.0], [0.693147, 0.693147], [-0.5, 0.5], "log(1 + e⁰) = log 2; σ(0) − y = ½ − y"),
        Case([1.0], [np.log(3)], [0.287682], [-0.25], "σ(log 3) = 3/4: −log 0.75 = 0.287682; 0.75 − 1"),
        Case([1.0, 1.0], [0.0, np.log(3)], [2.079442, 0.863046], [-1.5, -0.75],
             "3·log 2, 3·0.287682; 3·(½ − 1), 3·(0.75 − 1)", {"pos_weight": [3.0, 3.0]}),
        Case([0.5], [0.0], [1.386294], [-0.5],
             "π = 3: 3·0.5·log 2 + 0.5·log 2 = 2·log 2; (1.5 + 0.5)·½ − 1.5", {"pos_weight": [3.0]}),
        Case([0.0, 0.0], [0.0, 0.0], [0.693147, 1.386294], [0.5, 1.0], "log 2, 2·log 2", {"weight": [1.0, 2.0]}),
    ),
    edges=(
        Case([1.0, 0.0], [-1e4, 1e4], [1e4, 1e4], [-1.0, 1.0], note="certain and wrong: the loss grows like |z|"),
        Case([1.0, 0.0], [1e4, -1e4], [0.0, 0.0], [0.0, 0.0], note="certain and right"),
        Case([1.0], [-1e4], [3e4], [-3.0], "3·1e4", {"pos_weight": [3.0]}),
        Case([0.3], [1e4], [7e3], [0.7], "0.7·1e4; 1 − 0.3", note="a soft label"),
        Case(1.0, 0.0, 0.693147, -0.5, "log 2", note="a single number"),
    ),
    curve=Curve(x="logit z", low=-6.0, high=6.0, targets={"y = 1": 1.0, "y = 0": 0.0, "y = 0.3": 0.3}),
    differences=DIFFERENCES,
    api={
        "torch": "nn.BCEWithLogitsLoss, F.binary_cross_entropy_with_logits",
        "keras": "losses.BinaryCrossentropy(from_logits=True), losses.binary_crossentropy(from_logits=True)",
    },
    source="D. R. Cox, The Regression Analysis of Binary Sequences, Journal of the Royal Statistical Society B 20 "
    "(1958)",
    notes="pos_weight belongs to the last axis, the classes. A mean divides by the number of elements, whatever the "
    "weights. Keras has no pos_weight: ours stands there.",
)  # fmt: skip
