"""Cross-entropy from logits: minus the log-probability that a softmax gives to the true class."""

import numpy as np

from lossbook.domains import DISTRIBUTIONS, INDICES, LOGITS, POSITIVE, Array, Domain
from lossbook.spec import Case, Curve, Form, Functions, Loss, Param

UNIT = Domain("a number in [0, 1]", low=0, high=1)


def value(y_true, logits, *, weight, ignore_index, label_smoothing):
    log_probs = _log_softmax(logits)
    target = _target(y_true, logits, weight, ignore_index, label_smoothing)
    return -(target * log_probs).sum(axis=_classes(logits))


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


def _forms():
    for rest in ((), ("N",), ("N", "*")):
        shape = ("C",) if not rest else ("N", "C", *rest[1:])
        logits = Array("logits", LOGITS, shape)
        yield Form(Array("labels", INDICES, rest, ignore="ignore_index"), logits)
        yield Form(Array("target_probs", DISTRIBUTIONS, shape), logits)


LOSS = Loss(
    name="cross_entropy",
    title="Cross-entropy",
    family="classification",
    per="sample",
    formula=r"\ell = -\sum_c w_c\, t_c \log \frac{e^{z_c}}{\sum_j e^{z_j}}",
    forms=tuple(_forms()),
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
            [0.287682, 0.287682], None, "−log 0.75 = 0.287682, twice",
        ),
        Case([[0.6, 0.4, 0.0]], [[0.0, 0.0, 0.0]], [1.098612], None, "uniform: (0.6 + 0.4)·log 3 = 1.098612"),
    ),
    curve=Curve(
        x="logit of class 0 (the others: 0)", low=-6.0, high=6.0, targets={"true class 0": [0], "true class 1": [1]},
        start=[[0.0, 0.0, 0.0]], direction=[[1.0, 0.0, 0.0]],
    ),
    api={
        "torch": "nn.CrossEntropyLoss, F.cross_entropy",
        "keras": "losses.CategoricalCrossentropy(from_logits=True), "
        "losses.SparseCategoricalCrossentropy(from_logits=True)",
    },
    source="I. J. Good, Rational Decisions, Journal of the Royal Statistical Society B 14 (1952)",
)  # fmt: skip
