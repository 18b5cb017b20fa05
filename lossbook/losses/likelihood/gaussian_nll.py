"""Gaussian negative log-likelihood: a mean and a variance are predicted, and being sure costs where one is wrong."""

import math
from dataclasses import replace

import numpy as np

from lossbook.domains import NON_NEGATIVE, POSITIVE, REALS, Array
from lossbook.spec import Case, Curve, Difference, Form, Functions, Loss, Param

VARIANCES = replace(NON_NEGATIVE, advice="Let the network's variance pass through a softplus.")


def value(y_true, y_pred, *, full, eps):
    mean, var = y_pred
    var = np.maximum(_beside(mean, var), eps)
    constant = 0.5 * math.log(2 * math.pi) if full else 0.0
    return 0.5 * (np.log(var) + (mean - y_true) ** 2 / var) + constant


def gradient(y_true, y_pred, *, full, eps):
    mean, var = y_pred
    clamped = np.maximum(_beside(mean, var), eps)
    error = mean - y_true
    # Below eps the true slope by the variance is 0; this one passes through the clamp, so that var can rise again.
    by_var = 0.5 * (1 / clamped - (error / clamped) ** 2)
    return error / clamped, _sum_to(np.shape(var), by_var)


def torch(y_true, y_pred, *, full, eps):
    from torch.nn import functional as F

    mean, var = y_pred
    var = var if var.ndim else var.expand_as(mean)  # torch takes one variance for all only as a float
    return F.gaussian_nll_loss(mean, y_true, var, full=full, eps=eps, reduction="none")


def keras(y_true, y_pred, *, full, eps):
    from keras import ops

    mean, var = y_pred
    var = _beside(mean, var)
    var = var + ops.stop_gradient(ops.maximum(var, eps) - var)  # clamped, but not for the gradient
    constant = 0.5 * math.log(2 * math.pi) if full else 0.0
    return 0.5 * (ops.log(var) + ops.square(mean - y_true) / var) + constant


def _beside(mean, var):
    """The variance with the axes that it needs to stand beside the mean: one a sample (N,) becomes (N, 1)."""
    short = 0 < len(var.shape) < len(mean.shape)
    return var[..., None] if short else var


def _sum_to(shape, by_element):
    """A variance shared by several elements collects the gradient of all of them."""
    if shape == by_element.shape:
        return by_element
    return by_element.sum() if shape == () else by_element.sum(axis=-1).reshape(shape)


