"""Binary focal loss: binary cross-entropy, turned down where the prediction is already right."""

import numpy as np

from lossbook.domains import NON_NEGATIVE, PROBABILITIES, SOFT_LABELS, Domain
from lossbook.losses.classification import binary_cross_entropy as bce
from lossbook.spec import Case, Curve, Difference, Functions, Loss, Param, elementwise

UNIT = Domain("a number in [0, 1]", low=0, high=1)


def value(y_true, probs, *, gamma, alpha, apply_class_balancing, label_smoothing):
    y, weight = _smoothed(y_true, label_smoothing), 1.0
    if apply_class_balancing:
        weight = alpha * y + (1 - alpha) * (1 - y)
    return weight * _missing(y, probs) ** gamma * bce.value(y, probs, weight=None)


def gradient(y_true, probs, *, gamma, alpha, apply_class_balancing, label_smoothing):
    y, weight = _smoothed(y_true, label_smoothing), 1.0
    if apply_class_balancing:
        weight = alpha * y + (1 - alpha) * (1 - y)
    missing = _missing(y, probs)
    down = missing**gamma * bce.gradient(y, probs, weight=None)
    return weight * (down + gamma * missing ** (gamma - 1) * (1 - 2 * y) * bce.value(y, probs, weight=None))


def torch(y_true, probs, *, gamma, alpha, apply_class_balancing, label_smoothing):
    import torch
    from torch.nn import functional as F

    y = y_true * (1 - label_smoothing) + label_smoothing / 2
    missing = y * (1 - probs) + (1 - y) * probs
    missing = torch.where(missing > 0, missing, torch.ones_like(missing))  # 0 ** gamma has no slope for gamma < 1
    loss = missing**gamma * F.binary_cross_entropy(probs, y, reduction="none")
    return (alpha * y + (1 - alpha) * (1 - y)) * loss if apply_class_balancing else loss


def keras(y_true, probs, *, gamma, alpha, apply_class_balancing, label_smoothing):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    return losses.binary_focal_crossentropy(
        y_true[..., None],
        probs[..., None],
        apply_class_balancing=apply_class_balancing,
        alpha=alpha,
        gamma=gamma,
        label_smoothing=label_smoothing,
    )


def _smoothed(y_true, label_smoothing):
    return y_true * (1 - label_smoothing) + label_smoothing / 2


def _missing(y, probs):
    """1 − p_t, the probability that is missing; 1 where none is, since the cross-entropy is 0 there anyway."""
    missing = y * (1 - probs) + (1 - y) * probs
    return np.where(missing > 0, missing, 1.0)


def _saturated():
    import keras
    import torch as t

    theirs = keras.losses.binary_focal_crossentropy(keras.ops.array([[1.0]]), keras.ops.array([[0.0]]))
    ours = torch(t.ones(1), t.zeros(1), gamma=2.0, alpha=0.25, apply_class_balancing=False, label_smoothing=0.0)
    return ours.item(), float(theirs[0])


LOSS = Loss(
    name="binary_focal",
    title="Binary focal loss",
    family="classification",
    per="element",
    formula=r"\ell = -\alpha_t (1 - p_t)^\gamma \log p_t, \quad p_t = \begin{cases} p & y = 1 \\ 1 - p & y = 0"
    r" \end{cases}",
    forms=elementwise(SOFT_LABELS, PROBABILITIES, name="probs"),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("gamma", 2.0, low=0.0, high=5.0, domain=NON_NEGATIVE, meaning="how much easy elements are turned down"),
        Param("alpha", 0.25, low=0.0, high=1.0, domain=UNIT, meaning="weight of y = 1; y = 0 has 1 − α"),
        Param("apply_class_balancing", False, choices=(False, True), meaning="whether α counts at all"),
        Param("label_smoothing", 0.0, low=0.0, high=0.9, domain=UNIT, meaning="share by which labels move to ½"),
    ),
    known=(
        Case([1.0], [0.5], [0.173287], [-1.193147],
             "(1 − 0.5)²·log 2 = 0.25·0.693147; slope −2·0.5·log 2 − 0.25/0.5 = −0.693147 − 0.5"),
        Case([1.0, 0.0], [0.9, 0.1], [0.001053605, 0.001053605], [-0.0321832, 0.0321832],
             "0.1²·0.1053605; slope −(2·0.1·0.1053605 + 0.01/0.9) = −(0.0210721 + 0.0111111)"),
        Case([1.0, 0.0], [0.5, 0.5], [0.0433217, 0.1299651], [-0.2982868, 0.8948604],
             "0.25·0.1732868 and 0.75·0.1732868; slopes 0.25 and 0.75 of ∓1.1931472", {"apply_class_balancing": True}),
        Case([1.0], [0.75], [0.2876821], [-1.3333333], "γ = 0 is cross-entropy: −log 0.75, −1/0.75", {"gamma": 0.0}),
        Case([1.0], [0.5], [0.3465736], [-1.0158883],
             "y = 0.8, p = ½: missing ½, γ = 1: ½·log 2; slope ½·(0.5 − 0.8)/0.25 + (1 − 1.6)·log 2 = −0.6 − 0.4158883",
             {"gamma": 1.0, "label_smoothing": 0.4}),
    ),
    edges=(
        Case([1.0, 0.0], [0.0, 1.0], [100.0, 100.0], differs=("keras",), note="certain and wrong"),
        Case([1.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0], note="certain and right"),
        Case([1.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0], params={"gamma": 0.5}, differs=("keras",),
             note="0 ** 0.5 has an infinite slope"),
    ),
    curve=Curve(x="probability p", low=0.005, high=0.995, targets={"y = 1": 1.0, "y = 0": 0.0}),
    differences=(
        Difference(
            "The loss of a probability of 0", "has no focal loss; ours takes its cross-entropy, capped at 100",
            "clips p at 1e-7 in the cross-entropy: 16.118, with slope 0 from it",
            _saturated, "Keep probabilities inside [1e-7, 1 − 1e-7].",
        ),
    ),
    apart={"keras": bce.clipped_by_keras},
    tolerance={"float32": (1e-4, "1 − y of a smoothed label is off by 6e-8, which the slope of 1e12 at p = 1 shows")},
    api={"keras": "losses.BinaryFocalCrossentropy, losses.binary_focal_crossentropy"},
    source="T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, Focal Loss for Dense Object Detection, ICCV 2017",
    notes="α has no effect unless apply_class_balancing is set. The cross-entropy in it is the catalogue's, with "
    "PyTorch's cap. Keras's from_logits=True applies a sigmoid first and clips all the same.",
)  # fmt: skip
