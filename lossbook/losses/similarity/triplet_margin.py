"""Triplet margin loss: an anchor must be nearer to its positive than to its negative, by a margin."""

import numpy as np

from lossbook.domains import NON_NEGATIVE, POSITIVE, Array, Domain
from lossbook.spec import Case, Curve, Difference, Form, Functions, Kink, Loss, Param

# No 1e4 among the edges: in float32 the difference of two distances of 14142 has an error of 1e-3.
EMBEDDINGS = Domain("real numbers", edges=(-10.0, -1.0, 0.0, 1.0, 10.0))
NORMS = Domain("a number of at least 1 (a norm)", low=1, infinite=True)


def value(y_true, y_pred, *, margin, p, eps, swap):
    near, far, third = _distances(y_pred, p, eps)
    return np.maximum(margin + near - (np.minimum(far, third) if swap else far), 0)


def gradient(y_true, y_pred, *, margin, p, eps, swap):
    anchor, positive, negative = y_pred
    near, far, third = _distances(y_pred, p, eps)
    share = (np.sign(far - third) + 1) / 2 if swap else np.zeros_like(far)  # the part that the swap takes over
    active = (margin + near - (np.minimum(far, third) if swap else far) >= 0)[..., None]
    to_positive = active * _slope(anchor, positive, p, eps)
    to_negative = active * (1 - share)[..., None] * _slope(anchor, negative, p, eps)
    swapped = active * share[..., None] * _slope(positive, negative, p, eps)
    return to_positive - to_negative, -to_positive - swapped, to_negative + swapped


def torch(y_true, y_pred, *, margin, p, eps, swap):
    from torch.nn import functional as F

    return F.triplet_margin_loss(*y_pred, margin=margin, p=p, eps=eps, swap=swap, reduction="none")


def keras(y_true, y_pred, *, margin, p, eps, swap):
    from keras import ops

    def distance(x, z):
        gap = ops.abs(x - z + eps)
        if p == np.inf:
            return ops.max(gap, axis=-1)
        total = ops.sum(gap**p, axis=-1)
        # The root's slope at 0 is infinite; keras.ops.norm answers NaN there.
        return ops.where(total > 0, ops.where(total > 0, total, 1) ** (1 / p), 0)

    anchor, positive, negative = y_pred
    far = distance(anchor, negative)
    if swap:
        far = ops.min(ops.stack([far, distance(positive, negative)]), axis=0)
    return ops.maximum(margin + distance(anchor, positive) - far, 0)


def _distances(y_pred, p, eps):
    """Anchor to positive, anchor to negative, positive to negative; torch adds eps to each component's difference."""
    anchor, positive, negative = y_pred
    pairs = (anchor, positive), (anchor, negative), (positive, negative)
    return tuple(np.linalg.norm(x - z + eps, ord=p, axis=-1) for x, z in pairs)


def _slope(x, z, p, eps):
    """d ‖x − z + eps‖_p / d x; 0 where the norm is 0."""
    gap = x - z + eps
    norm = np.linalg.norm(gap, ord=p, axis=-1, keepdims=True)
    return np.where(norm > 0, np.sign(gap) * (np.abs(gap) / np.where(norm > 0, norm, 1)) ** (p - 1), 0.0)


def _margin_left(y_true, y_pred, *, margin, p, eps, swap):
    near, far, third = _distances(y_pred, p, eps)
    return np.abs(margin + near - (np.minimum(far, third) if swap else far))


def _swap_tie(y_true, y_pred, *, margin, p, eps, swap):
    _, far, third = _distances(y_pred, p, eps)
    return np.abs(far - third) if swap else np.full(far.shape, np.inf)


def _equal_component(y_true, y_pred, *, margin, p, eps, swap):
    anchor, positive, negative = y_pred
    gaps = [np.abs(x - z + eps) for x, z in ((anchor, positive), (anchor, negative), (positive, negative))]
    return np.min(gaps[: 3 if swap else 2], axis=(0, -1)) if p == 1 else np.full(anchor.shape[:-1], np.inf)


