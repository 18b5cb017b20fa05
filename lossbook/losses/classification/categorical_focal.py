"""Categorical focal loss: cross-entropy from probabilities, turned down where the true class is likely already."""

import numpy as np

from lossbook.domains import DISTRIBUTIONS, NON_NEGATIVE, Array, Domain, class_axis
from lossbook.spec import Case, Curve, Difference, Functions, Loss, Param, classwise

UNIT = Domain("a number in [0, 1]", low=0, high=1)

#: Keras keeps probabilities this far from 0 and 1 (keras.config.epsilon()).
EPSILON = 1e-7


def value(y_true, probs, *, gamma, alpha, label_smoothing):
    target, axis = _smoothed(y_true, label_smoothing), class_axis(probs.shape)
    p = np.clip(probs / probs.sum(axis, keepdims=True), EPSILON, 1 - EPSILON)
    return -(alpha * target * (1 - p) ** gamma * np.log(p)).sum(axis)


def gradient(y_true, probs, *, gamma, alpha, label_smoothing):
    target, axis = _smoothed(y_true, label_smoothing), class_axis(probs.shape)
    total = probs.sum(axis, keepdims=True)
    share = probs / total
    p = np.clip(share, EPSILON, 1 - EPSILON)
    slope = alpha * target * (gamma * (1 - p) ** (gamma - 1) * np.log(p) - (1 - p) ** gamma / p)
    slope = np.where(p == share, slope, 0)  # what the clip moved has no slope
    # Keras divides by the sum, so each probability moves the shares of all: d share_i / d p_j = (i = j) − share_i.
    return (slope - (slope * share).sum(axis, keepdims=True)) / total


def torch(y_true, probs, *, gamma, alpha, label_smoothing):
    axis = 0 if probs.ndim == 1 else 1
    target = (1 - label_smoothing) * y_true + label_smoothing / probs.shape[axis]
    p = (probs / probs.sum(axis, keepdim=True)).clamp(EPSILON, 1 - EPSILON)
    return -(alpha * target * (1 - p) ** gamma * p.log()).sum(axis)


def keras(y_true, probs, *, gamma, alpha, label_smoothing):
    from keras import losses, ops

    axis = 0 if len(probs.shape) == 1 else 1
    return losses.categorical_focal_crossentropy(
        ops.moveaxis(y_true, axis, -1),  # Keras wants the classes last
        ops.moveaxis(probs, axis, -1),
        alpha=alpha,
        gamma=gamma,
        label_smoothing=label_smoothing,
    )


def _smoothed(y_true, label_smoothing):
    return (1 - label_smoothing) * y_true + label_smoothing / y_true.shape[class_axis(y_true.shape)]


def _no_distribution():
    """Three equal numbers that don't sum to 1; with γ = 0 and α = 1 the focal loss is cross-entropy."""
    import keras
    import torch

    p, t = [[0.2, 0.2, 0.2]], [[1.0, 0.0, 0.0]]
    theirs = keras.losses.categorical_focal_crossentropy(keras.ops.array(t), keras.ops.array(p), alpha=1.0, gamma=0.0)
    return torch.nn.functional.nll_loss(torch.tensor(p).log(), torch.tensor([0])).item(), float(theirs[0])


LOSS = Loss(
    name="categorical_focal",
    title="Categorical focal loss",
    family="classification",
    per="sample",
    formula=r"\ell = -\alpha \sum_c t_c (1 - p_c)^\gamma \log p_c",
    forms=classwise(Array("probs", DISTRIBUTIONS, ("N", "C")), Array("target_probs", DISTRIBUTIONS, ("N", "C"))),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("gamma", 2.0, low=0.0, high=5.0, domain=NON_NEGATIVE, meaning="how much easy samples are turned down"),
        Param("alpha", 0.25, low=0.0, high=1.0, domain=UNIT, meaning="a factor of the whole loss"),
        Param("label_smoothing", 0.0, low=0.0, high=0.9, domain=UNIT, meaning="share spread over all classes"),
    ),
    known=(
        Case([[1.0, 0.0]], [[0.5, 0.5]], [0.0433217], [[-0.1491434, 0.1491434]],
             "0.25·(1 − 0.5)²·log 2 = 0.0433217; by p₀ 0.25·(−2·0.5·log 2 − 0.25/0.5) = −0.2982868, less its mean "
             "over the shares, −0.1491434"),
        Case([[0.0, 1.0, 0.0]], [[0.05, 0.9, 0.05]], [0.0002634], [[0.0072412, -0.0008046, 0.0072412]],
             "0.25·0.1²·0.1053605 = 0.0002634; by p₁ 0.25·(−0.0210721 − 0.0111111) = −0.0080458; times 0.9 = "
             "−0.0072412, taken from each"),
        Case([[1.0, 0.0]], [[0.75, 0.25]], [0.2876821], [[-0.3333333, 1.0]],
             "γ = 0, α = 1 is cross-entropy: −log 0.75; −1/0.75 + 1 and 0 + 1", {"gamma": 0.0, "alpha": 1.0}),
        Case([[1.0, 0.0]], [[0.5, 0.5]], [0.6931472], [[-0.5, 0.5]],
             "targets (0.75, 0.25), γ = 0, α = 1: log 2; slopes −1.5 and −0.5, less their mean −1",
             {"gamma": 0.0, "alpha": 1.0, "label_smoothing": 0.5}),
    ),
    edges=(
        Case([[1.0, 0.0]], [[0.0, 1.0]], [4.0295239], [[0.0, 0.0]], "0.25·7·log 10, (1 − 1e-7)² = 1 − 2e-7",
             note="certain and wrong: the clip leaves no slope"),
        Case([[1.0, 0.0]], [[1.0, 0.0]], [0.0], [[0.0, 0.0]], note="certain and right"),
        Case([[0.0, 1.0, 0.0]], [[0.5, 0.0, 0.5]], note="the missing class", params={"gamma": 0.5}),
        Case([1.0, 0.0], [0.5, 0.5], 0.0433217, [-0.1491434, 0.1491434], note="unbatched"),
    ),
    curve=Curve(
        x="probability of class 0 (the rest is shared)", low=0.005, high=0.995,
        targets={"true class 0": [[1.0, 0.0, 0.0]], "true class 1": [[0.0, 1.0, 0.0]]},
        start=[[0.0, 0.5, 0.5]], direction=[[1.0, -0.5, -0.5]],
    ),
    differences=(
        Difference(
            "Probabilities that don't sum to 1", "nll_loss takes them as they are: −log 0.2 = 1.609",
            "the categorical losses divide by the sum first: log 3 = 1.099; that gradient has a part for every class",
            _no_distribution, "Apply a softmax. A sigmoid over several classes is not noticed by Keras.",
        ),
    ),
    api={"keras": "losses.CategoricalFocalCrossentropy, losses.categorical_focal_crossentropy"},
    source="T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, Focal Loss for Dense Object Detection, ICCV 2017",
    notes="As in Keras, probabilities are divided by their sum and clipped at 1e-7 (no slope beyond), and α multiplies "
    "every class: it changes the size of the loss, not the balance. Keras also takes one α a class.",
)  # fmt: skip
