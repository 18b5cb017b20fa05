"""Similarity losses: the conventions that their entries freeze, seen in the frameworks' own calls."""

import numpy as np
import pytest

from lossbook import losses
from lossbook.losses.reduction import reduced
from lossbook.parity import Inputs, compare, tolerance

TRIO = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]


def unit(rng, *shape):
    x = rng.normal(size=shape)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def test_cosine_similarity_is_minus_the_cosine_and_0_for_a_zero_vector():
    import keras

    target, prediction = np.array([[3.0, 4.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    want = [-0.6, 0.0]
    np.testing.assert_allclose(losses.get("cosine_similarity").value(target, prediction), want)
    np.testing.assert_allclose(keras.losses.cosine_similarity(target, prediction), want)


def test_cosine_embedding_refuses_the_label_that_torch_lets_pass():
    import torch

    x1, x2 = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 0.0]])
    assert torch.nn.functional.cosine_embedding_loss(x1, x2, torch.zeros(1)) == 0  # neither branch
    with pytest.raises(ValueError, match=r"y_true must be -1 or 1; got 0.*Use 2\*y - 1"):
        losses.get("cosine_embedding").value([0.0], ([[1.0, 0.0]], [[1.0, 0.0]]))


def test_hinge_embedding_does_not_cut_off_similar_pairs_at_0():
    import torch

    assert losses.get("hinge_embedding").value([1.0], [-0.5]) == -0.5
    assert torch.nn.HingeEmbeddingLoss()(torch.tensor([-0.5]), torch.ones(1)) == -0.5


@pytest.mark.parametrize("margin", [0.0, -1.0])
def test_triplet_margin_refuses_a_margin_that_torch_refuses(margin):
    import torch

    triplet = ([[0.0, 0.0]], [[1.0, 0.0]], [[2.0, 0.0]])
    with pytest.raises(ValueError, match="margin to be greater than 0"):
        torch.nn.TripletMarginLoss(margin=margin)(*map(torch.tensor, triplet))
    with pytest.raises(ValueError, match="triplet_margin: margin must be numbers above 0; got"):
        losses.get("triplet_margin").value(None, triplet, margin=margin)


def test_triplet_margin_takes_no_target():
    with pytest.raises(ValueError, match="triplet_margin: expected anchor"):
        losses.get("triplet_margin").value([1.0], ([[0.0, 0.0]], [[1.0, 0.0]], [[2.0, 0.0]]))


def test_triplet_margin_adds_eps_to_each_difference():
    loss = losses.get("triplet_margin")
    point, apart = [[0.0, 0.0]], [[2.0, 0.0]]
    params = {"eps": 0.1, "p": 1.0, "margin": 2.0}
    # To the positive 0.1 + 0.1, to the negative |−2 + 0.1| + 0.1 = 2: 2 + 0.2 − 2. The other way round it is 2.2.
    np.testing.assert_allclose(loss.value(None, (point, point, apart), **params), [0.2])
    np.testing.assert_allclose(loss.value(None, (apart, apart, point), **params), [0.0], atol=1e-12)


def test_circle_asks_for_unit_vectors_and_does_not_make_them():
    import keras

    with pytest.raises(ValueError, match=r"circle: y_pred must be rows of length 1; got a row of length 2. Divide"):
        losses.get("circle").value([0, 0, 1], [[1.0, 0.0], [0.0, 2.0], [0.0, 1.0]])
    labels, short = np.array([0, 0, 1]), 0.5 * np.array(TRIO)
    assert not np.allclose(keras.losses.circle(labels, short), keras.losses.circle(labels, np.array(TRIO)))


def test_circle_works_on_the_whole_batch():
    loss = losses.get("circle")
    assert loss.value([0, 0, 1], TRIO)[0] != loss.value([0, 0, 1, 1], [*TRIO, [0.8, 0.6]])[0]
    np.testing.assert_array_equal(loss.value([0], [TRIO[0]]), [0.0])


def test_circles_slope_goes_through_its_weights():
    """Holding the weights fixed would give γ·(m + d)·σ where the derivative is γ·2d·σ."""
    import keras
    import tensorflow as tf

    labels, x = np.array([0, 0, 1]), tf.constant(TRIO, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(keras.losses.circle(labels, x, gamma=10.0))
    # d₀₁ = 0.4, m = 0.4: 2d and m + d are both 0.8 there; d₁₂ = 0.2: 2(d − 1) = −1.6 against −(1 + m − d) = −1.2.
    by_last = tape.gradient(total, x).numpy()[2]
    sigma = 1 / (1 + np.exp(-4.8))
    np.testing.assert_allclose(by_last, 10 * 1.6 * sigma * np.array([0.6, 0.8]), rtol=1e-9)
    np.testing.assert_allclose(losses.get("circle").gradient(labels, TRIO, gamma=10.0)[2], by_last, rtol=1e-9)


def test_circles_class_averages_over_losses_above_0():
    import keras

    rng = np.random.default_rng(5)
    labels, x = np.array([0, 0, 1, 2, 2, 3]), unit(rng, 6, 3)  # 1 and 3 have no partner
    loss = losses.get("circle")
    np.testing.assert_array_equal(loss.weights(labels, x), [1, 1, 0, 1, 1, 0])
    want = float(keras.losses.Circle(dtype="float64")(labels, x))
    assert float(reduced(loss, labels, x)) == pytest.approx(want, rel=1e-12)
    assert want == pytest.approx(loss.value(labels, x).sum() / 4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_circle_with_self_similarity(seed, dtype):
    """The catalogue draws no remove_diagonal=False: central differences fail where a distance is exactly 0."""
    rng = np.random.default_rng(seed)
    loss = losses.get("circle")
    inputs = Inputs(rng.integers(0, 3, 5), unit(rng, 5, 3), {"remove_diagonal": False, "gamma": 30.0})
    for row in compare(loss, inputs, dtype):
        assert row.error <= tolerance(loss, dtype, row.framework), (row.framework, row.what, row.error)
