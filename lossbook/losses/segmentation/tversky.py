"""Tversky loss: Dice with a price of its own for each kind of mistake, missed pixels and false alarms."""

import numpy as np

from lossbook.domains import NON_NEGATIVE, PROBABILITIES, SOFT_LABELS
from lossbook.losses.segmentation.dice import EPSILON, axis_fits, sample_masks
from lossbook.spec import Case, Curve, Difference, Functions, Loss, Param, elementwise


def value(y_true, probs, *, alpha, beta, axis):
    found = np.sum(y_true * probs, axis=axis)
    missed, alarms = np.sum(y_true * (1 - probs), axis=axis), np.sum((1 - y_true) * probs, axis=axis)
    return 1 - found / (found + alpha * missed + beta * alarms + EPSILON)


def gradient(y_true, probs, *, alpha, beta, axis):
    found = np.sum(y_true * probs, axis=axis, keepdims=True)
    missed = np.sum(y_true * (1 - probs), axis=axis, keepdims=True)
    alarms = np.sum((1 - y_true) * probs, axis=axis, keepdims=True)
    below = found + alpha * missed + beta * alarms + EPSILON
    below_slope = y_true - alpha * y_true + beta * (1 - y_true)
    return (found / below * below_slope - y_true) / below


def torch(y_true, probs, *, alpha, beta, axis):
    found = (y_true * probs).sum(dim=axis)
    missed, alarms = (y_true * (1 - probs)).sum(dim=axis), ((1 - y_true) * probs).sum(dim=axis)
    return 1 - found / (found + alpha * missed + beta * alarms + EPSILON)


def keras(y_true, probs, *, alpha, beta, axis):
    from keras import losses

    return losses.tversky(y_true, probs, alpha=alpha, beta=beta, axis=axis)


def _false_alarm():
    """One pixel found, one false alarm. The paper's α weighs false alarms: 1 − 1/(1 + 0.9)."""
    import keras
    import torch

    y, p = torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0])
    found, alarms, missed = (y * p).sum(), ((1 - y) * p).sum(), (y * (1 - p)).sum()
    paper = 1 - found / (found + 0.9 * alarms + 0.1 * missed)
    return paper.item(), float(keras.losses.tversky(y.numpy(), p.numpy(), alpha=0.9, beta=0.1))


LOSS = Loss(
    name="tversky",
    title="Tversky loss",
    family="segmentation",
    per="batch",
    formula=r"\ell = 1 - \frac{\sum_i y_i p_i}"
    r"{\sum_i y_i p_i + \alpha \sum_i y_i (1 - p_i) + \beta \sum_i (1 - y_i)\, p_i + \epsilon}",
    forms=elementwise(SOFT_LABELS, PROBABILITIES, name="probs"),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("alpha", 0.5, low=0.1, high=1.0, domain=NON_NEGATIVE, meaning="price of missed pixels (false negatives)"),
        Param("beta", 0.5, low=0.1, high=1.0, domain=NON_NEGATIVE, meaning="price of false alarms (false positives)"),
        Param("axis", None, meaning="axes summed, such as (1, 2) for one number an image; None: all, the batch too"),
    ),
    known=(
        Case([1.0, 1.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], 0.333333, [-0.444444, -0.444444, 0.222222, 0.222222],
             "found 1, missed 1: 1 − 1/(1 + ½) = 1/3, as Dice; slopes (2/3·½ − 1)/1.5 and (2/3·½)/1.5"),
        Case([1.0, 1.0, 0.0], [1.0, 0.0, 1.0], 0.6, [-0.4, -0.4, 0.08],
             "found 1, missed 1, alarms 1: 1 − 1/(1 + 1 + ½) = 0.6; (0.4·0 − 1)/2.5 and (0.4·½)/2.5", {"alpha": 1.0}),
        Case([1.0, 0.0], [1.0, 1.0], 0.0909091, [-0.8264463, 0.0826446],
             "found 1, one false alarm at 0.1: 1 − 1/1.1; (0.1/1.1 − 1)/1.1 and (0.1/1.1)/1.1",
             {"alpha": 0.9, "beta": 0.1}),
        Case([[1.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], [0.0, 0.333333],
             [[-0.5, 0.5], [-0.444444, -0.444444]],
             "image by image: 1 − 1/1, 1 − 1/(1 + ½); slopes (½ − 1)/1, ½/1 and (2/3·½ − 1)/1.5", {"axis": 1}),
    ),
    edges=(
        Case([0.0, 0.0], [0.0, 0.0], 1.0, [0.0, 0.0], "1 − 0/1e-7", note="an empty mask, rightly empty, costs 1"),
        Case([0.0, 0.0], [1.0, 0.0], 1.0, [0.0, 0.0], "1 − 0/0.5", note="an empty mask tells nothing: no slope"),
        Case([1.0, 1.0], [0.0, 0.0], 1.0, [-1.0, -1.0], "(0 − 1)/(½·2)", note="nothing found"),
        Case([1.0, 0.0], [1.0, 0.0], 0.0, [-0.5, 0.5], "(½ − 1)/1 and ½/1", note="perfect: the slope is not 0"),
    ),
    curve=Curve(
        x="probability on each pixel of the mask", low=0.0, high=1.0,
        targets={"half the image": [1.0, 1.0, 0.0, 0.0], "a quarter": [1.0, 0.0, 0.0, 0.0]},
        start=[0.0, 0.0, 0.1, 0.1], direction=[1.0, 1.0, 0.0, 0.0],
    ),
    differences=(
        Difference(
            "Which mistake α weighs", "has no Tversky loss; the paper's formula, written out: α weighs false alarms",
            "documents the same, and multiplies α with the missed pixels, β with the false alarms",
            _false_alarm, "Swap alpha and beta. Our functions do as Keras does, and say so.",
        ),
    ),
    api={"keras": "losses.Tversky, losses.tversky"},
    sample=sample_masks,
    together=axis_fits,
    source="S. S. M. Salehi, D. Erdogmus, A. Gholipour, Tversky Loss Function for Image Segmentation Using 3D Fully "
    "Convolutional Deep Networks, MLMI 2017",
    notes="α is the price of missed pixels, as Keras computes it and not as it documents it. axis=None mixes the batch "
    "into one number; ε = 1e-7; a rightly empty mask costs 1. α = β = ½ is Dice.",
)  # fmt: skip
