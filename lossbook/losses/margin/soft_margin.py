"""Soft margin loss: the logistic loss for labels of −1 and 1."""

import numpy as np

from lossbook.domains import LOGITS, SIGNS
from lossbook.spec import Case, Curve, Difference, Functions, Loss, elementwise


def value(y_true, logits):
    # log(e^0 + e^-yz): logaddexp takes the larger exponent out first, so nothing overflows.
    return np.logaddexp(0, -y_true * logits)


def gradient(y_true, logits):
    # −y·sigmoid(−yz), as exp(−log(1 + e^yz)): exact at both ends.
    return -y_true * np.exp(-np.logaddexp(0, y_true * logits))


def torch(y_true, logits):
    from torch.nn import functional as F

    return F.soft_margin_loss(logits, y_true, reduction="none")


def keras(y_true, logits):
    from keras import ops

    return ops.softplus(-y_true * logits)


def _torch_overflows(y_true, logits):
    """Where float32's exp(−yz) is infinite; float64's is beyond 709."""
    return y_true * logits < -88


def _far_on_the_wrong_side():
    """The label 1 at a logit of −100, in float32."""
    import torch
    from keras import ops

    in_torch = torch.nn.SoftMarginLoss()(torch.tensor([-100.0]), torch.tensor([1.0]))
    return float(in_torch), float(ops.softplus(np.float32(100.0)))


def _its_slope():
    """The slope there."""
    import tensorflow as tf
    import torch
    from keras import ops

    logit = torch.tensor([-100.0], requires_grad=True)
    torch.nn.SoftMarginLoss()(logit, torch.tensor([1.0])).backward()
    variable = tf.Variable([-100.0])
    with tf.GradientTape() as tape:
        loss = ops.softplus(-variable)
    return float(logit.grad[0]), float(tape.gradient(loss, variable)[0])


def _negative_label():
    """The label −1 at a logit of 2."""
    import torch
    from keras import losses

    in_torch = torch.nn.SoftMarginLoss()(torch.tensor([2.0]), torch.tensor([-1.0]))
    in_keras = losses.BinaryCrossentropy(from_logits=True)(np.array([[-1.0]]), np.array([[2.0]]))
    return float(in_torch), float(in_keras)


LOSS = Loss(
    name="soft_margin",
    title="Soft margin loss",
    family="margin",
    per="element",
    formula=r"\ell = \log\bigl(1 + e^{-y z}\bigr), \quad y \in \{-1, 1\}",
    forms=elementwise(SIGNS, LOGITS, name="logits"),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case([1.0, -1.0], [0.0, 0.0], [0.693147, 0.693147], [-0.5, 0.5], "log(1 + e⁰) = log 2; slope −y·½"),
        Case([1.0], [np.log(3)], [0.287682], [-0.25], "e^−log 3 = 1/3; log(4/3) = 0.287682; slope −(1/3)/(4/3) = −1/4"),
        Case([-1.0], [np.log(3)], [1.386294], [0.75], "e^log 3 = 3; log 4 = 1.386294; slope 3/4"),
    ),
    edges=(
        Case([1.0, -1.0], [1e4, -1e4], [0.0, 0.0], [0.0, 0.0]),
        Case([1.0], [-1e4], [1e4], [-1.0], differs=("torch",), note="torch's exp overflows, in float64 too"),
        Case([1.0, -1.0], [-80.0, 50.0], [80.0, 50.0], [-1.0, 1.0], note="the last logits where float32 still holds"),
        Case([1.0], [50.0], [np.exp(-50.0)], [-np.exp(-50.0)]),
    ),
    apart={"torch": _torch_overflows},
    differences=(
        Difference(
            "a logit far on the wrong side (y = 1, z = −100, float32)",
            "SoftMarginLoss computes exp(−yz) as it stands: infinite from |z| = 89 on (710 in float64).",
            "has no soft margin; keras.ops.softplus(−yz) is the same formula, and stable.",
            _far_on_the_wrong_side,
            "torch.nn.functional.softplus(-y * logits), or BCEWithLogitsLoss with labels of 0 and 1.",
        ),
        Difference(
            "its slope there",
            "SoftMarginLoss answers NaN, and one NaN spoils every weight.",
            "softplus(−yz) has slope −y.",
            _its_slope,
            "Again softplus or BCEWithLogitsLoss.",
        ),
        Difference(
            "a label of −1 (z = 2)",
            "SoftMarginLoss wants −1 and 1: log(1 + e²).",
            "BinaryCrossentropy(from_logits=True), the same loss, wants 0 and 1 and takes −1 without a word: z is "
            "added once too often, log(1 + e²) + 2.",
            _negative_label,
            "(y + 1) / 2 for Keras.",
        ),
    ),
    curve=Curve(x="logit z", low=-5.0, high=5.0, targets={"y = 1": 1.0, "y = -1": -1.0}),
    api={"torch": "nn.SoftMarginLoss, F.soft_margin_loss"},
    source="D. R. Cox, The Regression Analysis of Binary Sequences, Journal of the Royal Statistical Society B 20 "
    "(1958)",
    notes="With labels (y + 1) / 2 it is binary cross-entropy from logits. The reference stays finite where torch "
    "overflows.",
)
