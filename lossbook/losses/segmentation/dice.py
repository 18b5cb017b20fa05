"""Dice loss: one minus the overlap of a predicted and a true mask, relative to their sizes."""

import numpy as np

from lossbook.domains import PROBABILITIES, SOFT_LABELS
from lossbook.spec import Case, Curve, Functions, Loss, Param, elementwise

#: Keras adds this to the denominator (keras.config.epsilon()).
EPSILON = 1e-7


def value(y_true, probs, *, axis):
    overlap = np.sum(y_true * probs, axis=axis)
    return 1 - 2 * overlap / (np.sum(y_true, axis=axis) + np.sum(probs, axis=axis) + EPSILON)


def gradient(y_true, probs, *, axis):
    sizes = np.sum(y_true + probs, axis=axis, keepdims=True) + EPSILON
    overlap = np.sum(y_true * probs, axis=axis, keepdims=True)
    return 2 * (overlap / sizes - y_true) / sizes


def torch(y_true, probs, *, axis):
    overlap = (y_true * probs).sum(dim=axis)
    return 1 - 2 * overlap / (y_true.sum(dim=axis) + probs.sum(dim=axis) + EPSILON)


def keras(y_true, probs, *, axis):
    from keras import losses

    return losses.dice(y_true, probs, axis=axis)


def axis_fits(y_true, probs, *, axis, **_):
    """Raise ValueError where ``axis`` is neither None nor axes of the mask."""
    axes = () if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if any(not isinstance(a, int) or not -probs.ndim <= a < probs.ndim for a in axes):
        raise ValueError(
            f"axis must be None or axes of a mask of shape {probs.shape}; got {axis!r}. "
            "Sum over all axes but the batch, such as (1, 2)."
        )


def sample_masks(rng):
    """Hard, soft and empty masks, summed over everything or image by image."""
    shape, axes = [((4,), (None, 0)), ((3, 4), (None, 1, -1)), ((2, 3, 2), (None, (1, 2), 0))][rng.integers(3)]
    soft = rng.random(shape)
    mask = [soft, soft > 0.5, np.zeros(shape)][rng.integers(3)]
    return mask.astype(float), rng.random(shape), {"axis": axes[rng.integers(len(axes))]}


LOSS = Loss(
    name="dice",
    title="Dice loss",
    family="segmentation",
    per="batch",
    formula=r"\ell = 1 - \frac{2 \sum_i y_i p_i}{\sum_i y_i + \sum_i p_i + \epsilon}",
    forms=elementwise(SOFT_LABELS, PROBABILITIES, name="probs"),
    functions=Functions(value, gradient, torch, keras),
    params=(
        Param("axis", None, meaning="axes summed, such as (1, 2) for one number an image; None: all, the batch too"),
    ),
    known=(
        Case([1.0, 1.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], 0.333333, [-0.444444, -0.444444, 0.222222, 0.222222],
             "overlap 1, sizes 2 + 1: 1 − 2/3; slopes 2·(1/3 − y)/3: −4/9 and 2/9"),
        Case([1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0], 0.5, [-0.375, -0.375, 0.125, 0.125],
             "overlap 1, sizes 2 + 2: 1 − 2/4; 2·(1/4 − 1)/4 and 2·(1/4)/4"),
        Case([[1.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], [0.0, 0.333333],
             [[-0.5, 0.5], [-0.444444, -0.444444]],
             "image by image: 1 − 2/2, 1 − 2/3; slopes 2·(½ − y)/2 and 2·(1/3 − 1)/3", {"axis": 1}),
        Case([[1.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], 0.2, None,
             "all in one: overlap 2, sizes 3 + 2: 1 − 4/5; the mean of the two images is 1/6"),
    ),
    edges=(
        Case([0.0, 0.0], [0.0, 0.0], 1.0, [0.0, 0.0], "1 − 0/1e-7", note="an empty mask, rightly empty, costs 1"),
        Case([0.0, 0.0], [0.5, 0.0], 1.0, [0.0, 0.0], "1 − 0/0.5", note="an empty mask tells nothing: no slope"),
        Case([1.0, 1.0], [0.0, 0.0], 1.0, [-1.0, -1.0], "2·(0/2 − 1)/2", note="nothing found"),
        Case([1.0, 0.0], [1.0, 0.0], 0.0, [-0.5, 0.5], "2·(½ − y)/2", note="perfect: the slope is not 0"),
        Case(1.0, 1.0, 0.0, -0.5, note="a single number"),
    ),
    curve=Curve(
        x="probability on each pixel of the mask", low=0.0, high=1.0,
        targets={"half the image": [1.0, 1.0, 0.0, 0.0], "a quarter": [1.0, 0.0, 0.0, 0.0]},
        start=[0.0, 0.0, 0.1, 0.1], direction=[1.0, 1.0, 0.0, 0.0],
    ),
    api={"keras": "losses.Dice, losses.dice"},
    sample=sample_masks,
    together=axis_fits,
    source="F. Milletari, N. Navab, S.-A. Ahmadi, V-Net: Fully Convolutional Neural Networks for Volumetric Medical "
    "Image Segmentation, 3DV 2016",
    notes="As in Keras: axis=None mixes the batch into one number, ε = 1e-7 is added below the line only, so an empty "
    "mask that is rightly left empty costs 1. Milletari squares the sizes; Keras does not. PyTorch has no Dice loss.",
)  # fmt: skip
