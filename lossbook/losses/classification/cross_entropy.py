"""Cross-entropy from logits: minus the log-probability that a softmax gives to the true class."""

import numpy as np

from lossbook.domains import DISTRIBUTIONS, INDICES, LOGITS, POSITIVE, Array, Domain
from lossbook.spec import Case, Curve, Difference, Functions, Loss, Param, classwise

UNIT = Domain("a number in [0, 1]", low=0, high=1)


def value(y_true, logits, *, weight, ignore_index, label_smoothing):
    target = _target(y_true, logits, weight, ignore_index, label_smoothing)
    return -(target * _log_softmax(logits)).sum(axis=_classes(logits))


def gradient(y_true, logits, *, weight, ignore_index, label_smoothing):
    # With target weights t: d/dz of -sum(t * log softmax(z)) = sum(t) * softmax(z) - t.
    target = _target(y_true, logits, weight, ignore_index, label_smoothing)
    total = target.sum(axis=_classes(logits), keepdims=True)
    return total * np.exp(_log_softmax(logits)) - target


def weights(y_true, logits, *, weight, ignore_index, label_smoothing):
    """What a mean divides by: the class weight of each target, 0 where it is ignored, 1 with probability targets."""
    if y_true.dtype.kind == "f":
        return np.ones(value(y_true, logits, weight=None, ignore_index=-100, label_smoothing=0).shape)
    counted = y_true != ignore_index
    classes = np.ones(logits.shape[_classes(logits)]) if weight is None else weight
    return np.where(counted, classes[np.where(counted, y_true, 0)], 0.0)


def torch(y_true, logits, *, weight, ignore_index, label_smoothing):
    from torch.nn import functional as F

    return F.cross_entropy(
        logits,
        y_true,
        weight=weight,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
        reduction="none",
    )


def keras(y_true, logits, *, weight, ignore_index, label_smoothing):
    from keras import losses, ops

    axis = 0 if len(logits.shape) == 1 else 1
    logits = ops.moveaxis(logits, axis, -1)  # Keras wants the classes last
    counted = ops.ones(logits.shape[:-1], dtype=logits.dtype)
    if y_true.dtype.is_integer:
        counted = ops.cast(ops.not_equal(y_true, ignore_index), logits.dtype)
        target = ops.one_hot(y_true, logits.shape[-1], dtype=logits.dtype)
    else:
        target = ops.moveaxis(y_true, axis, -1)
    target = (1 - label_smoothing) * target + label_smoothing / logits.shape[-1]
    target = target * counted[..., None] * (1 if weight is None else weight)
    # TensorFlow's gradient is softmax - target, true only where the target sums to 1.
    total = ops.sum(target, axis=-1, keepdims=True)
    target = ops.where(total > 0, target / ops.where(total > 0, total, 1), 1 / logits.shape[-1])
    return total[..., 0] * losses.categorical_crossentropy(target, logits, from_logits=True)


def _classes(logits):
    return 0 if logits.ndim == 1 else 1


def _log_softmax(logits):
    # Subtracting the maximum keeps exp() from overflowing (log-sum-exp).
    shifted = logits - logits.max(axis=_classes(logits), keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=_classes(logits), keepdims=True))


def _target(y_true, logits, weight, ignore_index, label_smoothing):
    """Weighted target probabilities in the logits' shape; all 0 for an ignored target."""
    axis, count = _classes(logits), logits.shape[_classes(logits)]
    target, counted = y_true, np.ones(())
    if y_true.dtype.kind != "f":
        counted = np.expand_dims(y_true != ignore_index, axis)
        target = np.moveaxis(np.eye(count)[np.where(y_true == ignore_index, 0, y_true)], -1, axis)
    target = (1 - label_smoothing) * target + label_smoothing / count
    if weight is not None:
        target = target * weight.reshape([-1 if a == axis else 1 for a in range(logits.ndim)])
    return target * counted


def _negative_logits():
    import keras
    import torch

    z = [[-1.0, -2.0, -3.0]]
    theirs = keras.losses.sparse_categorical_crossentropy(keras.ops.array([0]), keras.ops.array(z))
    return torch.nn.functional.cross_entropy(torch.tensor(z), torch.tensor([0])).item(), float(theirs[0])


def _swapped():
    import keras
    import torch

    first, second = [[0.9, 0.1]], [[0.0, 1.0]]
    theirs = keras.losses.categorical_crossentropy(keras.ops.array(first), keras.ops.array(second), from_logits=True)
    return torch.nn.functional.cross_entropy(torch.tensor(first), torch.tensor(second)).item(), float(theirs[0])


