"""KL divergence of a latent Gaussian from the standard normal: what a variational autoencoder pays for its code."""

import numpy as np

from lossbook.domains import REALS, Array, Domain
from lossbook.spec import Case, Curve, Form, Functions, Loss

LOG_VARIANCES = Domain("real numbers (log-variances)", edges=(-1e4, -50.0, 0.0, 1.0, 50.0, 1e4))


def value(y_true, y_pred):
    mean, log_var = y_pred
    with np.errstate(over="ignore"):  # a log-variance above 709 is an infinite variance, and an infinite loss
        # expm1(x) is exp(x) - 1 without its cancellation near 0.
        return 0.5 * (mean**2 + np.expm1(log_var) - log_var)


def gradient(y_true, y_pred):
    mean, log_var = y_pred
    with np.errstate(over="ignore"):
        return mean, 0.5 * np.expm1(log_var)


def torch(y_true, y_pred):
    mean, log_var = y_pred
    return 0.5 * (mean**2 + log_var.expm1() - log_var)


def keras(y_true, y_pred):
    from keras import ops

    mean, log_var = y_pred
    return 0.5 * (ops.square(mean) + ops.expm1(log_var) - log_var)


LOSS = Loss(
    name="vae_kl",
    title="KL divergence from the standard normal (VAE)",
    family="generative",
    per="element",
    formula=r"\ell = \mathrm{KL}\bigl(\mathcal N(\mu, e^{s}) \,\|\, \mathcal N(0, 1)\bigr)"
    r" = \tfrac12\bigl(\mu^2 + e^{s} - 1 - s\bigr)",
    forms=(Form(None, (Array("mean", REALS, ("*",)), Array("log_var", LOG_VARIANCES, ("*",)))),),
    functions=Functions(value, gradient, torch, keras),
    known=(
        Case(None, ([0.0], [0.0]), [0.0], ([0.0], [0.0]), "the prior itself: ½(0 + 1 − 1 − 0)"),
        Case(None, ([2.0], [0.0]), [2.0], ([2.0], [0.0]), "½(2² + 1 − 1 − 0) = 2; by μ: 2; by s: ½(1 − 1)"),
        Case(
            None, ([[1.0, 0.0]], [[np.log(4), np.log(0.25)]]), [[1.306853, 0.318147]], ([[1.0, 0.0]], [[1.5, -0.375]]),
            "½(1 + 4 − 1 − 1.386294) = 1.306853, by s: ½(4 − 1); ½(0 + ¼ − 1 + 1.386294) = 0.318147, by s: ½(¼ − 1)",
        ),
    ),
    edges=(
        Case(None, ([0.0], [1e-4]), [2.5000833e-9], ([0.0], [5.00025e-5]), note="s²/4 + s³/12: no cancellation"),
        Case(None, ([0.0], [-1e4]), [4999.5], ([0.0], [-0.5]), note="no variance at all: ½(0 − 1 + 1e4)"),
        Case(None, ([0.0], [1e4]), [np.inf], ([0.0], [np.inf]), note="e^10000 is infinite, in float64 as well"),
    ),
    curve=Curve(
        x="log-variance s (mean 0)", low=-4.0, high=3.0, targets={"prior N(0, 1)": None},
        start=(0.0, 0.0), direction=(None, 1.0),
    ),
    source="D. P. Kingma, M. Welling, Auto-Encoding Variational Bayes, ICLR (2014), arXiv:1312.6114, appendix B",
    notes="Neither framework has it. One value a latent dimension: sum those of a sample, then average over the batch. "
    "Averaging over the dimensions instead divides its weight against the reconstruction by their number. "
    "The second output is a log-variance, not a variance and not a log-deviation.",
)  # fmt: skip
