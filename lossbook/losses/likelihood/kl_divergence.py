"""Kullback–Leibler divergence: what it costs, in nats, to take the predicted distribution for the true one."""

from dataclasses import replace

import numpy as np

from lossbook.domains import DISTRIBUTIONS, LOG_PROBS, Array
from lossbook.spec import Case, Curve, Difference, Functions, Loss, Param, classwise

#: Keras's keras.config.epsilon(): what Keras raises smaller probabilities to, on both sides.
KERAS_EPSILON = 1e-7


def value(y_true, log_probs, *, log_target):
    p, log_p = _target(y_true, log_target)
    with np.errstate(invalid="ignore"):
        terms = p * (log_p - log_probs)
    return np.where(p > 0, terms, 0.0)  # 0·log 0 is 0, whatever the prediction


def gradient(y_true, log_probs, *, log_target):
    return -_target(y_true, log_target)[0]


def torch(y_true, log_probs, *, log_target):
    from torch.nn import functional as F

    return F.kl_div(log_probs, y_true, log_target=log_target, reduction="none")


def keras(y_true, log_probs, *, log_target):
    from keras import losses, ops

    p = ops.exp(y_true) if log_target else y_true
    # Keras takes probabilities and sums the last axis, so each class gets one of its own.
    return losses.kl_divergence(p[..., None], ops.exp(log_probs)[..., None])


def _target(y_true, log_target):
    """The target's probabilities and their logs."""
    if log_target:
        return np.exp(y_true), y_true
    return y_true, np.log(np.where(y_true > 0, y_true, 1.0))


def _keras_clips(y_true, log_probs, *, log_target):
    return (_target(y_true, log_target)[0] < KERAS_EPSILON) | (np.exp(log_probs) < KERAS_EPSILON)


def _both(p, q, reduction="sum"):
    """F.kl_div and the class KLDivergence on distributions p (true) and q (predicted)."""
    import keras
    import torch

    p, q = np.array(p), np.array(q)
    in_torch = torch.nn.functional.kl_div(torch.tensor(q).log(), torch.tensor(p), reduction="none")
    reduce = {"sum": in_torch.sum, "mean": in_torch.mean}[reduction]
    return float(reduce()), float(keras.losses.KLDivergence(dtype="float64")(p, q))


def _probabilities_handed_to_both():
    """P = (0.9, 0.1) and Q = (0.5, 0.5), handed over as they are."""
    import torch
    from keras import losses

    p, q = np.array([[0.9, 0.1]]), np.array([[0.5, 0.5]])
    in_torch = torch.nn.functional.kl_div(torch.tensor(q), torch.tensor(p), reduction="batchmean")
    return float(in_torch), float(losses.kl_divergence(p, q)[0])


def _forms():
    log_probs = Array("log_probs", LOG_PROBS, ("N", "C"))
    for name, domain, log_target in (("target_probs", DISTRIBUTIONS, False), ("target_log_probs", LOG_PROBS, True)):
        for form in classwise(log_probs, Array(name, domain, ("N", "C"))):
            yield replace(form, when={"log_target": log_target})


