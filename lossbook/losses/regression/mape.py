"""Mean absolute percentage error: the error as a percentage of the target."""

import numpy as np

from lossbook.domains import REALS
from lossbook.spec import Case, Curve, Difference, Functions, Kink, Loss, elementwise

#: Keras's keras.config.epsilon(): no target counts as smaller than this.
EPSILON = 1e-7


def value(y_true, y_pred):
    return 100 * np.abs(y_pred - y_true) / np.maximum(np.abs(y_true), EPSILON)


def gradient(y_true, y_pred):
    return 100 * np.sign(y_pred - y_true) / np.maximum(np.abs(y_true), EPSILON)


def torch(y_true, y_pred):
    return 100 * (y_pred - y_true).abs() / y_true.abs().clamp(min=EPSILON)


def keras(y_true, y_pred):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    return losses.mean_absolute_percentage_error(y_true[..., None], y_pred[..., None])


def _by_the_formula(y_true, y_pred):
    """mean |(y − ŷ) / y| as one writes it in PyTorch, and Keras's function."""
    import torch
    from keras import losses

    y, p = torch.tensor([y_true]), torch.tensor([y_pred])
    in_keras = losses.mean_absolute_percentage_error(np.array([y_true]), np.array([y_pred]))
    return float(((y - p) / y).abs().mean()), float(in_keras)


LOSS = Loss(
    name="mape",
    title="Mean absolute percentage error",
    family="regression",
    per="element",
    formula=r"\ell = 100 \cdot \frac{|\hat y - y|}{\max(|y|, \varepsilon)}, \quad \varepsilon = 10^{-7}",
    forms=elementwise(REALS, REALS),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case([2.0], [1.5], [25.0], [-50.0], "100·0.5 / 2 = 25 %; slope −100 / 2"),
        Case([-4.0], [-3.0], [25.0], [25.0], "100·1 / 4 = 25 %; slope 100 / 4"),
        Case([1.0, 3.0], [3.0, 1.0], [200.0, 66.666667], [100.0, -33.333333],
             "the same error of 2: 100·2 / 1 above the target, 100·2 / 3 below; slopes 100 / 1 and −100 / 3"),
    ),
    edges=(
        Case([0.0], [1.0], [1e9], [1e9], note="100 / 1e-7: one target of 0 drowns all others"),
        Case([0.0], [-1e4], [1e13], [-1e9]),
        Case([-1e-7], [1e-7], [200.0], [1e9], note="just at the clamp"),
    ),
    kinks=(
        Kink("ŷ = y", lambda y_true, y_pred: np.abs(y_pred - y_true), Case([2.0], [2.0], [0.0], [0.0]), [0.0], [0.0]),
    ),
    differences=(
        Difference(
            "a target of 0, an error of 1",
            "PyTorch has no MAPE; the formula as written divides by 0.",
            "divides by 1e-7 instead: 10⁹ percent, a finite number that rules the mean of its batch.",
            lambda: _by_the_formula(0.0, 1.0),
            "Drop targets near 0, or choose another loss (mae, msle).",
        ),
        Difference(
            "percent or fraction, 1.5 for a target of 2",
            "written by hand it is usually a fraction (scikit-learn's is, too).",
            "percent.",
            lambda: _by_the_formula(2.0, 1.5),
            "Multiply by 100, and the learning rate divides by 100.",
        ),
    ),
    curve=Curve(x="prediction ŷ", low=-1.0, high=8.0, targets={"y = 1": 1.0, "y = 2": 2.0, "y = 4": 4.0}),
    api={"keras": "losses.MeanAbsolutePercentageError, losses.mean_absolute_percentage_error"},
    source="S. Makridakis, Accuracy Measures: Theoretical and Practical Concerns, Int. J. Forecasting 9 (1993)",
    notes="Keras's convention throughout: percent, and |y| is never taken for less than 1e-7, so that at y = 0 the "
    "loss is 1e9·|error|. A prediction of 0 costs 100 at most, one far too high without limit: it learns to be low.",
)  # fmt: skip
