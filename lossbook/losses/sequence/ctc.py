"""CTC: minus the log of the probability of a label sequence, summed over all its alignments with the time steps."""

import numpy as np

from lossbook.domains import Array, Domain
from lossbook.spec import Case, Curve, Difference, Form, Functions, Loss, Param

LABELS = Domain("class indices", low=0, integer=True, below="C", advice="Fill unused places with any class.")
TARGET_LENGTHS = Domain("lengths up to S", low=0, integer=True, up_to="S", advice="Count the labels of each target.")
INPUT_LENGTHS = Domain("lengths up to T", low=1, integer=True, up_to="T", advice="Count the steps of each sequence.")
# At these edges six steps cost at most 600: below 700, where Keras stops counting (see the differences).
STEP_LOGITS = Domain("real numbers (logits)", edges=(-50.0, -1.0, 0.0, 1.0, 50.0))
CLASS = Domain("a class index", low=0, integer=True)


def value(y_true, y_pred, *, blank, zero_infinity):
    found = [_total(_forward(log_probs, states, blank)) for log_probs, states in _samples(y_true, y_pred, blank)]
    losses = np.negative(found)
    losses = np.where(np.isinf(losses) & zero_infinity, 0.0, losses)
    return losses if y_pred[0].ndim == 3 else losses[0]


def gradient(y_true, y_pred, *, blank, zero_infinity):
    logits = y_pred[0] if y_pred[0].ndim == 3 else y_pred[0][:, None]
    slopes = np.zeros_like(logits)  # and so they stay after the end of a sequence
    for n, (log_probs, states) in enumerate(_samples(y_true, y_pred, blank)):
        alpha = _forward(log_probs, states, blank)
        # Read backwards, a sequence has the same alignments: beta is the alpha of the reversed one.
        beta = _forward(log_probs[::-1], states[::-1], blank)[::-1, ::-1]
        total = _total(alpha)
        if np.isinf(total):
            slopes[: len(log_probs), n] = 0.0 if zero_infinity else np.nan
            continue
        # alpha and beta both count the step's own symbol. How likely each state is, given the target: (T, 2S + 1).
        posterior = np.exp(alpha + beta - log_probs[:, states] - total)
        slopes[: len(log_probs), n] = np.exp(log_probs) - posterior @ np.eye(logits.shape[-1])[states]
    return (slopes if y_pred[0].ndim == 3 else slopes[:, 0]), None


def torch(y_true, y_pred, *, blank, zero_infinity):
    from torch.nn import functional as F

    (targets, target_lengths), (logits, input_lengths) = y_true, y_pred
    if logits.ndim == 2:
        targets = targets[:target_lengths]  # a single target takes no padding
    sizes, options = (input_lengths, target_lengths), {"blank": blank, "zero_infinity": zero_infinity}
    return F.ctc_loss(logits.log_softmax(-1), targets, *sizes, reduction="none", **options)


def keras(y_true, y_pred, *, blank, zero_infinity):
    from keras import ops

    (targets, target_lengths), (logits, input_lengths) = y_true, y_pred
    batched = len(logits.shape) == 3
    if not batched:
        targets, target_lengths, input_lengths = targets[None], target_lengths[None], input_lengths[None]
        logits = logits[:, None]
    logits = ops.transpose(logits, (1, 0, 2))  # (N, T, C)
    loss = ops.ctc_loss(targets, logits, target_lengths, input_lengths, mask_index=blank)
    if zero_infinity:  # Keras has none. A repeated label needs a blank, and so one more step.
        inside = ops.arange(1, targets.shape[1], dtype=target_lengths.dtype) < target_lengths[:, None]
        repeats = ops.logical_and(targets[:, 1:] == targets[:, :-1], inside)
        needed = target_lengths + ops.sum(ops.cast(repeats, target_lengths.dtype), axis=1)
        loss = ops.where(needed <= input_lengths, loss, ops.zeros_like(loss))
    return loss if batched else loss[0]


