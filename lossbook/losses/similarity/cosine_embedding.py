"""Cosine embedding loss: similar pairs should point the same way, others at least an angle apart."""

import numpy as np

from lossbook.domains import REALS, SIGNS, Array, Domain
from lossbook.spec import Case, Curve, Difference, Form, Functions, Kink, Loss, Param

COSINES = Domain("a cosine in [-1, 1]", low=-1, high=1)

# What torch adds to each squared length, so that a zero vector has a cosine, 0. A float32 there, in float64 too.
EPSILON = float(np.float32(1e-12))


def value(y_true, y_pred, *, margin):
    cosine = _cosine(*y_pred)
    return np.where(y_true == 1, 1 - cosine, np.maximum(cosine - margin, 0))


def gradient(y_true, y_pred, *, margin):
    x1, x2 = y_pred
    cosine = _cosine(x1, x2)
    slope = np.where(y_true == 1, -1.0, cosine >= margin)[..., None]
    return slope * _cosine_gradient(x1, x2, cosine), slope * _cosine_gradient(x2, x1, cosine)


def torch(y_true, y_pred, *, margin):
    from torch.nn import functional as F

    x1, x2 = y_pred
    return F.cosine_embedding_loss(x1, x2, y_true, margin=margin, reduction="none")


def keras(y_true, y_pred, *, margin):
    from keras import ops

    x1, x2 = y_pred
    squares = [ops.sum(x * x, axis=-1) + EPSILON for x in (x1, x2)]
    cosine = ops.sum(x1 * x2, axis=-1) / ops.sqrt(squares[0] * squares[1])
    # maximum, not relu: at the margin it hands the slope on, as torch does.
    return ops.where(y_true == 1, 1 - cosine, ops.maximum(cosine - margin, 0))


def _square(x):
    return (x * x).sum(axis=-1) + EPSILON


def _cosine(x1, x2):
    return (x1 * x2).sum(axis=-1) / np.sqrt(_square(x1) * _square(x2))


def _cosine_gradient(x, other, cosine):
    """d cosine / d x: the part of ``other``'s direction that is new to ``x``, over ``x``'s length."""
    lengths = np.sqrt(_square(x) * _square(other))
    return other / lengths[..., None] - (cosine / _square(x))[..., None] * x


def _margin_left(y_true, y_pred, *, margin):
    return np.where(y_true == 1, np.inf, np.abs(_cosine(*y_pred) - margin))


def _forms():
    for rest in ((), ("N",)):
        vectors = tuple(Array(name, REALS, (*rest, "D")) for name in ("x1", "x2"))
        yield Form(Array("y_true", SIGNS, rest), vectors)


def _same_pair(x1, x2):
    """A similar pair in both: torch's loss, Keras's."""
    import torch
    from keras import losses

    x1, x2 = np.array([x1]), np.array([x2])
    in_torch = torch.nn.CosineEmbeddingLoss()(torch.tensor(x1), torch.tensor(x2), torch.ones(1))
    return float(in_torch), 0.0 + float(losses.CosineSimilarity(dtype="float64")(x1, x2))


def _right_angle():
    return _same_pair([1.0, 0.0], [0.0, 2.0])


def _tiny_vector():
    """The cosine that is left of a vector of length 1e-6 and its own direction."""
    in_torch, in_keras = _same_pair([1e-6, 0.0], [1.0, 0.0])
    return 1 - in_torch, -in_keras


