"""Huber loss: a parabola near 0, straight lines beyond ``delta``."""

import numpy as np

from lossbook.domains import POSITIVE, REALS
from lossbook.spec import Case, Curve, Difference, Functions, Loss, Param, elementwise


def value(y_true, y_pred, *, delta):
    error = np.abs(y_pred - y_true)
    return np.where(error <= delta, error**2 / 2, delta * (error - delta / 2))


def gradient(y_true, y_pred, *, delta):
    return np.clip(y_pred - y_true, -delta, delta)


def torch(y_true, y_pred, *, delta):
    from torch.nn import functional as F

    return F.huber_loss(y_pred, y_true, delta=delta, reduction="none")


def keras(y_true, y_pred, *, delta):
    from keras import losses

    # Keras averages the last axis, so each element gets one of its own.
    return losses.huber(y_true[..., None], y_pred[..., None], delta=delta)


def _unreduced():
    """Errors 0.5, 3 and −3 in one row."""
    import torch
    from keras import losses

    errors = np.array([[0.5, 3.0, -3.0]])
    in_torch = torch.nn.functional.huber_loss(torch.tensor(errors), torch.zeros(1, 3), reduction="none")
    return in_torch.numpy(), np.asarray(losses.Huber(reduction="none")(np.zeros((1, 3)), errors))


def _smooth_l1_with_the_same_number():
    """An error of 3 with beta = delta = 2."""
    import torch
    from keras import losses

    in_torch = torch.nn.functional.smooth_l1_loss(torch.tensor([3.0]), torch.zeros(1), beta=2.0)
    return float(in_torch), float(losses.huber(np.zeros(1), np.array([3.0]), delta=2.0))


def _negative_delta():
    """An error of 3 with delta = −1."""
    import torch
    from keras import losses

    try:
        in_torch = float(torch.nn.functional.huber_loss(torch.tensor([3.0]), torch.zeros(1), delta=-1.0))
    except RuntimeError as error:
        in_torch = type(error).__name__
    return in_torch, float(losses.huber(np.zeros(1), np.array([3.0]), delta=-1.0))


def _integers():
    """An error of 3, as floats for PyTorch (it refuses integers) and as integers for Keras's function."""
    import torch
    from keras import losses

    in_torch = torch.nn.functional.huber_loss(torch.tensor([3.0]), torch.tensor([0.0]))
    return float(in_torch), float(losses.huber(np.array([0]), np.array([3])))


LOSS = Loss(
    name="huber",
    title="Huber loss",
    family="regression",
    per="element",
    formula=r"\ell = \begin{cases} \tfrac12 e^2 & |e| \le \delta \\ \delta\,(|e| - \tfrac12\delta) & |e| > \delta"
    r" \end{cases}, \quad e = \hat y - y",
    forms=elementwise(REALS, REALS),
    functions=Functions(value, gradient, torch, keras),
    params=(Param("delta", 1.0, low=0.1, high=5.0, domain=POSITIVE, meaning="error at which the parabola ends"),),
    known=(
        Case([0.0], [0.5], [0.125], [0.5], "|e| = 0.5 ≤ 1: 0.5² / 2 = 0.125; slope e = 0.5"),
        Case([0.0], [-3.0], [2.5], [-1.0], "|e| = 3 > 1: 1·(3 − 0.5) = 2.5; slope −δ = −1"),
        Case([0.0], [3.0], [4.0], [2.0], "|e| = 3 > 2: 2·(3 − 1) = 4; slope δ = 2", {"delta": 2.0}),
    ),
    edges=(
        Case([0.0, 0.0], [1.0, -1.0], [0.5, 0.5], [1.0, -1.0], note="both pieces meet: 1²/2 = 1·(1 − ½), slope 1"),
        Case([2.0], [2.0], [0.0], [0.0]),
        Case([-1e4], [1e4], [19999.5], [1.0], note="an outlier pulls with δ, however far it is: 1·(2e4 − ½)"),
        Case([0.0], [1e4], [5e7], [1e4], params={"delta": 1e4}, note="a δ beyond all errors: half of mse"),
    ),
    differences=(
        Difference(
            "Huber's δ against Smooth L1's β, both 2, error 3",
            "F.smooth_l1_loss(beta=2) divides by β: 3 − 1. F.huber_loss(delta=2) is 4, as in Keras.",
            "Huber is all there is: 2·(3 − 1).",
            _smooth_l1_with_the_same_number,
            "huber(δ) = δ · smooth_l1(β = δ); they are one only at 1.",
        ),
        Difference(
            "the unreduced loss of one row of three errors",
            "three numbers.",
            "their mean: one number a row.",
            _unreduced,
            "Give each element an axis of its own: y[..., None].",
        ),
        Difference(
            "δ = −1, error 3",
            "refused, as is δ = 0.",
            "computed: −1·3 − ½.",
            _negative_delta,
            "Keep δ above 0.",
        ),
        Difference(
            "integers, error 3",
            "refuses integers; as floats: 1·(3 − ½).",
            "the function losses.huber turns its ½ into an integer, 0: 1·3 − 0. The class losses.Huber casts first.",
            _integers,
            "Convert to float first.",
        ),
    ),
    curve=Curve(x="prediction ŷ", low=-4.0, high=4.0, targets={"y = 0": 0.0}),
    api={"torch": "nn.HuberLoss, F.huber_loss", "keras": "losses.Huber, losses.huber"},
    source="P. J. Huber, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35 (1964)",
    notes="At |e| = δ the derivative exists (δ), so there is no kink. F.huber_loss(weight=…) divides a mean by the "
    "number of elements, F.l1_loss(weight=…) by the sum of the weights.",
)  # fmt: skip
