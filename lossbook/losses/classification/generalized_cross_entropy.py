"""Generalized cross-entropy: between cross-entropy and absolute error, so that wrong labels pull less."""

import numpy as np

from lossbook.domains import DISTRIBUTIONS, INDICES, Array, Domain, class_axis
from lossbook.spec import Case, Curve, Difference, Functions, Loss, Param, classwise

BETWEEN = Domain("a number between 0 and 1, without the two", low=0, high=1, open_low=True, open_high=True)


def value(y_true, probs, *, q):
    return (1 - _of_label(y_true, probs) ** q) / q


def gradient(y_true, probs, *, q):
    axis = class_axis(probs.shape)
    with np.errstate(divide="ignore"):
        slope = -(_of_label(y_true, probs) ** (q - 1))  # −∞ at p = 0
    out = np.zeros_like(probs)
    np.put_along_axis(out, np.expand_dims(y_true, axis), np.expand_dims(slope, axis), axis)
    return out


def torch(y_true, probs, *, q):
    axis = 0 if probs.ndim == 1 else 1
    p = probs.gather(axis, y_true.unsqueeze(axis)).squeeze(axis)
    return (1 - p**q) / q


def keras(y_true, probs, *, q):
    from keras import losses, ops

    probs = ops.moveaxis(probs, 0 if len(probs.shape) == 1 else 1, -1)  # Keras wants the classes last
    return losses.categorical_generalized_cross_entropy(y_true, probs, q)


def _of_label(y_true, probs):
    """The probability of each sample's own label."""
    axis = class_axis(probs.shape)
    return np.take_along_axis(probs, np.expand_dims(y_true, axis), axis).squeeze(axis)


def _label_impossible(y_true, probs, **_):
    return _of_label(y_true, probs) == 0


def _slope_at_zero():
    import tensorflow as tf
    import torch as t
    from keras import losses

    p, x = t.tensor([[0.0, 1.0]], requires_grad=True), tf.constant([[0.0, 1.0]])
    torch(t.tensor([0]), p, q=0.7).sum().backward()
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = losses.categorical_generalized_cross_entropy(tf.constant([0]), x, 0.7)
    return p.grad.numpy(), tape.gradient(loss, x).numpy()


LOSS = Loss(
    name="generalized_cross_entropy",
    title="Generalized cross-entropy",
    family="classification",
    per="sample",
    formula=r"\ell = \frac{1 - p_y^q}{q}",
    forms=classwise(Array("probs", DISTRIBUTIONS, ("N", "C")), Array("labels", INDICES, ("N",))),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("q", 0.7, low=0.05, high=0.95, domain=BETWEEN, meaning="near 0: cross-entropy; near 1: 1 − p"),
    ),
    known=(
        Case([0], [[0.25, 0.75]], [1.0], [[-2.0, 0.0]], "q = ½: (1 − √0.25)/½ = 1; −0.25^(−½) = −2", {"q": 0.5}),
        Case([1, 0], [[0.19, 0.81], [1.0, 0.0]], [0.2, 0.0], [[0.0, -1.1111111], [-1.0, 0.0]],
             "q = ½: (1 − 0.9)/½ and 0; −1/0.9 and −1", {"q": 0.5}),
        Case([1], [[0.5, 0.5]], [0.5491823], [[0.0, -1.2311444]],
             "0.5^0.7 = e^(−0.4852030) = 0.6155722; (1 − 0.6155722)/0.7; −0.6155722/0.5"),
    ),
    edges=(
        Case([0], [[0.0, 1.0]], [1.4285714], [[-np.inf, 0.0]], "1/0.7", differs=("keras",), note="p = 0"),
        Case([0], [[1.0, 0.0]], [0.0], [[-1.0, 0.0]], note="p = 1"),
        Case([0, 1], [[1e-6, 1 - 1e-6], [0.5, 0.5]], params={"q": 0.95}, note="nearly absolute error"),
        Case(1, [0.19, 0.81], 0.2, [0.0, -1.1111111], params={"q": 0.5}, note="unbatched"),
    ),
    curve=Curve(
        x="probability of class 0 (the rest is shared)", low=0.005, high=0.995,
        targets={"true class 0": [0], "true class 1": [1]},
        start=[[0.0, 0.5, 0.5]], direction=[[1.0, -0.5, -0.5]],
    ),
    differences=(
        Difference(
            "The slope at p = 0", "has no such loss; ours picks the label by index: −∞ there, 0 for the other classes",
            "multiplies by a one-hot row: −∞ for the label, and ∞·0 = NaN for all other classes",
            _slope_at_zero, "Keep probabilities above 0, for example clip(p, 1e-7, 1).",
        ),
    ),
    apart={"keras": _label_impossible},
    api={"keras": "losses.CategoricalGeneralizedCrossEntropy, losses.categorical_generalized_cross_entropy"},
    source="Z. Zhang, M. R. Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy "
    "Labels, NeurIPS 2018",
    notes="Labels are class indices. The loss is at most 1/q; its slope is not finite at p = 0. Keras's function has "
    "no default for q (its class: 0.5); 0.7 is the paper's.",
)  # fmt: skip
