"""One way to ask PyTorch or Keras for a value and a gradient as NumPy, and one place for seeds."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np

from lossbook.domains import flat
from lossbook.spec import Form, Loss

NAMES = ("torch", "keras")


def ready(framework: str) -> Any:
    """Import PyTorch or Keras and return it; one line says so where Keras runs on another backend than TensorFlow."""
    if framework == "torch":
        import torch

        return torch
    if framework == "keras":
        if "keras" not in sys.modules:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import keras

        if keras.backend.backend() != "tensorflow":
            print(
                f"Keras runs on {keras.backend.backend()}; the course uses TensorFlow. "
                "Set KERAS_BACKEND=tensorflow and restart the kernel.",
                file=sys.stderr,
            )
        return keras
    raise ValueError(f"frameworks: expected 'torch' or 'keras'; got {framework!r}.")


def seed(number: int = 0) -> np.random.Generator:
    """Seed PyTorch, Keras, TensorFlow, Python's and NumPy's global generators; return a fresh NumPy generator."""
    ready("torch").manual_seed(number)
    ready("keras").utils.set_random_seed(number)
    return np.random.default_rng(number)


def value_and_gradient(
    framework: str, loss: Loss, y_true: Any, y_pred: Any, *, dtype: str = "float64", **params: Any
) -> tuple[np.ndarray, Any]:
    """The unreduced loss and the gradient of its sum by the prediction, as NumPy.

    The gradient is a tuple where the prediction is one, with None for inputs that have no gradient (lengths).
    """
    form = loss.form_of(y_true, y_pred, **params)
    y_true, y_pred, params = loss.validate(y_true, y_pred, params)
    y_true = _as(form.y_true, y_true, dtype)
    y_pred = _as(form.y_pred, y_pred, dtype)
    params = {k: v.astype(dtype) if isinstance(v, np.ndarray) else v for k, v in params.items()}
    ask = {"torch": _torch, "keras": _keras}
    if framework not in ask:
        raise ValueError(f"frameworks: expected 'torch' or 'keras'; got {framework!r}.")
    return ask[framework](loss, form, y_true, y_pred, params)


def rounded(form: Form, y_true: Any, y_pred: Any, dtype: str) -> tuple[Any, Any]:
    """The inputs as they look to a framework that computes in ``dtype``, for a fair comparison."""
    return _as(form.y_true, y_true, dtype), _as(form.y_pred, y_pred, dtype)


def _as(arrays: Any, given: Any, dtype: str) -> Any:
    if arrays is None:
        return None
    if isinstance(arrays, tuple):
        return tuple(_as(a, g, dtype) for a, g in zip(arrays, given, strict=True))
    x = arrays.convert(given)
    return x.astype(dtype) if x.dtype.kind == "f" else x


def _torch(loss: Loss, form: Form, y_true: Any, y_pred: Any, params: dict) -> tuple[np.ndarray, Any]:
    torch = ready("torch")
    tensors = tuple(
        torch.tensor(x, requires_grad=a.differentiable)
        for a, x in zip(flat(form.y_pred), flat(y_pred), strict=True)
    )  # fmt: skip
    target = tuple(torch.tensor(x) for x in flat(y_true))
    value = loss.torch(_shaped(form.y_true, target), _shaped(form.y_pred, tensors), **params)
    wanted = [t for t in tensors if t.requires_grad]
    found = iter(torch.autograd.grad(value.sum(), wanted, allow_unused=True)) if value.requires_grad else iter(())
    gradients = tuple(_array(next(found, None), t) if t.requires_grad else None for t in tensors)
    return value.detach().numpy(), _shaped(form.y_pred, gradients)


def _keras(loss: Loss, form: Form, y_true: Any, y_pred: Any, params: dict) -> tuple[np.ndarray, Any]:
    ready("keras")
    import tensorflow as tf

    tensors = tuple(tf.convert_to_tensor(x) for x in flat(y_pred))
    target = tuple(tf.convert_to_tensor(x) for x in flat(y_true))
    wanted = [t for t, a in zip(tensors, flat(form.y_pred), strict=True) if a.differentiable]
    with tf.GradientTape() as tape:
        for t in wanted:
            tape.watch(t)
        value = loss.keras(_shaped(form.y_true, target), _shaped(form.y_pred, tensors), **params)
        total = tf.reduce_sum(value)
    found = iter(tape.gradient(total, wanted))
    gradients = tuple(
        _array(next(found), t) if a.differentiable else None
        for t, a in zip(tensors, flat(form.y_pred), strict=True)
    )  # fmt: skip
    return value.numpy(), _shaped(form.y_pred, gradients)


def _shaped(arrays: Any, tensors: tuple) -> Any:
    """The tensors in the form's own structure: None, one, or a tuple."""
    if arrays is None:
        return None
    return tensors if isinstance(arrays, tuple) else tensors[0]


def _array(gradient: Any, tensor: Any) -> np.ndarray:
    """A gradient as NumPy; no connection to the loss is a gradient of 0."""
    if gradient is None:
        return np.zeros(tuple(tensor.shape))
    import tensorflow as tf

    return tf.convert_to_tensor(gradient).numpy() if isinstance(gradient, tf.IndexedSlices) else gradient.numpy()