def _slope_below_eps():
    """The slope by a variance of 0, error 1, eps 1e-6."""
    import tensorflow as tf
    import torch
    from keras import ops

    var = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    one = torch.ones(1, dtype=torch.float64)
    torch.nn.functional.gaussian_nll_loss(one, 0 * one, var).backward()
    v = tf.zeros(1, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(v)
        clamped = ops.maximum(v, 1e-6)
        loss = 0.5 * (ops.log(clamped) + 1 / clamped)
    return float(var.grad), float(tape.gradient(loss, v)[0])


def _forms():
    y_true, mean, var = Array("y_true", REALS, ("*",)), Array("mean", REALS, ("*",)), Array("var", VARIANCES, ("*",))
    yield Form(y_true, (mean, var))
    yield Form(y_true, (mean, Array("var", VARIANCES, ())))
    for per_sample in (("*", 1), ("*",)):
        rows = (Array("mean", REALS, ("*", "D")), Array("var", VARIANCES, per_sample))
        yield Form(Array("y_true", REALS, ("*", "D")), rows)


LOSS = Loss(
    name="gaussian_nll",
    title="Gaussian negative log-likelihood",
    family="likelihood",
    per="element",
    formula=r"\ell = \tfrac12\Bigl(\log v + \frac{(\mu - y)^2}{v}\Bigr)"
    r" \ \bigl[+ \tfrac12 \log 2\pi \text{ if full}\bigr], \quad v = \max(\sigma^2, \varepsilon)",
    forms=tuple(_forms()),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("full", False, choices=(False, True), meaning="add ½ log 2π, so that exp(−loss) is the density"),
        Param("eps", 1e-6, domain=POSITIVE, meaning="no variance counts as smaller than this"),
    ),
    known=(
        Case(
            [0.0], ([2.0], [4.0]), [1.193147], ([0.5], [0.0]),
            "½(log 4 + 4/4) = ½(1.386294 + 1); by μ: 2/4; by v: ½(1/4 − (2/4)²) = 0, the variance is the squared error",
        ),
        Case(
            [1.0], ([0.0], [1.0]), [1.418939], ([-1.0], [0.0]),
            "½(0 + 1) + ½ log 6.283185 = 0.5 + 0.918939; by μ: −1; by v: ½(1 − 1)", {"full": True},
        ),
        Case(
            [[0.0, 0.0], [1.0, 1.0]], ([[1.0, 2.0], [1.0, 2.0]], [[1.0], [0.5]]),
            [[0.5, 2.0], [-0.346574, 0.653426]], ([[1.0, 2.0], [0.0, 2.0]], [[-1.5], [0.0]]),
            "one variance a sample: ½·1, ½·4; ½ log ½ = −0.346574, ½(log ½ + 1/½) = 0.653426; "
            "by v: ½(1 − 1) + ½(1 − 4) = −1.5; ½(2 − 0) + ½(2 − 4) = 0",
        ),
    ),
    edges=(
        Case([0.0], ([1.0], [0.0]), [499993.092245], ([1e6], [-499999500000.0]),
             note="v = 1e-6: ½(log 1e-6 + 1e6), and the slope ½(1e6 − 1e12) of the clamped variance, not 0"),
        Case([0.0], ([1.0], [0.1]), [0.653426], ([2.0], [-1.0]), params={"eps": 0.5},
             note="v = 0.5, not 0.1 and not 0.6: ½(log ½ + 2); the clamp stands in the log as well; ½(2 − 4)"),
        Case([0.0], ([0.0], [0.0]), [-6.907755], ([0.0], [5e5]), note="no error: ½ log 1e-6; the loss can be negative"),
        Case([1.0, 1.0], ([0.0, 3.0], 2.0), [0.596574, 1.346574], ([-0.5, 1.0], -0.125),
             note="one variance for all: ½(log 2 + 1/2), ½(log 2 + 4/2); ½(½ − ¼) + ½(½ − 1)"),
        Case([[0.0, 0.0]], ([[1.0, 2.0]], [1.0]), [[0.5, 2.0]], ([[1.0, 2.0]], [-1.5]), note="(N,) works as (N, 1)"),
    ),
    differences=(
        Difference(
            "the slope by a variance below eps",
            "clamps without telling autograd: ½(1/ε − e²/ε²), which pushes the variance up.",
            "Keras has no Gaussian NLL; clamped with ops.maximum the slope is 0 (the true one), "
            "and a variance that fell below eps stays there.",
            _slope_below_eps,
            "var + ops.stop_gradient(ops.maximum(var, eps) - var), or a softplus that stays above eps.",
        ),
    ),
    curve=Curve(
        x="predicted variance", low=0.1, high=6.0, targets={"error 1": 1.0, "error 2": 2.0, "error 0": 0.0},
        start=(0.0, 0.0), direction=(None, 1.0),
    ),
    api={"torch": "nn.GaussianNLLLoss, F.gaussian_nll_loss"},
    source="D. A. Nix, A. S. Weigend, Estimating the Mean and Variance of the Target Probability Distribution, "
    "ICNN (1994)",
    notes="The second argument is a variance, not a deviation and not a log. It may be one number for all, one a "
    "sample ((N, 1) or (N,)), or one an element. Below eps the value is that of eps; the gradient ignores the clamp, "
    "as in PyTorch: it is the slope at eps, where the derivative of the value is 0.",
)  # fmt: skip
