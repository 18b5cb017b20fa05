"""Matrix-based cross-entropy: bits of surprise, plus a price for probability on classes that a matrix points at."""

import numpy as np

from lossbook.domains import DISTRIBUTIONS, REALS, Array
from lossbook.spec import Case, Curve, Form, Functions, Loss, Param


def value(y_true, probs, *, A):
    with np.errstate(divide="ignore"):
        bits = y_true * np.log2(np.where(y_true > 0, probs, 1))  # 0·log 0 counts as 0
    return (_excess(y_true, A) * np.exp(probs) - bits).sum(axis=-1)


def gradient(y_true, probs, *, A):
    with np.errstate(divide="ignore"):
        bits = y_true / (np.where(y_true > 0, probs, 1) * np.log(2))
    return _excess(y_true, A) * np.exp(probs) - bits


def torch(y_true, probs, *, A):
    import torch

    bits = y_true * torch.log2(torch.where(y_true > 0, probs, torch.ones_like(probs)))
    excess = torch.zeros_like(y_true) if A is None else y_true @ A.T - y_true
    return (excess * torch.exp(probs) - bits).sum(-1)


def keras(y_true, probs, *, A):
    from keras import ops

    bits = y_true * ops.log2(ops.where(y_true > 0, probs, ops.ones_like(probs)))
    excess = ops.zeros_like(y_true) if A is None else ops.matmul(y_true, ops.transpose(A)) - y_true
    return ops.sum(excess * ops.exp(probs) - bits, axis=-1)


def _excess(y_true, A):
    """A t − t for each row t: 0 where the matrix is the identity."""
    return np.zeros_like(y_true) if A is None else y_true @ A.T - y_true


LOSS = Loss(
    name="matrix_cross_entropy",
    title="Matrix-based cross-entropy",
    family="classification",
    per="sample",
    formula=r"\ell = -\sum_c t_c \log_2 p_c + \sum_c \left( (A t)_c - t_c \right) e^{p_c}",
    forms=tuple(
        Form(Array("target_probs", DISTRIBUTIONS, shape), Array("probs", DISTRIBUTIONS, shape))
        for shape in (("N", "C"), ("C",))
    ),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param(
            "A", None, domain=REALS, shape=("C", "C"),
            meaning="row c, column k: the price of e^p on class c where the true class is k (None: the identity)",
        ),
    ),
    known=(
        Case([[1.0, 0.0]], [[0.8, 0.2]], [0.3219281], [[-1.8033688, 0.0]],
             "A = I: −log₂ 0.8 = 0.2231436/0.6931472; slope −1/(0.8·0.6931472)"),
        Case([[1.0, 0.0]], [[0.5, 0.5]], [1.8243606], [[-2.8853901, 0.8243606]],
             "A t = (1, ½), less t = (0, ½): 1 bit + ½·e^0.5 = 1 + 0.8243606; slopes −1/(0.5·log 2), ½·e^0.5",
             {"A": [[1.0, 0.5], [0.5, 1.0]]}),
        Case([[0.0, 1.0]], [[0.5, 0.5]], [2.6487213], [[3.2974425, -4.5341114]],
             "column 1 is (2, 0), less t = (2, −1): 1 + 2·e^0.5 − e^0.5 = 1 + 1.6487213; 2·e^0.5; −e^0.5 − 2.8853901",
             {"A": [[1.0, 2.0], [0.0, 0.0]]}),
        Case([[0.5, 0.5]], [[0.25, 0.75]], [1.2075187], [[-2.8853901, -0.9617967]],
             "½·2 + ½·0.4150375 bits; −½/(0.25·log 2), −½/(0.75·log 2)"),
    ),
    edges=(
        Case([[1.0, 0.0]], [[0.0, 1.0]], [np.inf], [[-np.inf, 0.0]], note="p = 0: infinitely many bits"),
        Case([[1.0, 0.0]], [[1.0, 0.0]], [0.0], [[-1.4426950, 0.0]], note="p = 1; slope −1/log 2"),
        Case([1.0, 0.0], [0.5, 0.5], 1.0, [-2.8853901, 0.0], note="unbatched: 1 bit"),
    ),
    curve=Curve(
        x="probability of class 0 (the rest is shared)", low=0.005, high=0.995,
        targets={"true class 0": [[1.0, 0.0, 0.0]], "true class 1": [[0.0, 1.0, 0.0]]},
        start=[[0.0, 0.5, 0.5]], direction=[[1.0, -0.5, -0.5]],
    ),
    source="researchers at Duke University, as the course's source document 003 quotes their code; it leaves "
    "exponential() undefined, eᵖ is our reading",
    notes="A = I leaves cross-entropy in bits. A grows where the model was wrong before, so that the same mistake "
    "costs more. Neither framework has this loss: both functions are ours.",
)  # fmt: skip
