"""Binary cross-entropy from probabilities: minus the log-probability of the label, 0 or 1 or between."""

import numpy as np

from lossbook.domains import NON_NEGATIVE, PROBABILITIES, SOFT_LABELS, Array
from lossbook.spec import Case, Curve, Difference, Form, Functions, Loss, Param

#: PyTorch's floor: 1e-12 as a float32, also where it computes in float64.
FLOOR = float(np.float32(1e-12))


def value(y_true, probs, *, weight):
    with np.errstate(divide="ignore"):
        # log 0 is capped, as PyTorch does, so that a saturated sigmoid leaves the loss finite.
        log_p, log_q = np.maximum(np.log(probs), -100), np.maximum(np.log1p(-probs), -100)
    return -(y_true * log_p + (1 - y_true) * log_q) * (1 if weight is None else weight)


def gradient(y_true, probs, *, weight):
    # p(1 - p) is floored, as PyTorch does: at p = 0 or 1 the slope is steep and finite.
    slope = (probs - y_true) / np.maximum(probs * (1 - probs), FLOOR)
    return slope * (1 if weight is None else weight)


def torch(y_true, probs, *, weight):
    from torch.nn import functional as F

    return F.binary_cross_entropy(probs, y_true, weight=weight, reduction="none")


def keras(y_true, probs, *, weight):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    loss = losses.binary_crossentropy(y_true[..., None], probs[..., None])
    return loss if weight is None else loss * weight


def clipped_by_keras(y_true, probs, **_):
    return (probs < 1e-7) | (probs > 1 - 1e-7)


def _saturated():
    import keras
    import torch

    theirs = keras.losses.binary_crossentropy(keras.ops.array([[1.0]]), keras.ops.array([[0.0]]))
    return torch.nn.functional.binary_cross_entropy(torch.tensor([0.0]), torch.tensor([1.0])).item(), float(theirs[0])


def _saturated_slope():
    import tensorflow as tf
    import torch
    from keras import losses

    p, q = torch.zeros(1, requires_grad=True), tf.zeros((1, 1))
    torch.nn.functional.binary_cross_entropy(p, torch.ones(1)).backward()
    with tf.GradientTape() as tape:
        tape.watch(q)
        loss = losses.binary_crossentropy(tf.ones((1, 1)), q)
    return p.grad.item(), float(tape.gradient(loss, q)[0, 0])


def _sigmoid_in_front():
    import keras
    import torch

    z = np.array([[-200.0]], np.float32)
    theirs = keras.losses.binary_crossentropy(keras.ops.ones((1, 1)), keras.activations.sigmoid(keras.ops.array(z)))
    ours = torch.nn.functional.binary_cross_entropy(torch.tensor(z).sigmoid(), torch.ones(1, 1))
    return ours.item(), float(theirs[0])


def _outside():
    """2.0 where a probability belongs; NaN stands for PyTorch's RuntimeError."""
    import keras
    import torch

    theirs = keras.losses.binary_crossentropy(keras.ops.array([[1.0]]), keras.ops.array([[2.0]]))
    try:
        ours = torch.nn.functional.binary_cross_entropy(torch.tensor([2.0]), torch.tensor([1.0])).item()
    except RuntimeError:
        ours = np.nan
    return ours, float(theirs[0])


def _weights():
    import keras
    import torch

    p, y, w = (np.array(x, np.float32) for x in ([0.5, 0.25], [1, 1], [1, 0]))
    ours = torch.nn.functional.binary_cross_entropy(*map(torch.tensor, (p, y, w)))
    return ours.item(), float(keras.losses.BinaryCrossentropy()(y, p, sample_weight=w))


def _smoothing():
    import keras
    import torch

    theirs = keras.losses.BinaryCrossentropy(label_smoothing=0.2)(np.ones((1, 1)), np.full((1, 1), 0.9))
    return torch.nn.functional.binary_cross_entropy(torch.tensor([0.9]), torch.ones(1)).item(), float(theirs)