def _forms():
    for rest in ((), ("N",)):
        yield Form(None, tuple(Array(name, EMBEDDINGS, (*rest, "D")) for name in ("anchor", "positive", "negative")))


def _anchor_is_positive():
    """The slope by an anchor that is its own positive."""
    import tensorflow as tf
    import torch
    from keras import ops

    anchor = torch.zeros(1, 2, requires_grad=True)
    torch.nn.TripletMarginLoss()(anchor, torch.zeros(1, 2), torch.tensor([[0.0, 0.5]])).backward()
    variable = tf.Variable([[0.0, 0.0]])
    with tf.GradientTape() as tape:
        near, far = ops.norm(variable - tf.zeros((1, 2)), axis=-1), ops.norm(variable - [[0.0, 0.5]], axis=-1)
        loss = ops.maximum(1 + near - far, 0)
    return anchor.grad[0].numpy(), tape.gradient(loss, variable)[0].numpy()


def _margin_of_zero():
    """Distances of 1 and 2 with a margin of 0."""
    import torch
    from keras import ops

    anchor, positive, negative = np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]), np.array([[2.0, 0.0]])
    try:
        in_torch = float(torch.nn.TripletMarginLoss(margin=0)(*map(torch.tensor, (anchor, positive, negative))))
    except ValueError:
        in_torch = "ValueError"
    near, far = ops.norm(anchor - positive, axis=-1), ops.norm(anchor - negative, axis=-1)
    return in_torch, float(ops.maximum(near - far, 0)[0])