LOSS = Loss(
    name="kl_divergence",
    title="Kullback–Leibler divergence",
    family="likelihood",
    per="element",
    formula=r"\ell_c = p_c\,(\log p_c - \log q_c), \qquad \mathrm{KL}(P \,\|\, Q) = \sum_c \ell_c",
    forms=tuple(_forms()),
    functions=Functions(value, gradient, torch, keras),
    params=(Param("log_target", False, choices=(False, True), meaning="the target holds log-probabilities, too"),),
    known=(
        Case(
            [[0.5, 0.5]], np.log([[0.25, 0.75]]), [[0.346574, -0.202733]], [[-0.5, -0.5]],
            "½·log(0.5/0.25) = ½·0.693147; ½·log(0.5/0.75) = ½·(−0.405465); KL = 0.143841; slope −p",
        ),
        Case(
            np.log([[0.9, 0.1]]), np.log([[0.5, 0.5]]), [[0.529008, -0.160944]], [[-0.9, -0.1]],
            "0.9·log 1.8 = 0.9·0.587787; 0.1·log 0.2 = 0.1·(−1.609438); KL = 0.368064", {"log_target": True},
        ),
        Case([0.3, 0.7], np.log([0.3, 0.7]), [0.0, 0.0], [-0.3, -0.7], "P = Q: log 1 = 0; the slope by log q is −p"),
    ),
    edges=(
        Case([[1.0, 0.0]], np.log([[0.5, 0.5]]), [[0.693147, 0.0]], [[-1.0, 0.0]], differs=("keras",),
             note="a class that never happens costs nothing: 0·log 0 = 0; Keras takes 1e-7 for 0"),
        Case([[0.5, 0.5]], [[-np.inf, 0.0]], [[np.inf, -0.346574]], [[-0.5, -0.5]], differs=("keras",),
             note="what happens was ruled out: infinite; Keras takes 1e-7 for 0"),
        Case([[0.0, 1.0]], [[-np.inf, 0.0]], [[0.0, 0.0]], [[0.0, -1.0]], differs=("torch",),
             note="both sides rule it out: 0; PyTorch computes 0·∞ = NaN"),
        Case([[-np.inf, 0.0]], np.log([[0.5, 0.5]]), [[0.0, 0.693147]], [[0.0, -1.0]], params={"log_target": True},
             differs=("torch", "keras"), note="a target of log 0: NaN in PyTorch"),
    ),
    apart={"keras": _keras_clips},
    differences=(
        Difference(
            "probabilities P = (0.9, 0.1), Q = (0.5, 0.5) handed over as they are",
            "kl_div(Q, P) wants log Q: it subtracts Σ p·q, silently; even a negative number comes out.",
            "kl_divergence(P, Q) wants probabilities: 0.3681.",
            _probabilities_handed_to_both,
            "F.kl_div(q.log(), p), better F.log_softmax(logits, dim=-1); mind the order, too.",
        ),
        Difference(
            "the mean of two rows of two classes",
            'reduction="mean" divides by the four elements.',
            "divides by the two rows.",
            lambda: _both([[0.5, 0.5], [0.9, 0.1]], [[0.25, 0.75], [0.5, 0.5]], "mean"),
            'reduction="batchmean" in PyTorch.',
        ),
        Difference(
            "a predicted probability of 0 where the true one is ½",
            "infinite.",
            "raised to 1e-7 first: ½·log(0.5/1e-7) + ½·log 0.5.",
            lambda: _both([[0.5, 0.5]], [[0.0, 1.0]]),
            "Predict through a log-softmax, which never reaches log 0.",
        ),
        Difference(
            "a class that both sides give 0",
            "0·(−∞): NaN.",
            "both raised to 1e-7: log 1 = 0.",
            lambda: _both([[0.0, 1.0]], [[0.0, 1.0]]),
            "Predict through a log-softmax.",
        ),
    ),
    curve=Curve(
        x="predicted probability q of the first of two classes", low=0.02, high=0.98,
        targets={"P = (0.5, 0.5)": [0.5, 0.5], "P = (0.9, 0.1)": [0.9, 0.1], "P = (1, 0)": [1.0, 0.0]},
        path=lambda q: [np.log(q), np.log1p(-q)],
    ),
    api={"torch": "nn.KLDivLoss, F.kl_div", "keras": "losses.KLDivergence, losses.kl_divergence"},
    source="S. Kullback, R. A. Leibler, On Information and Sufficiency, Annals of Mathematical Statistics 22 (1951)",
    notes="P is the target and Q the prediction, handed over as log q, as in PyTorch. One value a class; the "
    "divergence is their sum over the classes, so reduce with batchmean. 0·log 0 is 0, also against a prediction of 0.",
)  # fmt: skip
