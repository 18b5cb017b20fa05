"""From one loss per element to one number: an axis of its own, because frameworks differ exactly here."""

from typing import Any

import numpy as np

from lossbook.spec import Loss

REDUCTIONS = ("none", "mean", "sum", "batchmean")


def reduce(values: Any, reduction: str = "mean", *, weights: Any = None, batch: int | None = None) -> np.ndarray:
    """Reduce unreduced losses of any shape.

    ``none`` keeps them, ``sum`` adds them, ``mean`` divides the sum by the number of *elements* or, where ``weights``
    are given, by the sum of the weights (class weights; 0 for an ignored target), ``batchmean`` by ``batch``, by
    default the length of the first axis. The values are already weighted: weights only change what a mean divides by.
    A mean over nothing is NaN. Raises ValueError on another reduction. Source: torch.nn.functional, NLLLoss.
    """
    values = np.asarray(values, dtype=np.float64)
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}; got {reduction!r}.")
    if reduction == "none":
        return values
    if reduction == "sum":
        return values.sum()
    if reduction == "batchmean":
        if batch is None and values.ndim == 0:
            raise ValueError("batchmean needs a batch axis; got a single number. Pass batch=, or use mean.")
        return _divided(values.sum(), len(values) if batch is None else batch)
    return _divided(values.sum(), values.size if weights is None else np.broadcast_to(weights, values.shape).sum())


def reduced(loss: Loss, y_true: Any, y_pred: Any, reduction: str = "mean", **params: Any) -> np.ndarray:
    """The reduced loss, with the loss's own weights in a mean (class weights, ignored targets)."""
    values = loss.value(y_true, y_pred, **params)
    return reduce(values, reduction, weights=loss.weights(y_true, y_pred, **params))


def _divided(total: np.floating, count: float) -> np.ndarray:
    return np.asarray(total / count if count else np.nan)
