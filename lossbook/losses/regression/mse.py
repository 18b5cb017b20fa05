"""Mean squared error (L2): the error times itself, so that a double error costs four times as much."""

import warnings

import numpy as np

from lossbook.domains import REALS
from lossbook.spec import Case, Curve, Difference, Functions, Loss, elementwise


def value(y_true, y_pred):
    return (y_pred - y_true) ** 2


def gradient(y_true, y_pred):
    return 2 * (y_pred - y_true)


def torch(y_true, y_pred):
    from torch.nn import functional as F

    return F.mse_loss(y_pred, y_true, reduction="none")


def keras(y_true, y_pred):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    return losses.mean_squared_error(y_true[..., None], y_pred[..., None])


def _a_column_against_a_row():
    """A perfect prediction of shape (3, 1) for targets of shape (3,)."""
    import keras
    import torch

    y = np.array([1.0, 2.0, 3.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns of the sizes, and goes on
        in_torch = torch.nn.MSELoss()(torch.tensor(y[:, None]), torch.tensor(y))
    return float(in_torch), float(keras.losses.MeanSquaredError()(y, y[:, None]))


def _float64_in_a_class():
    """2**24 + 1 against 2**24, both float64; float32 has no room for the 1."""
    import keras
    import torch

    y_true, y_pred = np.array([2.0**24]), np.array([2.0**24 + 1])
    in_torch = torch.nn.MSELoss()(torch.tensor(y_pred), torch.tensor(y_true))
    return float(in_torch), float(keras.losses.MeanSquaredError()(y_true, y_pred))


def _weights_of_flat_outputs():
    """Errors 1 and 2, the second with weight 0, all of shape (2,)."""
    import keras
    import torch

    errors, weights = np.array([1.0, 2.0]), np.array([1.0, 0.0])
    unreduced = torch.nn.MSELoss(reduction="none")(torch.tensor(errors), torch.zeros(2))
    in_keras = keras.losses.MeanSquaredError()(np.zeros(2), errors, sample_weight=weights)
    return float((torch.tensor(weights) * unreduced).mean()), float(in_keras)


def _an_empty_batch():
    import keras
    import torch

    in_torch = torch.nn.MSELoss()(torch.zeros(0, 1), torch.zeros(0, 1))
    return float(in_torch), np.asarray(keras.losses.MeanSquaredError()(np.zeros((0, 1)), np.zeros((0, 1))))


LOSS = Loss(
    name="mse",
    title="Mean squared error (L2)",
    family="regression",
    per="element",
    formula=r"\ell = (\hat y - y)^2",
    forms=elementwise(REALS, REALS),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case([0.0, 3.0], [1.0, 0.0], [1.0, 9.0], [2.0, -6.0], "1² = 1, slope 2·1; (−3)² = 9, slope 2·(−3); mean 5"),
        Case(
            [1.0, 2.0, 3.0], [1.0, 2.0, 5.0], [0.0, 0.0, 4.0], [0.0, 0.0, 4.0],
            "errors 0, 0, 2: mean 4 / 3 = 1.3333; slope 2·2 = 4",
        ),
        Case(-2.0, 0.5, 6.25, 5.0, "2.5² = 6.25, slope 2·2.5 = 5"),
    ),
    edges=(
        Case([-1e4], [1e4], [4e8], [4e4], note="a far outlier pulls in proportion to its distance"),
        Case([5.0], [5.0], [0.0], [0.0]),
    ),
    differences=(
        Difference(
            "a column (3, 1) against a row (3,), a perfect prediction",
            "broadcasts to a 3 × 3 table, warns, and averages nine errors.",
            "reshapes one to fit the other: 0.",
            _a_column_against_a_row,
            "Give both the same shape: y_pred.squeeze(-1) or y_true[:, None].",
        ),
        Difference(
            "float64 inputs of a loss class",
            "keeps float64: (2²⁴ + 1 − 2²⁴)² = 1.",
            "casts to float32, which has no number between 2²⁴ and 2²⁴ + 2: 0.",
            _float64_in_a_class,
            'MeanSquaredError(dtype="float64"), or the function losses.mean_squared_error, which keeps the dtype.',
        ),
        Difference(
            "sample weights of outputs with shape (2,)",
            "you multiply the unreduced loss yourself: (1·1 + 0·4) / 2 = 0.5.",
            "averages the last, here the only, axis to 2.5 before it weighs: mean of 1·2.5 and 0·2.5.",
            _weights_of_flat_outputs,
            "Give Keras outputs and targets of shape (N, 1).",
        ),
        Difference(
            "the mean of an empty batch",
            "NaN.",
            "an empty tensor, not a number.",
            _an_empty_batch,
            "Drop empty batches before the loss.",
        ),
    ),
    curve=Curve(x="prediction ŷ", low=-4.0, high=4.0, targets={"y = 0": 0.0}),
    api={"torch": "nn.MSELoss, F.mse_loss", "keras": "losses.MeanSquaredError, losses.mean_squared_error"},
    source="A.-M. Legendre, Nouvelles méthodes pour la détermination des orbites des comètes (1805)",
    notes="No ½ in front: the slope is 2e. Both frameworks agree on that; many textbooks write e²/2.",
)  # fmt: skip