LOSS = Loss(
    name="cosine_embedding",
    title="Cosine embedding loss",
    family="similarity",
    per="sample",
    formula=r"\ell = \begin{cases} 1 - \cos(x_1, x_2) & y = 1 \\ \max(0,\; \cos(x_1, x_2) - m) & y = -1 \end{cases}",
    forms=tuple(_forms()),
    functions=Functions(value, gradient, torch, keras),
    params=(Param("margin", 0.0, low=-0.9, high=0.9, domain=COSINES, meaning="cosine that unlike pairs may keep"),),
    known=(
        Case(
            [1.0], ([[1.0, 0.0]], [[3.0, 4.0]]), [0.4], ([[0.0, -0.8]], [[-0.128, 0.096]]),
            "cos = 3/(1·5) = 0.6; 1 − 0.6 = 0.4; slopes −(x₂/5 − 0.6·x₁) = −(0, 0.8) and "
            "−(x₁/5 − 0.6·x₂/25) = −(0.2 − 0.072, 0 − 0.096)",
        ),
        Case(
            [-1.0], ([[1.0, 0.0]], [[3.0, 4.0]]), [0.35], ([[0.0, 0.8]], [[0.128, -0.096]]),
            "0.6 − 0.25 = 0.35; the slopes above with the other sign", {"margin": 0.25},
        ),
        Case(
            [-1.0], ([[1.0, 0.0]], [[-2.0, 0.0]]), [0.0], ([[0, 0]], [[0, 0]]), "cos = −1 < 0: unlike enough, no slope"
        ),
    ),
    edges=(
        Case([1.0], ([[2.0, 1.0]], [[4.0, 2.0]]), [0.0], ([[0, 0]], [[0, 0]]), note="length does not count"),
        Case([1.0], ([[0.0, 0.0]], [[3.0, 4.0]]), [1.0], ([[-6e5, -8e5]], [[0, 0]]),
             note="a zero vector has cosine 0, and a slope of 1/√1e-12 = 1e6 away from it"),
        Case([1.0, -1.0], ([[0.0, 0.0]] * 2, [[0.0, 0.0]] * 2), [1.0, 0.0], ([[0, 0]] * 2, [[0, 0]] * 2)),
        Case([-1.0], ([[1e4, 0.0]], [[1e4, 1e4]]), [np.sqrt(0.5)]),
        Case(1.0, ([0.0, 1.0], [3.0, 4.0]), 0.2, ([-0.6, 0.0], [0.096, -0.072]), note="one pair, no batch axis"),
    ),
    kinks=(
        Kink(
            "y = −1 and the cosine is the margin", _margin_left,
            Case([-1.0], ([[0.0, 5.0]], [[3.0, 0.0]]), [0.0], ([[0.2, 0.0]], [[0.0, 1 / 3]])),
            torch=([[0.2, 0.0]], [[0.0, 1 / 3]]), keras=([[0.2, 0.0]], [[0.0, 1 / 3]]),
        ),
    ),
    differences=(
        Difference(
            "a similar pair at a right angle",
            "CosineEmbeddingLoss gives 1 − cos, at least 0; labels of 1 and −1 say which pairs belong together.",
            "CosineSimilarity, the nearest, gives −cos, at least −1; its target is the other vector, all pairs belong "
            "together.",
            _right_angle,
            "Add 1 to Keras's; for unlike pairs write the second branch yourself.",
        ),
        Difference(
            "the cosine of a tiny vector (length 1e-6) with its own direction",
            "CosineEmbeddingLoss adds 1e-12 to each squared length: 1e-6 / √2e-12.",
            "CosineSimilarity only bounds the length from below, at 1e-7.",
            _tiny_vector,
            "Keep embeddings away from 0.",
        ),
    ),
    curve=Curve(
        x="first component of x₁ = (x, 1); x₂ = (1, 0)", low=-3.0, high=3.0,
        targets={"y = 1": [1.0], "y = -1": [-1.0]},
        start=([[0.0, 1.0]], [[1.0, 0.0]]), direction=([[1.0, 0.0]], None),
    ),
    api={"torch": "nn.CosineEmbeddingLoss, F.cosine_embedding_loss"},
    source="J. Bromley et al., Signature Verification using a Siamese Time Delay Neural Network, NIPS (1993)",
    notes="As in torch, 1e-12 is added to both squared lengths, and at the margin the slope is handed on. torch takes "
    "any label but 1 and −1 for a pair that costs nothing; the reference refuses it.",
)  # fmt: skip