def _class_axis():
    import keras
    import torch

    z, t = [[[2.0, 3.0], [0.0, 0.0]]], [[[1.0, 0.0], [0.0, 1.0]]]
    theirs = keras.losses.categorical_crossentropy(keras.ops.array(t), keras.ops.array(z), from_logits=True)
    ours = torch.nn.functional.cross_entropy(torch.tensor(z), torch.tensor(t), reduction="none")
    return ours.numpy(), np.asarray(theirs)


def _weighted_target():
    """The gradient for class 0 of weight 3 at equal logits; the true one is 3·(½ − 1) and 3·½."""
    import keras
    import tensorflow as tf
    import torch

    z = torch.zeros(1, 2, requires_grad=True)
    torch.nn.functional.cross_entropy(z, torch.tensor([0]), weight=torch.tensor([3.0, 1.0]), reduction="sum").backward()
    x = tf.zeros((1, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = keras.losses.categorical_crossentropy(tf.constant([[3.0, 0.0]]), x, from_logits=True)
    return z.grad.numpy(), tape.gradient(loss, x).numpy()


def _weighted_mean():
    import keras
    import torch

    z, y, w = np.zeros((2, 2), np.float32), np.array([0, 1]), np.array([1.0, 3.0], np.float32)
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, z, sample_weight=w[y])
    ours = torch.nn.functional.cross_entropy(torch.tensor(z), torch.tensor(y), weight=torch.tensor(w))
    return ours.item(), float(theirs)


def _smoothed_indices():
    import keras
    import torch

    z = [[2.0, 0.0]]
    theirs = keras.losses.sparse_categorical_crossentropy(keras.ops.array([0]), keras.ops.array(z), from_logits=True)
    ours = torch.nn.functional.cross_entropy(torch.tensor(z), torch.tensor([0]), label_smoothing=0.1)
    return ours.item(), float(theirs[0])


def _softmax_in_front():
    import keras
    import torch

    z = np.array([[0.0, 200.0]], np.float32)
    ours = torch.nn.functional.nll_loss(torch.tensor(z).softmax(1).log(), torch.tensor([0]))
    theirs = keras.losses.sparse_categorical_crossentropy(keras.ops.array([0]), keras.ops.softmax(keras.ops.array(z)))
    return ours.item(), float(theirs[0])


def _ignored():
    import keras
    import torch

    z, y = np.zeros((2, 3), np.float32), np.array([-100, -100])
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-100)(y, z)
    return torch.nn.functional.cross_entropy(torch.tensor(z), torch.tensor(y)).item(), float(theirs)


DIFFERENCES = (
    Difference(
        "Logits or probabilities",
        "F.cross_entropy takes logits: 0.4076 for (−1, −2, −3) and class 0",
        "from_logits=False by default: logits are taken for probabilities; all negative, they are clipped to 1e-7 "
        "and give log 3 without a word",
        _negative_logits, "Pass from_logits=True in Keras.",
    ),
    Difference(
        "Which argument comes first",
        "the prediction: cross_entropy(input, target)", "the target: categorical_crossentropy(y_true, y_pred)",
        _swapped, "Name the arguments. With probability targets, nothing else tells.",
    ),
    Difference(
        "Where the classes are", "on axis 1: (N, C, d1, …)", "on the last axis: (N, d1, …, C)",
        _class_axis, "keras.ops.moveaxis(logits, 1, -1), and the target's classes with it.",
    ),
    Difference(
        "The gradient where a target's weights don't sum to 1",
        "the derivative, Σt·softmax − t", "softmax − t on TensorFlow, so the logits of the other classes get less",
        _weighted_target, "Divide the target by its sum and multiply the loss by it, as our Keras function does.",
    ),
    Difference(
        "Class weights in a mean", "divides by the sum of the weights (with probability targets, by N)",
        "divides by N", _weighted_mean, 'reduction="mean_with_sample_weight" in Keras.',
    ),
    Difference(
        "Label smoothing of class indices", "label_smoothing works for indices and probabilities",
        "only the categorical losses have it; the sparse one, shown here, does not smooth",
        _smoothed_indices, "One-hot labels and categorical_crossentropy(label_smoothing=…).",
    ),
    Difference(
        "A softmax in front of the loss", "log(softmax(z)) is infinite once the softmax underflows",
        "a softmax that Keras made is undone: 200, from the logits; the clip at 1e-7 (16.118) meets other tensors",
        _softmax_in_front, "Hand over logits, in both.",
    ),
    Difference(
        "A mean where every target is ignored", "0/0: NaN", "0", _ignored, "Skip such a batch, or use a sum.",
    ),
)  # fmt: skip

