"""Negative log-likelihood of a class: minus the log-probability that was given to the true one."""

import numpy as np

from lossbook.domains import INDICES, LOG_PROBS, POSITIVE, Array, class_axis
from lossbook.spec import Case, Curve, Difference, Functions, Loss, Param, classwise


def value(y_true, log_probs, *, weight, ignore_index):
    picked = np.take_along_axis(log_probs, _index(y_true, log_probs, ignore_index), class_axis(log_probs.shape))
    with np.errstate(invalid="ignore"):  # an ignored -inf is 0·∞ for a moment
        loss = -weights(y_true, log_probs, weight=weight, ignore_index=ignore_index) * picked.reshape(y_true.shape)
    return np.where(y_true == ignore_index, 0.0, loss)


def gradient(y_true, log_probs, *, weight, ignore_index):
    axis = class_axis(log_probs.shape)
    slope = -weights(y_true, log_probs, weight=weight, ignore_index=ignore_index)
    found = np.zeros_like(log_probs)
    np.put_along_axis(found, _index(y_true, log_probs, ignore_index), np.expand_dims(slope, axis), axis)
    return found


def weights(y_true, log_probs, *, weight, ignore_index):
    """What a mean divides by: the class weight of each target, 0 where it is ignored."""
    classes = np.ones(log_probs.shape[class_axis(log_probs.shape)]) if weight is None else weight
    counted = y_true != ignore_index
    return np.where(counted, classes[np.where(counted, y_true, 0)], 0.0)


def torch(y_true, log_probs, *, weight, ignore_index):
    from torch.nn import functional as F

    return F.nll_loss(log_probs, y_true, weight=weight, ignore_index=ignore_index, reduction="none")


def keras(y_true, log_probs, *, weight, ignore_index):
    from keras import ops

    rows = ops.moveaxis(log_probs, class_axis(log_probs.shape), -1)
    counted = ops.not_equal(y_true, ignore_index)
    index = ops.where(counted, y_true, 0)
    loss = -ops.take_along_axis(rows, index[..., None], axis=-1)[..., 0]
    if weight is not None:
        loss = loss * ops.take(weight, index)
    return ops.where(counted, loss, 0)


def _index(y_true, log_probs, ignore_index):
    """Labels with an axis of length 1 where the classes are; 0 for an ignored one."""
    return np.expand_dims(np.where(y_true == ignore_index, 0, y_true), class_axis(log_probs.shape))


def _both(probs, labels, in_keras, **options):
    """F.nll_loss of log(probs), and what in_keras(probs, labels) makes of the probabilities."""
    import torch

    probs, labels = np.array(probs), np.array(labels)
    in_torch = torch.nn.functional.nll_loss(torch.tensor(probs).log(), torch.tensor(labels), **options)
    return float(in_torch), float(in_keras(labels, probs))


def _a_tiny_probability():
    from keras import losses

    return _both([[1e-12, 1 - 1e-12]], [0], lambda y, p: losses.sparse_categorical_crossentropy(y, p)[0])


def _weighted_mean():
    """Both classes at ½, targets 0 and 1, the first with weight 3."""
    import torch
    from keras import losses

    def in_keras(labels, probs):
        return losses.SparseCategoricalCrossentropy()(labels, probs, sample_weight=np.array([3.0, 1.0]))

    weight = torch.tensor([3.0, 1.0], dtype=torch.float64)
    return _both([[0.5, 0.5], [0.5, 0.5]], [0, 1], in_keras, weight=weight)


def _nothing_but_ignored():
    from keras import losses

    return _both([[0.4, 0.6]], [-100], losses.SparseCategoricalCrossentropy(ignore_class=-100))