LOSS = Loss(
    name="triplet_margin",
    title="Triplet margin loss",
    family="similarity",
    per="sample",
    formula=r"\ell = \max(0,\; m + \|a - p\|_p - \|a - n\|_p), \quad \text{each difference} + \varepsilon",
    forms=tuple(_forms()),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("margin", 1.0, low=0.1, high=3.0, domain=POSITIVE, meaning="by how much the negative must be farther"),
        Param("p", 2.0, low=1.0, high=4.0, domain=NORMS, meaning="the norm: 1 sums, 2 is Euclid's"),
        Param("eps", 1e-6, domain=NON_NEGATIVE, meaning="added to each component's difference"),
        Param("swap", False, choices=(False, True), meaning="use positive to negative where that is shorter"),
    ),
    known=(
        Case(
            None, ([[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 1.0]]), [5.0], ([[-0.6, 0.2]], [[0.6, 0.8]], [[0.0, -1.0]]),
            "1 + 5 − 1 = 5; slope by a: (0, 0) − (3, 4) over 5, minus (0, −1) over 1: (−0.6, −0.8 + 1)", {"eps": 0.0},
        ),
        Case(
            None, ([[0.0, 0.0]], [[3.0, 4.0]], [[2.0, -1.0]]), [5.0], ([[0.0, -2.0]], [[1.0, 1.0]], [[-1.0, 1.0]]),
            "1 + (3 + 4) − (2 + 1) = 5; slope by a: (−1, −1) − (−1, 1)", {"p": 1.0, "eps": 0.0},
        ),
        Case(
            None, ([[0.0, 0.0]], [[3.0, 4.0]], [[3.0, 3.0]]), [5.0], ([[-0.6, -0.8]], [[0.6, -0.2]], [[0.0, 1.0]]),
            "positive to negative is 1, shorter than √18: 1 + 5 − 1 = 5; slope by p: (0.6, 0.8) − (0, 1)",
            {"swap": True, "eps": 0.0},
        ),
        Case(
            None, ([[0.0, 0.0]], [[0.0, 1.0]], [[3.0, 4.0]]), [0.0], ([[0, 0]],) * 3, "1 + 1 − 5 < 0: nothing to pay"
        ),
    ),
    edges=(
        Case(None, ([[0.0, 0.0]], [[0.0, 0.0]], [[0.0, 0.5]]), [0.500002],
             ([[0.707105, 1.707107]], [[-0.707107, -0.707107]], [[2e-6, -1.0]]),
             note="anchor = positive: eps alone, 1e-6·√2, and yet a slope of length 1"),
        Case(None, ([[0.0, 0.0]], [[0.0, 0.0]], [[0.5, 0.0]]), [0.5], ([[1, 0]], [[0, 0]], [[-1, 0]]),
             params={"eps": 0.0}, note="the same without eps: slope 0 where the distance is 0"),
        Case(None, ([[1.0, 1.0]],) * 3, [1.0], note="all three the same: the margin"),
        Case(None, ([[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 1.0]]), [4.0], ([[0, 0]], [[0, 1]], [[0, -1]]),
             params={"p": np.inf, "eps": 0.0}, note="the largest component: 1 + 4 − 1"),
        Case(None, ([[0.0, 0.0]], [[1e4, 0.0]], [[0.0, 1.0]]), [1e4], params={"swap": True}),
        Case(None, ([0.0, 0.0], [3.0, 4.0], [0.0, 1.0]), 5.0, params={"eps": 0.0}, note="one triplet, no batch axis"),
    ),
    kinks=(
        Kink(
            "the margin is just reached", _margin_left,
            Case(None, ([[0.0, 0.0]], [[3.0, 0.0]], [[4.0, 0.0]]), [0.0], ([[0, 0]], [[1, 0]], [[-1, 0]]),
                 params={"eps": 0.0}),
            torch=([[0, 0]], [[1, 0]], [[-1, 0]]), keras=([[0, 0]], [[1, 0]], [[-1, 0]]),
        ),
        Kink(
            "swap: anchor and positive are equally far from the negative", _swap_tie,
            Case(None, ([[0.0, 0.0]], [[6.0, 0.0]], [[3.0, 4.0]]), [2.0], ([[-0.7, 0.4]], [[0.7, 0.4]], [[0, -0.8]]),
                 params={"swap": True, "eps": 0.0}),
            torch=([[-0.7, 0.4]], [[0.7, 0.4]], [[0, -0.8]]), keras=([[-0.7, 0.4]], [[0.7, 0.4]], [[0, -0.8]]),
        ),
        Kink(
            "p = 1: two points share a component", _equal_component,
            Case(None, ([[0.0, 0.0]], [[0.0, 4.0]], [[2.0, 1.0]]), [2.0], ([[1, 0]], [[0, 1]], [[-1, -1]]),
                 params={"p": 1.0, "eps": 0.0}),
            torch=([[1, 0]], [[0, 1]], [[-1, -1]]), keras=([[1, 0]], [[0, 1]], [[-1, -1]]),
        ),
    ),
    differences=(
        Difference(
            "an anchor that is its own positive: the slope",
            "TripletMarginLoss adds eps to each component's difference, so the distance is never 0.",
            "has no triplet loss; written with keras.ops.norm the slope is NaN, and one NaN spoils every weight.",
            _anchor_is_positive,
            "Add 1e-6 to the difference before the norm, or keep the root away from 0, as here.",
        ),
        Difference(
            "a margin of 0",
            "TripletMarginLoss refuses it.",
            "has no triplet loss; the formula written out takes any margin, and with 0 one point for all is the best.",
            _margin_of_zero,
            "Take a margin above 0: with 0, mapping everything to one point costs nothing.",
        ),
    ),
    curve=Curve(
        x="anchor's first component; positive (0, 0), negative (2, 0)", low=-3.0, high=4.0, targets={"triplet": None},
        start=([[0.0, 0.5]], [[0.0, 0.0]], [[2.0, 0.0]]), direction=([[1.0, 0.0]], None, None),
    ),
    api={"torch": "nn.TripletMarginLoss, F.triplet_margin_loss"},
    source="V. Balntas et al., Learning Local Feature Descriptors with Triplets and Shallow Convolutional Neural "
    "Networks, BMVC (2016)",
    notes="There is no target: which is which says it all. eps is added to each component's difference, before its "
    "absolute value, so distances are not quite symmetric. A margin of 0 or less is refused, as in torch.",
)  # fmt: skip
