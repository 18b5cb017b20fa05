"""Mean absolute error (L1): how far off, whatever the sign."""

import numpy as np

from lossbook.domains import REALS
from lossbook.spec import Case, Curve, Difference, Functions, Kink, Loss, elementwise


def value(y_true, y_pred):
    return np.abs(y_pred - y_true)


def gradient(y_true, y_pred):
    # sign(0) = 0: of all slopes from -1 to 1 at the kink, the one that both frameworks pick.
    return np.sign(y_pred - y_true)


def torch(y_true, y_pred):
    from torch.nn import functional as F

    return F.l1_loss(y_pred, y_true, reduction="none")


def keras(y_true, y_pred):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    return losses.mean_absolute_error(y_true[..., None], y_pred[..., None])


def _weighted_mean():
    """Errors 1 and 2 with weights 3 and 1."""
    import keras
    import torch

    errors, weights = [1.0, 2.0], [3.0, 1.0]
    in_torch = torch.nn.functional.l1_loss(torch.tensor(errors), torch.zeros(2), weight=torch.tensor(weights))
    y_true, y_pred = np.zeros((2, 1)), np.array(errors)[:, None]
    in_keras = keras.losses.MeanAbsoluteError()(y_true, y_pred, sample_weight=np.array(weights))
    return float(in_torch), float(in_keras)


LOSS = Loss(
    name="mae",
    title="Mean absolute error (L1)",
    family="regression",
    per="element",
    formula=r"\ell = |\hat y - y|",
    forms=elementwise(REALS, REALS),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case([0.0, 3.0], [1.0, 0.0], [1.0, 3.0], [1.0, -1.0], "|1 − 0| = 1, slope 1; |0 − 3| = 3, slope −1; mean 2"),
        Case(
            [1.0, 2.0, 3.0], [1.0, 2.0, 5.0], [0.0, 0.0, 2.0], [0.0, 0.0, 1.0],
            "errors 0, 0, 2: mean 2 / 3 = 0.6667; the slope at 0 is 0 by convention",
        ),
        Case(-2.0, 0.5, 2.5, 1.0, "|0.5 − (−2)| = 2.5, slope 1"),
    ),
    edges=(
        Case([-1e4], [1e4], [2e4], [1.0], note="a far outlier pulls no harder than a near one"),
        Case([1e-8], [0.0], [1e-8], [-1.0], note="the gradient does not shrink on the way to the target"),
    ),
    kinks=(
        Kink("ŷ = y", lambda y_true, y_pred: np.abs(y_pred - y_true), Case([1.0], [1.0], [0.0], [0.0]), [0.0], [0.0]),
    ),
    differences=(
        Difference(
            "what a weighted mean divides by",
            "F.l1_loss(weight=…) divides by the sum of the weights: (3·1 + 1·2) / 4.",
            "sample_weight with the default reduction divides by the number of samples: (3·1 + 1·2) / 2.",
            _weighted_mean,
            'In Keras, MeanAbsoluteError(reduction="mean_with_sample_weight"); in PyTorch, reduce yourself.',
        ),
    ),
    curve=Curve(x="prediction ŷ", low=-4.0, high=4.0, targets={"y = 0": 0.0}),
    api={"torch": "nn.L1Loss, F.l1_loss", "keras": "losses.MeanAbsoluteError, losses.mean_absolute_error"},
    source="P. S. Laplace, Théorie analytique des probabilités (1812), after R. J. Boscovich (1757)",
    notes="The gradient at the kink is 0. Integer inputs: PyTorch refuses to average them, Keras casts to float32.",
)  # fmt: skip