LOSS = Loss(
    name="nll",
    title="Negative log-likelihood",
    family="likelihood",
    per="sample",
    formula=r"\ell = -w_y \log q_y",
    forms=classwise(
        Array("log_probs", LOG_PROBS, ("N", "C")), Array("labels", INDICES, ("N",), ignore="ignore_index")
    ),
    functions=Functions(value, gradient, torch, keras, weights),
    params=(
        Param("weight", None, domain=POSITIVE, shape=("C",), meaning="one weight a class"),
        Param("ignore_index", -100, meaning="label that does not count"),
    ),
    known=(
        Case([1], np.log([[0.15, 0.75, 0.1]]), [0.287682], [[0.0, -1.0, 0.0]], "−log 0.75 = 0.287682; slope −1 there"),
        Case(
            [0, 1], np.log([[0.5, 0.5], [0.2, 0.8]]), [1.386294, 0.669431], [[-2.0, 0.0], [0.0, -3.0]],
            "2·(−log 0.5) = 2·0.693147; 3·(−log 0.8) = 3·0.223144", {"weight": [2.0, 3.0]},
        ),
        Case(
            [-100, 0], np.log([[0.5, 0.5], [0.2, 0.8]]), [0.0, 1.609438], [[0.0, 0.0], [-1.0, 0.0]],
            "the first is ignored; −log 0.2 = 1.609438",
        ),
        Case(0, np.log([0.2, 0.8]), 1.609438, [-1.0, 0.0], "without a batch: −log 0.2"),
        Case(
            [[1, 0]], np.log([[[0.5, 0.2], [0.5, 0.8]]]), [[0.693147, 1.609438]], [[[0.0, -1.0], [-1.0, 0.0]]],
            "(N, C, d): classes (0.5, 0.5), then (0.2, 0.8): −log 0.5, −log 0.2",
        ),
    ),
    edges=(
        Case([0, 1], [[-np.inf, 0.0], [-np.inf, 0.0]], [np.inf, 0.0], [[-1.0, 0.0], [0.0, -1.0]],
             note="a true class at probability 0 costs infinitely much, another class at 0 nothing"),
        Case([1], [[-np.inf, 0.0]], [0.0], [[0.0, 0.0]], params={"ignore_index": 1},
             note="an ignored label that is a class"),
        Case([-1, -1], np.log([[0.5, 0.5], [0.2, 0.8]]), [0.0, 0.0], np.zeros((2, 2)), params={"ignore_index": -1}),
    ),
    differences=(
        Difference(
            "a true class at probability 1e-12",
            "nll_loss takes the logs that you computed: −log 1e-12.",
            "Keras has no NLL; its nearest, sparse_categorical_crossentropy, raises probabilities to 1e-7.",
            _a_tiny_probability,
            "sparse_categorical_crossentropy(labels, log_probs, from_logits=True): a softmax of log-probabilities "
            "gives the probabilities back.",
        ),
        Difference(
            "what a mean with weights 3 and 1 divides by",
            "by the sum of the weights: (3·0.6931 + 1·0.6931) / 4.",
            "by the number of samples: (3·0.6931 + 1·0.6931) / 2.",
            _weighted_mean,
            'SparseCategoricalCrossentropy(reduction="mean_with_sample_weight").',
        ),
        Difference(
            "the mean where every label is ignored",
            "0 / 0 is NaN.",
            "0.",
            _nothing_but_ignored,
            "Skip such a batch.",
        ),
    ),
    curve=Curve(
        x="predicted probability of the first of two classes", low=0.02, high=0.98,
        targets={"true class 0": [0], "true class 1": [1]}, path=lambda p: [[np.log(p), np.log1p(-p)]],
    ),
    api={"torch": "nn.NLLLoss, F.nll_loss"},
    source="R. A. Fisher, On the Mathematical Foundations of Theoretical Statistics, Phil. Trans. R. Soc. A 222 (1922)",
    notes="No log is taken: the name tells what the result is, if log-probabilities came in. nll(log_softmax(z)) is "
    "cross_entropy(z). An ignored label costs 0 and leaves the mean's count.",
)  # fmt: skip
