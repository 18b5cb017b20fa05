"""What a check shows: fixed digits, one value a line."""

import numpy as np

from lossbook.checks import show


def test_fixed_digits_and_no_negative_zero():
    assert repr(show(0.5, [1, -1e-9], None, "x")) == "0.50000\n[1.00000, 0.00000]\nNone\nx"
    assert repr(show(np.nan, [[1.25]], digits=2)) == "nan\n[[1.25]]"


def test_tensors_of_both_frameworks():
    import tensorflow as tf
    import torch

    assert repr(show(torch.tensor(2.0, requires_grad=True), tf.Variable([3.0]))) == "2.00000\n[3.00000]"