LOSS = Loss(
    name="cross_entropy",
    title="Cross-entropy",
    family="classification",
    per="sample",
    formula=r"\ell = -\sum_c w_c\, t_c \log \frac{e^{z_c}}{\sum_j e^{z_j}}",
    forms=classwise(
        Array("logits", LOGITS, ("N", "C")),
        Array("labels", INDICES, ("N",), ignore="ignore_index"),
        Array("target_probs", DISTRIBUTIONS, ("N", "C")),
    ),
    functions=Functions(value, gradient, torch, keras, weights),
    params=(
        Param("weight", None, domain=POSITIVE, shape=("C",), meaning="one weight a class"),
        Param("ignore_index", -100, meaning="label that does not count"),
        Param("label_smoothing", 0.0, low=0.0, high=0.9, domain=UNIT, meaning="share spread over all classes"),
    ),
    known=(
        Case(
            [1], [[0.1, 0.2, 0.3]], [1.101943], [[0.300609, -0.667775, 0.367165]],
            "softmax = (0.300609, 0.332225, 0.367165); −log 0.332225 = 1.101943; slope = softmax − (0, 1, 0)",
        ),
        Case(
            [1, 0], [[np.log(0.15), np.log(0.75), np.log(0.1)], [np.log(0.75), np.log(0.15), np.log(0.1)]],
            [0.287682, 0.287682], [[0.15, -0.25, 0.1], [-0.25, 0.15, 0.1]], "−log 0.75 = 0.287682, twice; 0.75 − 1",
        ),
        Case([[0.6, 0.4, 0.0]], [[0.0, 0.0, 0.0]], [1.098612], [[-0.266667, -0.066667, 0.333333]],
             "uniform: (0.6 + 0.4)·log 3 = 1.098612; ⅓ − 0.6, ⅓ − 0.4, ⅓"),
        Case([0, 1], [[0.0, 0.0], [0.0, 0.0]], [1.386294, 0.693147], [[-1.0, 1.0], [0.5, -0.5]],
             "weights 2 and 1: 2·log 2, log 2; slopes 2·(½ − 1) and ½ − 1", {"weight": [2.0, 1.0]}),
        Case([0], [[np.log(0.8), np.log(0.2)]], [0.361773], [[-0.1, 0.1]],
             "smoothed target (0.9, 0.1): 0.9·0.223144 + 0.1·1.609438 = 0.361773; 0.8 − 0.9", {"label_smoothing": 0.2}),
    ),
    edges=(
        Case([0, 1], [[1e4, -1e4, 0.0]] * 2, [0.0, 2e4], [[0.0, 0.0, 0.0], [1.0, -1.0, 0.0]], note="saturated"),
        Case([1], [[1e4, 1e4]], [np.log(2)], [[0.5, -0.5]], note="a tie at large logits"),
        Case([2], [[-1e4, -1e4, -1e4]], [np.log(3)], [[1 / 3, 1 / 3, -2 / 3]], note="a tie at small logits"),
        Case([-100, -100], [[1.0, 2.0], [1e4, -1e4]], [0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]], note="all ignored"),
        Case([0, 1], [[0.0, 0.0], [3.0, 0.0]], [np.log(2), 0.0], [[-0.5, 0.5], [0.0, 0.0]],
             params={"ignore_index": 1}, note="a class of its own is ignored"),
        Case(1, [0.0, 0.0], np.log(2), [0.5, -0.5], params={"label_smoothing": 0.0}, note="unbatched"),
        Case([1], [[1e4, 0.0]], [5e3], [[0.5, -0.5]], params={"label_smoothing": 1.0}, note="nothing but smoothing"),
    ),
    curve=Curve(
        x="logit of class 0 (the others: 0)", low=-6.0, high=6.0, targets={"true class 0": [0], "true class 1": [1]},
        start=[[0.0, 0.0, 0.0]], direction=[[1.0, 0.0, 0.0]],
    ),
    differences=DIFFERENCES,
    api={
        "torch": "nn.CrossEntropyLoss, F.cross_entropy",
        "keras": "losses.CategoricalCrossentropy(from_logits=True), "
        "losses.SparseCategoricalCrossentropy(from_logits=True)",
    },
    source="I. J. Good, Rational Decisions, Journal of the Royal Statistical Society B 14 (1952)",
    notes="Targets are class indices or probabilities; one-hot rows are probabilities. A class's weight multiplies "
    "its term of the sum; an ignored target costs 0 and leaves the mean.",
)  # fmt: skip
