"""Log-cosh loss: e²/2 near 0, |e| − log 2 far away, smooth everywhere."""

import numpy as np

from lossbook.domains import REALS
from lossbook.spec import Case, Curve, Difference, Functions, Loss, elementwise


def value(y_true, y_pred):
    # log cosh e = log((exp(e) + exp(-e)) / 2); cosh itself overflows beyond |e| = 710, logaddexp does not.
    error = y_pred - y_true
    return np.logaddexp(error, -error) - np.log(2)


def gradient(y_true, y_pred):
    return np.tanh(y_pred - y_true)


def torch(y_true, y_pred):
    import math

    import torch

    error = y_pred - y_true
    return torch.logaddexp(error, -error) - math.log(2)


def keras(y_true, y_pred):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    return losses.log_cosh(y_true[..., None], y_pred[..., None])


def _written_from_the_formula():
    """An error of 100 in float32, whose cosh is 1.3e43."""
    import torch
    from keras import losses

    in_torch = torch.log(torch.cosh(torch.tensor(100.0)))
    return float(in_torch), float(losses.log_cosh(np.zeros(1, "float32"), np.full(1, 100, "float32")))


def _log_2_in_float64():
    """A perfect prediction in float64."""
    import math

    import torch
    from keras import losses

    error = torch.zeros(1, dtype=torch.float64)
    return float(torch.logaddexp(error, -error) - math.log(2)), float(losses.log_cosh(np.zeros(1), np.zeros(1)))


LOSS = Loss(
    name="log_cosh",
    title="Log-cosh loss",
    family="regression",
    per="element",
    formula=r"\ell = \log \cosh e = \log \tfrac{e^{e} + e^{-e}}{2}, \quad e = \hat y - y",
    forms=elementwise(REALS, REALS),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case([0.0], [1.0], [0.433781], [0.761594], "cosh 1 = (2.718282 + 0.367879) / 2 = 1.543081; log = 0.433781; "
             "slope tanh 1 = 2.350402 / 3.086161 = 0.761594"),
        Case([3.0], [1.0], [1.325003], [-0.964028], "cosh 2 = (7.389056 + 0.135335) / 2 = 3.762196; log = 1.325003; "
             "slope −tanh 2 = −7.253721 / 7.524391 = −0.964028"),
        Case([1.0], [1.0], [0.0], [0.0], "cosh 0 = 1, log 1 = 0"),
    ),
    edges=(
        Case([0.0, 0.0], [1e4, -1e4], [1e4 - 0.6931472, 1e4 - 0.6931472], [1.0, -1.0], note="|e| − log 2"),
        Case([0.0], [1e-4], [5e-9], [1e-4], note="e²/2"),
    ),
    differences=(
        Difference(
            "log(cosh(e)) as the formula has it, e = 100 in float32",
            "PyTorch has no log-cosh; torch.log(torch.cosh(e)) overflows.",
            "losses.log_cosh is e + softplus(−2e) − log 2: 100 − 0.6931.",
            _written_from_the_formula,
            "torch.logaddexp(e, -e) - math.log(2).",
        ),
        Difference(
            "a perfect prediction in float64",
            "written with math.log(2): 0.",
            "log 2 is rounded to float32 first, so the loss is a little below 0.",
            _log_2_in_float64,
            "Ignore it: the gradient is exact.",
        ),
    ),
    curve=Curve(x="prediction ŷ", low=-4.0, high=4.0, targets={"y = 0": 0.0}),
    api={"keras": "losses.LogCosh, losses.log_cosh"},
    tolerance={"keras float64": (4e-9, "Keras rounds the constant log 2 to float32, an error of 1.9e-9")},
    source="P. J. Green, Bayesian Reconstructions from Emission Tomography Data, IEEE Trans. Med. Imaging 9 (1990)",
    notes="No parameter: the change from parabola to line happens around |e| = 1, so scale the targets first.",
)  # fmt: skip