def _samples(y_true, y_pred, blank):
    """For each sequence its log-probabilities (T, C) and the states blank, label, blank, … (2S + 1,)."""
    (targets, target_lengths), (logits, input_lengths) = y_true, y_pred
    if logits.ndim == 2:
        targets, target_lengths, input_lengths = targets[None], target_lengths[None], input_lengths[None]
        logits = logits[:, None]
    for n, (labels, steps) in enumerate(zip(target_lengths, input_lengths, strict=True)):
        states = np.full(2 * labels + 1, blank)
        states[1::2] = targets[n, :labels]
        rows = logits[:steps, n]
        shifted = rows - rows.max(axis=-1, keepdims=True)  # keeps exp() from overflowing
        yield shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), states


def _forward(log_probs, states, blank):
    """The log-probability of all ways to be in each state after each step, (T, 2S + 1)."""
    skips = np.zeros(len(states), dtype=bool)  # past a blank, but not between equal labels
    skips[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    alpha = np.full((len(log_probs), len(states)), -np.inf)
    alpha[0, :2] = log_probs[0, states[:2]]
    for t in range(1, len(log_probs)):
        before = np.concatenate([[-np.inf, -np.inf], alpha[t - 1]])
        ways = before[2:], before[1:-1], np.where(skips, before[:-2], -np.inf)  # stay, step, skip
        alpha[t] = np.logaddexp.reduce(ways) + log_probs[t, states]
    return alpha


def _total(alpha):
    """The log-probability of the target: its last label or the blank after it, at the last step."""
    return np.logaddexp.reduce(alpha[-1, -2:])


def labels_fit(y_true, y_pred, *, blank, **_):
    """Raise ValueError where the blank is no class, or stands among a target's labels."""
    (targets, target_lengths), (logits, _) = y_true, y_pred
    if blank >= logits.shape[-1]:
        raise ValueError(f"blank must be one of {logits.shape[-1]} classes; got {blank}. Often it is 0, or the last.")
    inside = np.arange(targets.shape[-1]) < target_lengths[..., None]
    if (inside & (targets == blank)).any():
        raise ValueError(f"targets must be labels other than the blank; got {blank}. Shorten target_lengths, or shift.")


def sample_sequences(rng):
    """Sequences of several lengths, each long enough for its target; the blank is the first class or the last."""
    T, N, C, S = (int(rng.integers(low, high)) for low, high in ((2, 7), (1, 4), (2, 6), (1, 5)))
    blank = int(rng.choice([0, C - 1]))
    targets = rng.choice(np.delete(np.arange(C), blank), (N, S))
    input_lengths = rng.integers(1, T + 1, N)
    repeats = np.cumsum(targets[:, 1:] == targets[:, :-1], axis=1)
    needed = np.arange(1, S + 1) + np.hstack([np.zeros((N, 1), int), repeats])  # steps for the first k labels
    target_lengths = rng.integers(0, (needed <= input_lengths[:, None]).sum(axis=1) + 1)
    logits = rng.normal(0, 2, (T, N, C))
    if N == 1:
        return (targets[0], target_lengths[0]), (logits[:, 0], input_lengths[0]), {"blank": blank}
    return (targets, target_lengths), (logits, input_lengths), {"blank": blank}


def _beyond_keras(y_true, y_pred, **params):
    return value(y_true, y_pred, **params) > 700


def _run(logits, target, *, slopes=False, **options):
    """One target on logits (T, C), in both frameworks: the losses, or the slopes."""
    import tensorflow as tf
    import torch
    from keras import ops
    from torch.nn import functional as F

    logits, steps, labels = np.array(logits, dtype=np.float64), [len(logits)], [len(target)]
    x, y = torch.tensor(logits[:, None], requires_grad=True), tf.constant(logits[None])
    steps_, labels_ = torch.tensor(steps), torch.tensor(labels)
    ours = F.ctc_loss(x.log_softmax(-1), torch.tensor([target]), steps_, labels_, reduction="sum", **options)
    with tf.GradientTape() as tape:
        tape.watch(y)
        theirs = ops.ctc_loss(tf.constant([target]), y, tf.constant(labels), tf.constant(steps))
    if not slopes:
        return ours.item(), float(theirs[0])
    ours.backward()
    return x.grad[:, 0].numpy(), tape.gradient(theirs, y)[0].numpy()


def _raw_logits():
    import torch

    logits = [[1.0, 2.0], [1.0, 2.0]]
    raw = torch.tensor(logits)[:, None]
    ours = torch.nn.functional.ctc_loss(raw, torch.tensor([[1]]), torch.tensor([2]), torch.tensor([1]))
    return ours.item(), _run(logits, [1])[1]


def _mean():
    import keras
    import torch

    lengths = torch.tensor([4, 4]), torch.tensor([1, 2])
    targets, logits = np.array([[1, 0], [1, 2]]), np.zeros((4, 2, 3), np.float32)
    ours = torch.nn.functional.ctc_loss(torch.tensor(logits).log_softmax(-1), torch.tensor(targets), *lengths)
    return ours.item(), float(keras.losses.CTC()(targets, logits.transpose(1, 0, 2)))


def _padded_steps():
    """Two steps of four count; keras.losses.ctc has no way to say so."""
    import keras

    logits = np.zeros((4, 2))
    return _run(logits[:2], [1])[0], float(keras.losses.ctc(np.array([[1]]), keras.ops.array(logits[None]))[0])


def _label_zero():
    """The blank is the last class, so 0 is a label."""
    import keras
    import torch

    logits, target = np.zeros((2, 1, 3)), torch.tensor([[0]])
    ours = torch.nn.functional.ctc_loss(
        torch.tensor(logits).log_softmax(-1), target, torch.tensor([2]), torch.tensor([1]), blank=2
    )
    return ours.item(), float(keras.losses.ctc(target.numpy(), keras.ops.array(logits.transpose(1, 0, 2)))[0])


DIFFERENCES = (
    Difference(
        "A target that cannot be aligned", "infinite", "finite, about 707: it looks like a bad sample",
        lambda: _run(np.zeros((2, 3)), [1, 1]), "Compare lengths: a target needs its labels and its repeats in steps.",
    ),
    Difference(
        "The slope where no alignment exists", "NaN in all steps, which spoils the whole batch's weights",
        "finite: the impossible target moves the weights", lambda: _run(np.zeros((2, 3)), [1, 1], slopes=True),
        "zero_infinity=True in PyTorch; leave such samples out in Keras.",
    ),
    Difference(
        "zero_infinity", "zero_infinity=True makes loss and slope 0 where no alignment exists", "none",
        lambda: _run(np.zeros((2, 3)), [1, 1], zero_infinity=True), "As our Keras function does it: where(…, loss, 0).",
    ),
    Difference(
        "A target less likely than e^−707", "its loss: 1000", "takes it for impossible: about 707",
        lambda: _run([[0.0, -1000.0]], [1]), "Keep the logits of a sequence within some hundreds.",
    ),
    Difference(
        "What the predictions are", "log-probabilities (T, N, C); raw logits are not noticed and give any number",
        "logits (N, T, C)", _raw_logits, "logits.log_softmax(-1) in PyTorch.",
    ),
    Difference(
        "The mean", "divides each loss by its target's length, then averages", "averages the losses",
        _mean, 'reduction="sum" or "none" in PyTorch.',
    ),
    Difference(
        "Sequences of several lengths", "input_lengths and target_lengths",
        "keras.losses.CTC takes no lengths: all steps count, and a target ends where its zeros begin",
        _padded_steps, "keras.ops.ctc_loss takes both.",
    ),
    Difference(
        "A label of 0", "a label like any other where blank is another class",
        "blank and padding in keras.losses.CTC: the target is empty", _label_zero,
        "Keep class 0 for the blank, or keras.ops.ctc_loss(mask_index=…).",
    ),
    Difference(
        "float64", "computes in float64", "computes in float32, whatever the logits are",
        lambda: _run(np.arange(12.0).reshape(4, 3) / 7, [1, 2]), "No gradcheck in Keras: compare to six digits.",
    ),
)  # fmt: skip


def _forms():
    for batch in (("N",), ()):
        yield Form(
            (Array("targets", LABELS, (*batch, "S")), Array("target_lengths", TARGET_LENGTHS, batch)),
            (
                Array("logits", STEP_LOGITS, ("T", *batch, "C")),
                Array("input_lengths", INPUT_LENGTHS, batch, differentiable=False),
            ),
        )


LOSS = Loss(
    name="ctc",
    title="Connectionist temporal classification (CTC)",
    family="sequence",
    per="sample",
    formula=r"\ell = -\log \sum_{\pi \,\in\, \mathcal{B}^{-1}(y)} \; \prod_{t=1}^{T} p_t(\pi_t)",
    forms=tuple(_forms()),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("blank", 0, domain=CLASS, meaning="the class that stands for no label"),
        Param("zero_infinity", False, choices=(False, True), meaning="0 where no alignment exists, loss and slope"),
    ),
    known=(
        Case(
            ([1], 1), ([[0.0, 0.0], [0.0, 0.0]], 2), 0.287682, ([[0.166667, -0.166667], [0.166667, -0.166667]], None),
            "of four equal paths aa, a-, -a give a: −log 3/4; two of the three have a at step 1: ½ − 2/3",
        ),
        Case(
            ([[1]], [1]), ([[[np.log(0.2), np.log(0.5), np.log(0.3)]]], [1]), [0.693147],
            ([[[0.2, -0.5, 0.3]]], None), "one step, one path: −log 0.5; softmax − (0, 1, 0)",
        ),
        Case(
            ([1, 1], 2), ([[0.0, 0.0]] * 3, 3), 2.079442, ([[0.5, -0.5], [-0.5, 0.5], [0.5, -0.5]], None),
            "a label twice needs a blank between: only a-a, −log ⅛; softmax ½ less that one path",
        ),
        Case(
            ([[1, 0], [1, 1]], [0, 1]), (np.zeros((3, 2, 2)), [2, 1]), [1.386294, 0.693147],
            ([[[-0.5, 0.5], [0.5, -0.5]], [[-0.5, 0.5], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]], None),
            "an empty target on two steps: −log ¼; one label on one: −log ½; no slope after the end",
        ),
        Case(
            ([0, 1], 2), ([[0.0, 0.0, 0.0]] * 2, 2), 2.197225,
            ([[-0.666667, 0.333333, 0.333333], [0.333333, -0.666667, 0.333333]], None),
            "the blank is class 2: one path, 0 then 1, of nine: log 9", {"blank": 2},
        ),
    ),
    edges=(
        Case(
            ([[1, 1], [1, 2]], [2, 2]), (np.zeros((3, 2, 3)), [2, 3]), [np.inf, np.log(27 / 5)],
            note="no alignment: a repeat in two steps; beside it five of 27 paths", differs=("keras",),
        ),
        Case(
            ([[1, 1], [1, 2]], [2, 2]), (np.zeros((3, 2, 3)), [2, 3]), [0.0, np.log(27 / 5)],
            params={"zero_infinity": True}, note="the same, set to 0",
        ),
        Case(([1], 1), ([[1e4, -1e4], [-1e4, 1e4]], 2), 0.0, ([[0.0, 0.0], [0.0, 0.0]], None), note="certain"),
        Case(([1], 1), ([[1e4, -1e4]], 1), 2e4, ([[1.0, -1.0]], None), note="wrong by 2e4", differs=("keras",)),
        Case(([1, 2], 2), ([[0.0, 0.0, 0.0]] * 2, 2), np.log(9), note="as many labels as steps"),
    ),
    curve=Curve(
        x="logit of label 1 at every step (the others: 0)", low=-6.0, high=6.0,
        targets={"label 1": ([[1]], [1]), "labels 1 2": ([[1, 2]], [2]), "labels 1 1": ([[1, 1]], [2])},
        start=(np.zeros((4, 1, 3)), np.array([4])), direction=(np.tile([0.0, 1.0, 0.0], (4, 1, 1)), None),
    ),
    differences=DIFFERENCES,
    apart={"keras": _beyond_keras},
    api={"torch": "nn.CTCLoss, F.ctc_loss", "keras": "losses.CTC, losses.ctc, ops.ctc_loss"},
    sample=sample_sequences,
    together=labels_fit,
    tolerance={"keras float64": (2e-5, "Keras computes CTC in float32, whatever the dtype")},
    source="A. Graves, S. Fernández, F. Gomez, J. Schmidhuber, Connectionist Temporal Classification, ICML 2006",
    notes="The slope is by the logits (PyTorch's by its log_probs is softmax less posterior, right only after a "
    "log_softmax). Targets are padded to (N, S); PyTorch also takes them one after another, (sum of lengths,).",
)  # fmt: skip
