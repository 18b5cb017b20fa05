"""Margin losses: the conventions that their entries freeze, seen in the frameworks' own calls."""

import numpy as np
import pytest

from lossbook import losses


@pytest.mark.parametrize(("name", "power"), [("hinge", 1), ("squared_hinge", 2)])
def test_keras_turns_a_batch_of_zeros_and_ones_into_signs(name, power):
    import keras

    function = getattr(keras.losses, name)
    scores = np.full((3, 1), 2.0)
    # All 0 or 1: the 0 becomes −1 and costs 1 + 2 = 3; beside a single −1 it stays 0 and costs 1.
    np.testing.assert_allclose(function(np.array([[0.0], [1.0], [1.0]]), scores), [3.0**power, 0, 0])
    np.testing.assert_allclose(function(np.array([[0.0], [1.0], [-1.0]]), scores), [1, 0, 3.0**power])


@pytest.mark.parametrize("name", ["hinge", "squared_hinge", "soft_margin"])
def test_labels_of_zero_and_one_are_refused_with_the_way_out(name):
    with pytest.raises(ValueError, match=rf"{name}: y_true must be -1 or 1; got 0 at \(0,\). Use 2\*y - 1"):
        losses.get(name).value([0.0, 1.0], [2.0, 2.0])


def test_at_the_kink_hinge_answers_0_as_torch_relu_does():
    assert losses.get("hinge").gradient([1.0], [1.0]) == [0.0]


def test_categorical_hinge_asks_the_true_score_itself_to_reach_1():
    loss = losses.get("categorical_hinge")
    # The others lie 100 below, and max(0, −100) − 0.25 + 1 = 0.75 is still to be paid.
    np.testing.assert_allclose(loss.value([[1, 0]], [[0.25, -100.0]]), [0.75])
    np.testing.assert_allclose(loss.value([[1, 0]], [[1.0, -100.0]]), [0.0])


def test_categorical_hinge_is_keras_own_with_classes_last():
    import keras

    rng = np.random.default_rng(0)
    scores = rng.normal(size=(4, 5, 3))
    target = np.eye(3)[rng.integers(0, 3, (4, 5))]
    want = keras.losses.CategoricalHinge(reduction="none", dtype="float64")(target, scores)
    got = losses.get("categorical_hinge").value(np.moveaxis(target, -1, 1), np.moveaxis(scores, -1, 1))
    np.testing.assert_allclose(got, np.asarray(want), rtol=1e-12)


def test_categorical_hinge_refuses_two_true_classes():
    with pytest.raises(ValueError, match=r"must be one-hot.*; got a sum of 2. Use np.eye"):
        losses.get("categorical_hinge").value([[1, 1, 0]], [[0.1, 0.2, 0.3]])


def test_multi_margin_divides_by_the_number_of_classes():
    loss = losses.get("multi_margin")
    # A third class, far behind, adds nothing to the sum and yet makes the loss smaller: 0.5/2, 0.5/3.
    np.testing.assert_allclose(loss.value([0], [[1.0, 0.5]]), [0.25])
    np.testing.assert_allclose(loss.value([0], [[1.0, 0.5, -9.0]]), [0.5 / 3])


def test_multi_margin_weights_do_not_change_what_torchs_mean_divides_by():
    import torch

    labels, scores = [0, 1], [[1.0, 0.0, 3.0], [1.0, 0.0, 3.0]]
    mean = torch.nn.MultiMarginLoss(weight=torch.tensor([3.0, 1.0, 1.0]))(torch.tensor(scores), torch.tensor(labels))
    # 3·(0 + 3)/3 = 3 and 1·(2 + 4)/3 = 2: (3 + 2)/2, not (3 + 2)/(3 + 1).
    assert float(mean) == pytest.approx(2.5)
    weights = losses.get("multi_margin").weights(labels, scores, weight=[3.0, 1.0, 1.0])
    np.testing.assert_array_equal(weights, [1.0, 1.0])


def test_multilabel_margin_reads_up_to_the_first_minus_one():
    loss = losses.get("multilabel_margin")
    scores = [[0.1, 0.2, 0.4, 0.8]]
    assert loss.value([[3, -1, 0, 1]], scores) == loss.value([[3, -1, -1, -1]], scores)
    assert loss.value([[3, 0, -1, -1]], scores) != loss.value([[3, -1, 0, -1]], scores)


def test_multilabel_margin_names_the_labels_it_takes():
    with pytest.raises(ValueError, match=r"labels must be integers from -1 to 2; got 3 at \(0, 0\)"):
        losses.get("multilabel_margin").value([[3, -1, -1]], [[0.1, 0.2, 0.3]])


def test_multilabel_soft_margin_is_keras_binary_cross_entropy_from_logits():
    import keras

    rng = np.random.default_rng(1)
    target, logits = rng.integers(0, 2, (4, 3)).astype(float), rng.normal(0, 3, (4, 3))
    want = keras.losses.BinaryCrossentropy(from_logits=True, reduction="none", dtype="float64")(target, logits)
    got = losses.get("multilabel_soft_margin").value(target, logits)
    np.testing.assert_allclose(got, np.asarray(want), rtol=1e-12)


def test_soft_margin_stays_finite_where_torch_does_not():
    import torch

    loss = losses.get("soft_margin")
    np.testing.assert_allclose(loss.value([1.0], [-800.0]), [800.0])
    logit = torch.tensor([-800.0], dtype=torch.float64, requires_grad=True)
    found = torch.nn.functional.soft_margin_loss(logit, torch.ones(1, dtype=torch.float64))
    found.backward()
    assert torch.isinf(found)
    assert torch.isnan(logit.grad).all()
