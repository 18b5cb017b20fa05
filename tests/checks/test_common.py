"""Mistakes that any question can meet get a message of their own; most errors here are raised by the libraries."""

import numpy as np
import pytest

from lossbook.checks import common, show


def error_of(run):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whichever the library raises
        run()
    return f"{type(caught.value).__name__}: {caught.value}"


def test_errors_that_pytorch_raises():
    import torch

    x = torch.ones(2, requires_grad=True)
    assert "reduce it" in common.of_error(error_of(lambda: (x * x).backward()))
    assert "plain numbers" in common.of_error(error_of(lambda: (x * x).sum().item().backward()))
    assert "no gradient" in common.of_error(error_of(lambda: x.detach().sum().backward()))
    assert "`where`" in common.of_error(error_of(lambda: 1 if x > 0 else 2))
    assert "None" in common.of_error(error_of(lambda: None + x))


def test_errors_that_tensorflow_raises():
    import tensorflow as tf

    x = tf.ones(2, "float64")
    assert "float32 meets float64" in common.of_error(error_of(lambda: x * tf.Variable(0.0)))
    assert "float32 meets float64" in common.of_error(error_of(lambda: tf.Variable(0.0) + x))
    assert "keras.ops.matmul" in common.of_error(error_of(lambda: tf.ones((4, 4)) @ tf.ones(4)))
    assert "shapes do not fit" in common.of_error(error_of(lambda: tf.ones(3) + tf.ones(4)))
    assert "TensorFlow's tensors have no `.mean`" in common.of_error(error_of(lambda: x.mean()))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("NameError: name 'ops' is not defined", "The name `ops` is not defined here."),
        ("SyntaxError: invalid syntax (1.py, line 3)", "no valid Python"),
        ("KeyboardInterrupt: ", "did not come to an end"),
        ("ZeroDivisionError: division by zero", "Your code raised an error on the check's inputs."),
    ],
)
def test_other_errors(error, message):
    assert message in common.of_error(error)


@pytest.mark.parametrize(
    ("expected", "got", "message"),
    [
        ((1.5, [1, 2]), ([1, 2], [1, 2]), "one number for each element"),
        ((1.5, [1, 2]), (1.5, [[1], [2]]), "The numbers are right, but not their shape"),
        ((1.5, [1, 2]), (1.5, None), "You return None there"),
        ((1.5, [1, 2]), (1.5, [1, 3]), "The check shows something else."),
        (([1.5, 2],), ([None, None],), "The check shows something else."),
    ],
)
def test_the_form_of_what_is_shown(expected, got, message):
    assert message in common.of_output(repr(show(*expected)), repr(show(*got)))


def test_lists_of_tensors_and_of_nothing():
    import torch

    assert repr(show([torch.tensor(2.0, requires_grad=True), None, np.float32(1)])) == "[2.00000, None, 1.00000]"
