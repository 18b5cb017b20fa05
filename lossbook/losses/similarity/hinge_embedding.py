"""Hinge embedding loss: similar pairs pay their distance, others only what is missing from the margin."""

import numpy as np

from lossbook.domains import NON_NEGATIVE, REALS, SIGNS
from lossbook.spec import Case, Curve, Difference, Functions, Kink, Loss, Param, elementwise


def value(y_true, y_pred, *, margin):
    return np.where(y_true == 1, y_pred, np.maximum(margin - y_pred, 0))


def gradient(y_true, y_pred, *, margin):
    return np.where(y_true == 1, 1.0, np.where(y_pred <= margin, -1.0, 0.0))


def torch(y_true, y_pred, *, margin):
    from torch.nn import functional as F

    return F.hinge_embedding_loss(y_pred, y_true, margin=margin, reduction="none")


def keras(y_true, y_pred, *, margin):
    from keras import ops

    # maximum, not relu: at the margin it hands the slope on, as torch does.
    return ops.where(y_true == 1, y_pred, ops.maximum(margin - y_pred, 0))


def _margin_left(y_true, y_pred, *, margin):
    return np.where(y_true == 1, np.inf, np.abs(margin - y_pred))


def _two_hinges():
    """The label 1 with −0.5, in the loss that each framework calls hinge."""
    import torch
    from keras import losses

    in_torch = torch.nn.HingeEmbeddingLoss()(torch.tensor([-0.5]), torch.tensor([1.0]))
    return float(in_torch), float(losses.Hinge()(np.array([[1.0]]), np.array([[-0.5]])))


LOSS = Loss(
    name="hinge_embedding",
    title="Hinge embedding loss",
    family="similarity",
    per="element",
    formula=r"\ell = \begin{cases} \hat y & y = 1 \\ \max(0,\; m - \hat y) & y = -1 \end{cases}",
    forms=elementwise(SIGNS, REALS),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("margin", 1.0, low=0.1, high=3.0, domain=NON_NEGATIVE, meaning="distance at which unlike pairs are free"),
    ),
    known=(
        Case([1.0, 1.0], [2.0, -0.5], [2.0, -0.5], [1.0, 1.0], "y = 1: the input itself, below 0 too; slope 1"),
        Case([-1.0, -1.0], [0.3, 1.5], [0.7, 0.0], [-1.0, 0.0], "1 − 0.3 = 0.7, slope −1; 1 − 1.5 < 0: nothing"),
        Case([-1.0], [-0.5], [2.5], [-1.0], "2 − (−0.5) = 2.5", {"margin": 2.0}),
    ),
    edges=(
        Case([1.0, -1.0], [1e4, 1e4], [1e4, 0.0], [1.0, 0.0]),
        Case([1.0, -1.0], [-1e4, -1e4], [-1e4, 10001.0], [1.0, -1.0], note="a distance below 0 has no floor"),
        Case([1.0, -1.0], [0.0, 0.0], [0.0, 1.0], [1.0, -1.0], note="the same point twice"),
    ),
    kinks=(
        Kink(
            "y = −1 and the distance is the margin", _margin_left,
            Case([-1.0, 1.0], [1.0, 1.0], [0.0, 1.0], [-1.0, 1.0]),
            torch=[-1.0, 1.0], keras=[-1.0, 1.0],
        ),
    ),
    differences=(
        Difference(
            "what is called hinge (y = 1, input −0.5)",
            "HingeEmbeddingLoss takes a distance and gives it back: −0.5. A classifier's score does not belong here.",
            "Hinge takes a score: max(0, 1 − y·ŷ) = 1.5.",
            _two_hinges,
            "Write torch.relu(1 - y * score).mean() for the hinge in PyTorch.",
        ),
    ),
    curve=Curve(x="distance ŷ", low=-1.0, high=3.0, targets={"y = 1 (similar)": 1.0, "y = -1 (unlike)": -1.0}),
    api={"torch": "nn.HingeEmbeddingLoss, F.hinge_embedding_loss"},
    source="R. Hadsell, S. Chopra and Y. LeCun, Dimensionality Reduction by Learning an Invariant Mapping, CVPR (2006),"
    " without the squares",
    notes="The input is a distance between two embeddings, such as ‖x₁ − x₂‖₁. For y = 1 it is not cut off at 0: −0.5 "
    "stays −0.5. At the margin the slope is −1.",
)  # fmt: skip
