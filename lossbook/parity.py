"""Reference, PyTorch and Keras side by side: random and extreme inputs, the comparison, the table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossbook import losses
from lossbook.domains import axes, class_axis, flat
from lossbook.frameworks import NAMES, rounded, value_and_gradient
from lossbook.spec import Form, Loss

#: What an honest implementation may lose. float64: a few hundred roundings of 1e-16; float32: the same of 6e-8,
#: with exp and log of numbers up to 1e4, whose last bit alone is 1e-3 of their smallest unit.
TOLERANCE = {"float64": 1e-9, "float32": 2e-5}

#: Closer than this to a kink, rounding decides on which side an input lies.
NEAR_A_KINK = 1e-3


@dataclass(frozen=True)
class Inputs:
    """Arguments for one call of a loss."""

    y_true: Any
    y_pred: Any
    params: dict[str, Any]


def draw(loss: Loss, rng: np.random.Generator, *, extreme: bool = False) -> Inputs:
    """Random inputs and parameters from the loss's own forms and domains; ``extreme`` picks the domains' edges."""
    form = loss.forms[rng.integers(len(loss.forms))]
    rest = [(), (2,), (1, 3)][rng.integers(3)]
    if form.arrays[-1].shape == ("*",):
        rest = [(1,), (4,), (2, 3), (2, 1, 3)][rng.integers(4)]
    sizes = {token: int(rng.integers(2, 5)) for a in form.arrays for token in a.shape if isinstance(token, str)}
    sizes |= {"N": int(rng.integers(1, 5)), "*": rest}
    if loss.sample is not None:
        return _sampled(loss, rng, sizes, extreme)
    y_true = _draw(form.y_true, rng, sizes, extreme)
    y_pred = _draw(form.y_pred, rng, sizes, extreme)
    return Inputs(y_true, y_pred, {**draw_params(loss, rng, sizes), **form.when})


def _sampled(loss: Loss, rng: np.random.Generator, sizes: dict[str, Any], extreme: bool) -> Inputs:
    """The loss's own random inputs; at the extremes what has a gradient takes its domain's edges."""
    y_true, y_pred, *fitting = loss.sample(rng)
    params = {**draw_params(loss, rng, sizes), **(fitting[0] if fitting else {})}
    if extreme:
        arrays = loss.form_of(y_true, y_pred, **params).y_pred
        edges = tuple(
            a.domain.extreme(rng, np.shape(x)) if a.differentiable else x
            for a, x in zip(flat(arrays), flat(y_pred), strict=True)
        )
        y_pred = edges if isinstance(arrays, tuple) else edges[0]
    return Inputs(y_true, y_pred, params)


def draw_params(loss: Loss, rng: np.random.Generator, sizes: dict[str, Any]) -> dict[str, Any]:
    """Random values for the parameters that have choices, a range or a shape; the others keep their default."""
    drawn: dict[str, Any] = {}
    for p in loss.params:
        if p.choices:
            drawn[p.name] = p.choices[rng.integers(len(p.choices))]
        elif p.low is not None:
            whole = isinstance(p.default, int)
            drawn[p.name] = int(rng.integers(p.low, p.high + 1)) if whole else float(rng.uniform(p.low, p.high))
        elif p.shape and all(token in sizes for token in p.shape) and rng.random() < 0.5:
            drawn[p.name] = p.domain.sample(rng, axes(p.shape, sizes))
    return drawn


def _draw(arrays: Any, rng: np.random.Generator, sizes: dict[str, Any], extreme: bool) -> Any:
    if arrays is None:
        return None
    if isinstance(arrays, tuple):
        return tuple(a.sample(rng, sizes, extreme=extreme) for a in arrays)
    return arrays.sample(rng, sizes, extreme=extreme)


@dataclass(frozen=True)
class Comparison:
    """One framework's answer beside the reference's: arrays, and where the two are not expected to agree."""

    framework: str
    what: str
    expected: np.ndarray
    got: np.ndarray
    left_out: np.ndarray

    @property
    def error(self) -> float:
        """The largest difference, relative to 1 + |expected|; infinite where only one of them is finite."""
        keep = ~np.broadcast_to(self.left_out, self.expected.shape)
        expected, got = self.expected[keep], self.got[keep].astype(np.float64)
        same = (expected == got) | (np.isnan(expected) & np.isnan(got))
        with np.errstate(invalid="ignore"):
            error = np.abs(got - expected) / (1 + np.abs(expected))
        error = np.where(same, 0.0, np.where(np.isfinite(error), error, np.inf))
        return float(error.max(initial=0.0))


def compare(loss: Loss, inputs: Inputs, dtype: str = "float64") -> Iterator[Comparison]:
    """Value and gradient of each framework beside the reference's, at inputs rounded to ``dtype``."""
    form = loss.form_of(inputs.y_true, inputs.y_pred, **inputs.params)
    y_true, y_pred = rounded(form, inputs.y_true, inputs.y_pred, dtype)
    params = {k: v.astype(dtype) if isinstance(v, np.ndarray) else v for k, v in inputs.params.items()}
    y_true, y_pred, params = loss.validate(y_true, y_pred, params)
    expected = loss.functions.value(y_true, y_pred, **params)
    slopes = loss.functions.gradient(y_true, y_pred, **params)
    kinks = near_a_kink(loss, y_true, y_pred, params)
    for framework in NAMES:
        value, gradient = value_and_gradient(framework, loss, y_true, y_pred, dtype=dtype, **params)
        apart = np.asarray(loss.apart[framework](y_true, y_pred, **params)) if framework in loss.apart else np.False_
        yield Comparison(framework, "value", np.asarray(expected), value, _mask(apart, np.shape(expected)))
        for array, want, got in _gradients(form, slopes, gradient):
            left_out = _mask(apart, want.shape) | _mask(kinks, want.shape)
            yield Comparison(framework, f"gradient by {array.name}", want, got, left_out)