DIFFERENCES = (
    Difference(
        "The loss of a probability of 0", "caps the logarithm at −100: 100", "clips p at 1e-7: 16.118",
        _saturated, "binary_cross_entropy_with_logits: no clipping, in either.",
    ),
    Difference(
        "The slope at a probability of 0", "(p − y) / max(p(1 − p), 1e-12): −1e12, and 0 where y = p = 0",
        "0 for all p that the clip moved: such an element learns nothing",
        _saturated_slope, "binary_cross_entropy_with_logits: the slope is σ(z) − y.",
    ),
    Difference(
        "A sigmoid in front of the loss", "sees the probability: 0 in float32, capped at 100",
        "undoes a sigmoid that Keras made and works on its logits: 200",
        _sigmoid_in_front, "Hand logits to the loss that takes them.",
    ),
    Difference(
        "Numbers that are no probabilities", "a RuntimeError (here: NaN)",
        "clips them without a word, logits too: 2.0 counts as certain",
        _outside, "In Keras, from_logits=True or a sigmoid; our functions refuse such input.",
    ),
    Difference(
        "Weights on outputs of shape (N,)", "weight multiplies each element",
        "sample_weight multiplies the mean over the last axis, which here is the batch: 0.5199 for 0.3466",
        _weights, "Give the outputs shape (N, 1) in Keras.",
    ),
    Difference(
        "Label smoothing", "none", "label_smoothing=s turns y into y(1 − s) + s/2",
        _smoothing, "Smooth the labels yourself, y * (1 - s) + s / 2, in both.",
    ),
)  # fmt: skip

LOSS = Loss(
    name="binary_cross_entropy",
    title="Binary cross-entropy",
    family="classification",
    per="element",
    formula=r"\ell = -w \left[ y \log p + (1 - y) \log (1 - p) \right]",
    forms=(
        Form(Array("y_true", SOFT_LABELS, ("*", "C")), Array("probs", PROBABILITIES, ("*", "C"))),
        Form(Array("y_true", SOFT_LABELS, ()), Array("probs", PROBABILITIES, ())),
    ),
    functions=Functions(value, gradient, torch, keras),
    params=(Param("weight", None, domain=NON_NEGATIVE, shape=("*", "C"), meaning="one weight an element"),),
    known=(
        Case([1.0, 0.0], [0.75, 0.25], [0.287682, 0.287682], [-1.333333, 1.333333],
             "−log 0.75 = 0.287682, twice; slopes −1/0.75 and 1/(1 − 0.25)"),
        Case([0.3], [0.3], [0.610864], [0.0],
             "the entropy, not 0: 0.3·1.203973 + 0.7·0.356675 = 0.361192 + 0.249672; slope (0.3 − 0.3)/0.21"),
        Case([1.0, 1.0], [0.5, 0.5], [0.693147, 2.079442], [-2.0, -6.0],
             "log 2 and 3·log 2; slopes −1/0.5 and 3·(−1/0.5)", {"weight": [1.0, 3.0]}),
    ),
    edges=(
        Case([1.0, 0.0], [0.0, 1.0], [100.0, 100.0], [-1e12, 1e12], differs=("keras",), note="certain and wrong"),
        Case([0.0, 1.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0], differs=("keras",), note="certain and right"),
        Case([0.3], [0.0], [30.0], [-3e11], "0.3·100", differs=("keras",), note="a soft label, p = 0"),
        Case([1.0], [1e-6], [13.815511], [-1e6], "6·log 10; −1/1e-6", note="small, and clipped by neither"),
        Case(1.0, 0.5, 0.693147, -2.0, "log 2", note="a single number"),
    ),
    curve=Curve(
        x="probability p", low=0.005, high=0.995,
        targets={"y = 1": 1.0, "y = 0": 0.0, "y = 0.3": 0.3},
    ),
    differences=DIFFERENCES,
    apart={"keras": clipped_by_keras},
    api={
        "torch": "nn.BCELoss, F.binary_cross_entropy",
        "keras": "losses.BinaryCrossentropy, losses.binary_crossentropy",
    },
    source="I. J. Good, Rational Decisions, Journal of the Royal Statistical Society B 14 (1952)",
    notes="As in PyTorch, the logarithm is capped at −100 and p(1 − p) floored at 1e-12 in the slope. A mean divides "
    "by the number of elements, whatever the weights.",
)  # fmt: skip
