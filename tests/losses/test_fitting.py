"""Inputs that must fit each other: lengths, blanks, axes, weights; and what the parity tables make of them."""

import numpy as np
import pytest

from lossbook import losses, parity
from lossbook.domains import INDICES, LOGITS, Array
from lossbook.spec import classwise

LOGITS_3 = np.zeros((4, 1, 3))  # four steps, one sequence, three classes


def ctc(targets=((1, 2),), target_lengths=(2,), input_lengths=(4,), **params):
    return losses.get("ctc").value((targets, target_lengths), (LOGITS_3, input_lengths), **params)


def test_lengths_may_reach_their_axis_and_no_more():
    assert ctc().shape == (1,)
    with pytest.raises(ValueError, match="ctc: input_lengths must be integers from 1 to 4; got 5"):
        ctc(input_lengths=(5,))
    with pytest.raises(ValueError, match="ctc: target_lengths must be integers from 0 to 2; got 3"):
        ctc(target_lengths=(3,))
    with pytest.raises(ValueError, match="ctc: input_lengths must be integers from 1 to 4; got 0"):
        ctc(input_lengths=(0,))


def test_the_blank_is_a_class_and_no_label():
    with pytest.raises(ValueError, match="ctc: blank must be one of 3 classes; got 3"):
        ctc(blank=3)
    with pytest.raises(ValueError, match="ctc: targets must be labels other than the blank; got 2"):
        ctc(blank=2)
    assert ctc(blank=2, target_lengths=(1,)).shape == (1,)  # padding may be anything


def test_padding_and_steps_after_the_end_change_nothing():
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(5, 1, 3))
    longer = logits.copy()
    longer[3:] += 7
    loss = losses.get("ctc")
    first = loss.value(([[1, 2, 2]], [2]), (logits, [3]))
    np.testing.assert_array_equal(first, loss.value(([[1, 2, 1]], [2]), (longer, [3])))
    np.testing.assert_array_equal(loss.gradient(([[1, 2, 1]], [2]), (longer, [3]))[0][3:], 0)


@pytest.mark.parametrize("name", ["dice", "tversky"])
def test_axes_are_axes_of_the_mask(name):
    loss, mask = losses.get(name), np.ones((2, 3))
    assert loss.value(mask, mask, axis=(0, 1)).shape == ()
    assert loss.value(mask, mask, axis=-1).shape == (2,)
    for axis in (2, (0, 2), "rows", 0.0):
        with pytest.raises(ValueError, match=f"{name}: axis must be None or axes of a mask of shape"):
            loss.value(mask, mask, axis=axis)


def test_weights_of_elements_have_the_shape_of_the_elements():
    bce = losses.get("binary_cross_entropy_with_logits")
    ones = np.ones((2, 3))
    assert bce.value(ones, ones, weight=ones, pos_weight=[1.0, 2.0, 3.0]).shape == (2, 3)
    with pytest.raises(ValueError, match=r"weight must have shape \(\*, C\), here \(2, 3\); got \(2,\)"):
        bce.value(ones, ones, weight=[1.0, 2.0])
    with pytest.raises(ValueError, match=r"pos_weight has shape \(C,\); got inputs without the axis C"):
        bce.value(1.0, 0.0, pos_weight=[2.0])


def test_weights_follow_the_type_of_the_logits():
    import keras
    import torch

    loss = losses.get("cross_entropy")
    ours = loss.torch(torch.tensor([1]), torch.zeros(1, 2), weight=[1.0, 3.0])
    theirs = loss.keras(keras.ops.array([1]), keras.ops.zeros((1, 2)), weight=[1.0, 3.0])
    assert float(ours[0]) == pytest.approx(3 * np.log(2))
    assert float(theirs[0]) == pytest.approx(3 * np.log(2))


def test_forms_over_classes():
    forms = classwise(Array("logits", LOGITS, ("N", "C")), Array("labels", INDICES, ("N",)))
    assert [(f.y_true.shape, f.y_pred.shape) for f in forms] == [
        ((), ("C",)),
        (("N",), ("N", "C")),
        (("N", "*"), ("N", "C", "*")),
    ]


def test_a_tolerance_may_belong_to_one_framework():
    loss = losses.get("ctc")
    assert parity.tolerance(loss, "float64", "keras") > 1e-6  # float32 inside, whatever comes in
    assert parity.tolerance(loss, "float64", "torch") == parity.TOLERANCE["float64"]
    targets, logits = ([[1, 2]], [2]), (np.random.default_rng(0).normal(size=(4, 1, 3)), [4])
    assert parity.table("ctc", targets, logits).agree


def test_a_mask_of_samples_covers_their_classes_only():
    loss = losses.get("generalized_cross_entropy")
    rows = [[0.0, 1.0], [0.25, 0.75]]
    inputs = parity.Inputs([0, 0], rows, {})
    found = {(c.framework, c.what): c.left_out for c in parity.compare(loss, inputs)}
    np.testing.assert_array_equal(found["keras", "gradient by probs"], [[True, True], [False, False]])
    assert not found["torch", "gradient by probs"].any()


def test_extremes_keep_what_must_fit():
    loss = losses.get("ctc")
    for seed in range(20):
        inputs = parity.draw(loss, np.random.default_rng(seed), extreme=True)
        assert np.isin(inputs.y_pred[0], (-50.0, -1.0, 0.0, 1.0, 50.0)).all()
        loss.validate(inputs.y_true, inputs.y_pred, inputs.params)
