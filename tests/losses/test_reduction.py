"""Reductions: by hand, against both frameworks, and where the frameworks part."""

import numpy as np
import pytest

from lossbook import losses, parity
from lossbook.losses.reduction import reduce, reduced

VALUES = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]])  # sum 24, 6 elements, 2 rows


def test_by_hand():
    np.testing.assert_array_equal(reduce(VALUES, "none"), VALUES)
    assert reduce(VALUES, "sum") == 24
    assert reduce(VALUES, "mean") == 24 / 6
    assert reduce(VALUES, "batchmean") == 24 / 2
    assert reduce(VALUES, "batchmean", batch=3) == 24 / 3


def test_weighted_mean_divides_by_the_sum_of_weights():
    # Two losses, already weighted: 2·0.5 and 1·0.3; (1.0 + 0.3) / (2 + 1).
    assert reduce([1.0, 0.3], "mean", weights=[2.0, 1.0]) == pytest.approx(1.3 / 3)


def test_a_mean_over_nothing_is_nan():
    assert np.isnan(reduce([0.0, 0.0], "mean", weights=[0.0, 0.0]))
    assert np.isnan(reduce([], "mean"))
    assert reduce([], "sum") == 0


def test_bad_reductions_are_refused():
    with pytest.raises(ValueError, match="must be one of none, mean, sum, batchmean; got 'avg'"):
        reduce(VALUES, "avg")
    with pytest.raises(ValueError, match="batchmean needs a batch axis"):
        reduce(1.0, "batchmean")


def test_ignored_targets_leave_the_count():
    loss = losses.get("cross_entropy")
    logits = np.zeros((3, 2))  # every loss log 2
    assert reduced(loss, [0, -100, 1], logits) == pytest.approx(np.log(2))
    assert reduced(loss, [0, -100, 1], logits, "sum") == pytest.approx(2 * np.log(2))
    assert np.isnan(reduced(loss, [-100, -100, -100], logits))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_class_weights_as_in_torch(reduction):
    import torch

    rng = np.random.default_rng(0)
    logits, labels, weight = rng.normal(size=(6, 3)), np.array([0, 1, 2, 2, -100, 1]), np.array([1.0, 2.0, 5.0])
    want = torch.nn.CrossEntropyLoss(weight=torch.tensor(weight), reduction=reduction)
    got = reduced(losses.get("cross_entropy"), labels, logits, reduction, weight=weight)
    assert got == pytest.approx(float(want(torch.tensor(logits), torch.tensor(labels))))


def native_in_torch():
    for name in losses.names():
        loss = losses.get(name)
        if loss.api.get("torch", "").startswith("nn.") and name not in ("ctc", "triplet_margin", "gaussian_nll"):
            yield name


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("name", list(native_in_torch()))
@pytest.mark.filterwarnings("ignore:reduction. .mean. divides")
def test_torch_modules_reduce_as_ours(name, reduction):
    """The class a learner writes, nn.X(reduction=…), on random inputs; weights and ignored targets included."""
    import torch

    loss = losses.get(name)
    inputs = parity.draw(loss, np.random.default_rng(7))
    y_true, y_pred, params = loss.validate(inputs.y_true, inputs.y_pred, inputs.params)
    module = getattr(torch.nn, loss.api["torch"].split(",")[0].split("(")[0].removeprefix("nn."))
    accepted = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in params.items()}
    predictions = y_pred if isinstance(y_pred, tuple) else (y_pred,)
    got = module(reduction=reduction, **accepted)(*map(torch.tensor, predictions), torch.tensor(y_true))
    np.testing.assert_allclose(got.numpy(), reduced(loss, y_true, y_pred, reduction, **params), rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "keras_class"),
    [("mae", "MeanAbsoluteError"), ("mse", "MeanSquaredError"), ("huber", "Huber"), ("log_cosh", "LogCosh")],
)
def test_keras_averages_the_last_axis_first(name, keras_class):
    import keras

    rng = np.random.default_rng(3)
    y_true, y_pred = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    ours = losses.get(name).value(y_true, y_pred)
    limit = parity.tolerance(losses.get(name), "float64", "keras")  # log_cosh: Keras's log 2 is a float32
    for reduction, want in (
        ("none", ours.mean(axis=-1)),
        ("sum", ours.mean(axis=-1).sum()),
        ("sum_over_batch_size", ours.mean()),
    ):
        got = getattr(keras.losses, keras_class)(reduction=reduction, dtype="float64")(y_true, y_pred)
        np.testing.assert_allclose(np.asarray(got), want, rtol=limit, atol=limit)