def near_a_kink(loss: Loss, y_true: Any, y_pred: Any, params: dict[str, Any]) -> np.ndarray:
    """True where an input lies so close to a kink that the derivative is a matter of rounding."""
    near = np.False_
    for kink in loss.kinks:
        near = near | (np.asarray(kink.distance(y_true, y_pred, **params)) < NEAR_A_KINK)
    return np.asarray(near)


def _mask(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A mask of that shape; one per sample covers the sample's classes; any other True leaves out everything."""
    if mask.shape == shape:
        return mask
    axis = class_axis(shape)
    if mask.ndim and mask.shape == shape[:axis] + shape[axis + 1 :]:
        return np.broadcast_to(np.expand_dims(mask, axis), shape)
    return np.asarray(mask.any())


def _gradients(form: Form, want: Any, got: Any) -> Iterator[tuple[Any, np.ndarray, np.ndarray]]:
    for array, w, g in zip(flat(form.y_pred), flat(want), flat(got), strict=True):
        if array.differentiable:
            yield array, np.asarray(w), np.asarray(g)


def tolerance(loss: Loss, dtype: str, framework: str = "") -> float:
    """The loss's own tolerance for this framework's dtype or this dtype, or the catalogue's."""
    for key in (f"{framework} {dtype}", dtype):
        if key in loss.tolerance:
            return loss.tolerance[key][0]
    return TOLERANCE[dtype]


@dataclass(frozen=True)
class Table:
    """What ``parity.table`` shows: one line a framework and quantity, and the verdict."""

    name: str
    dtype: str
    rows: tuple[Comparison, ...]
    limits: tuple[float, ...]

    @property
    def agree(self) -> bool:
        """True where every row lies within the tolerance."""
        return all(row.error <= limit for row, limit in zip(self.rows, self.limits, strict=True))

    def __repr__(self) -> str:
        width = max((len(f"sum of {row.what}") for row in self.rows), default=0)
        lines = [f"{'':8}{'':{width}}{'reference':>12}{'framework':>12}   agree"]
        for row, limit in zip(self.rows, self.limits, strict=True):
            yes = "yes" if row.error <= limit else f"NO, off by {row.error:.1e}"
            total = f"{row.expected.sum():12.4f}{row.got.sum():12.4f}"
            lines.append(f"{row.framework:8}{'sum of ' + row.what:{width}}{total}   {yes}")
        return "\n".join(lines)


def table(name: str, y_true: Any, y_pred: Any, *, dtype: str = "float64", **params: Any) -> Table:
    """Compare reference, PyTorch and Keras on your inputs; every element is compared, the sums are shown.

    Raises ValueError on an unknown loss or parameter and on inputs outside the loss's domain.
    """
    loss = losses.get(name)
    rows = tuple(compare(loss, Inputs(y_true, y_pred, params), dtype))
    return Table(name, dtype, rows, tuple(tolerance(loss, dtype, row.framework) for row in rows))
