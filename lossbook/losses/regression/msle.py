"""Mean squared logarithmic error: the squared error of log(1 + y), so that ratios count."""

from dataclasses import replace

import numpy as np

from lossbook.domains import ABOVE_MINUS_ONE
from lossbook.spec import Case, Curve, Difference, Functions, Loss, elementwise

RATIOS = replace(ABOVE_MINUS_ONE, advice="log(1 + y) needs more than −1; for signed numbers take mse or mae.")

#: Keras's keras.config.epsilon(): what Keras raises smaller targets and predictions to.
KERAS_EPSILON = 1e-7


def value(y_true, y_pred):
    return (np.log1p(y_pred) - np.log1p(y_true)) ** 2


def gradient(y_true, y_pred):
    return 2 * (np.log1p(y_pred) - np.log1p(y_true)) / (1 + y_pred)


def torch(y_true, y_pred):
    import torch

    return (torch.log1p(y_pred) - torch.log1p(y_true)) ** 2


def keras(y_true, y_pred):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    return losses.mean_squared_logarithmic_error(y_true[..., None], y_pred[..., None])


def _keras_clips(y_true, y_pred):
    return (y_true <= KERAS_EPSILON) | (y_pred <= KERAS_EPSILON)


def _value_and_slope(y_pred, which):
    """The loss of y_pred for a target of 3, or its slope, as each framework gives it."""
    from lossbook.frameworks import value_and_gradient

    answers = [value_and_gradient(f, LOSS, np.array([3.0]), np.array([y_pred])) for f in ("torch", "keras")]
    return tuple(float(answer[which][0]) for answer in answers)


LOSS = Loss(
    name="msle",
    title="Mean squared logarithmic error",
    family="regression",
    per="element",
    formula=r"\ell = \bigl(\log(1 + \hat y) - \log(1 + y)\bigr)^2",
    forms=elementwise(RATIOS, RATIOS),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case([1.0], [3.0], [0.480453], [0.346574], "log 4 − log 2 = log 2 = 0.693147; squared 0.480453; "
             "slope 2·0.693147 / (1 + 3) = 0.346574"),
        Case([3.0], [1.0], [0.480453], [-0.693147], "log 2 − log 4 = −0.693147; squared 0.480453; "
             "slope 2·(−0.693147) / 2 = −0.693147: too low is pushed harder"),
        Case([99.0], [199.0], [0.480453], [0.00693147], "log 200 − log 100 = log 2 again; "
             "slope 2·0.693147 / 200 = 0.00693147: the ratio counts, not the error of 100"),
    ),
    edges=(
        Case([3.0], [0.0], [1.921812], [-2.772589], differs=("keras",),
             note="log 1 − log 4 = −1.386294; Keras raises 0 to 1e-7 and answers a slope of 0"),
        Case([0.0], [-0.5], [0.480453], [-2.772589], differs=("keras",), note="log 0.5; slope 2·(−0.693147) / 0.5"),
        Case([1e4], [1e4], [0.0], [0.0]),
    ),
    apart={"keras": _keras_clips},
    differences=(
        Difference(
            "the slope at a prediction of 0, for a target of 3",
            "PyTorch has no MSLE; with torch.log1p the slope is 2·(0 − log 4) / 1.",
            "predictions are raised to 1e-7, so at 0 and below there is no slope: a dead ReLU stays dead.",
            lambda: _value_and_slope(0.0, which=1),
            "Use a softplus output, which never is 0.",
        ),
        Difference(
            "a prediction of −0.5, for a target of 3",
            "log1p(−0.5) is a number: the loss goes on growing towards −1.",
            "counts as 0: every prediction below 0 costs the same.",
            lambda: _value_and_slope(-0.5, which=0),
            "Keep predictions above 0.",
        ),
    ),
    curve=Curve(x="prediction ŷ", low=-0.9, high=8.0, targets={"y = 1": 1.0, "y = 3": 3.0, "y = 0": 0.0}),
    api={"keras": "losses.MeanSquaredLogarithmicError, losses.mean_squared_logarithmic_error"},
    source="scikit-learn User Guide, Mean squared logarithmic error",
    notes="Defined for numbers above −1 and not clipped; Keras clips targets and predictions at 1e-7 (where both are "
    "above that the two agree).",
)  # fmt: skip
