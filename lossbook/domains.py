"""Sets of numbers and shapes of arrays, as data that checks and sample generators both read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Sizes = dict[str, Any]


@dataclass(frozen=True)
class Domain:
    """Where an array's entries may lie.

    ``members`` lists a finite set. ``below`` names an axis or parameter that bounds integers from above (labels
    in [0, C)), ``up_to`` an axis that may itself be reached (lengths). ``simplex`` asks that the class axis sums
    to 1, with ``log`` that its exponentials do. ``edges`` are values that tests always try; ``spread`` is the scale of
    random samples; ``advice`` is the way out that an error names.
    """

    name: str
    low: float = -np.inf
    high: float = np.inf
    open_low: bool = False
    open_high: bool = False
    integer: bool = False
    infinite: bool = False
    members: tuple[float, ...] = ()
    below: str = ""
    up_to: str = ""
    simplex: bool = False
    log: bool = False
    spread: float = 2.0
    edges: tuple[float, ...] = ()
    advice: str = ""

    def check(self, given: Any, what: str, *, below: int | None = None, also: tuple = ()) -> None:
        """Raise ValueError that says what was expected, what came, and the way out. ``also`` lists extra members."""
        x = _numbers(given, what)
        bad = ~self.contains(x, below=below)
        for extra in also:
            bad &= x != extra
        if bad.any():
            wanted = self.name if below is None else f"integers from {self.low:g} to {below - 1}"
            place = f" at {tuple(int(i) for i in np.argwhere(bad)[0])}" if x.ndim else ""
            raise ValueError(f"{what} must be {wanted}; got {_show(x[bad][0])}{place}. {self.advice}".rstrip())

    def contains(self, x: np.ndarray, *, below: int | None = None) -> np.ndarray:
        """Which entries of ``x`` lie in this domain."""
        if self.members:
            return np.isin(x, self.members)
        inside = (x > self.low) if self.open_low else (x >= self.low)
        inside &= (x < self.high) if self.open_high else (x <= self.high)
        if not self.infinite:
            inside &= np.isfinite(x)
        if self.integer:
            inside &= x == np.floor(x)
        if below is not None:
            inside &= x < below
        return inside

    def extreme(self, rng: np.random.Generator, shape: tuple[int, ...], *, below: int | None = None) -> np.ndarray:
        """Random picks from ``edges``; one-hot rows where the classes sum to 1; random members where none are named."""
        if self.simplex:
            x = rng.random(shape)
            one_hot = (x == x.max(axis=class_axis(shape), keepdims=True)).astype(float)
            return 1e4 * (one_hot - 1) if self.log else one_hot
        return rng.choice(np.array(self.edges), shape) if self.edges else self.sample(rng, shape, below=below)

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], *, below: int | None = None) -> np.ndarray:
        """Random members, for tests and demonstrations."""
        if self.members:
            return rng.choice(np.array(self.members), shape)
        if self.simplex:
            x = rng.gamma(1.0, size=shape) + 1e-3
            x = x / x.sum(axis=class_axis(shape), keepdims=True)
            return np.log(x) if self.log else x
        if below is not None:
            return rng.integers(0, below, shape)
        if self.integer:
            return rng.poisson(self.spread, shape).astype(float) + max(self.low, 0)
        if np.isfinite(self.low) and np.isfinite(self.high):
            width = self.high - self.low
            return rng.uniform(self.low + 1e-3 * width, self.high - 1e-3 * width, shape)
        if np.isfinite(self.low):
            return self.low + 1e-2 + rng.exponential(self.spread, shape)
        if np.isfinite(self.high):
            return self.high - 1e-2 - rng.exponential(self.spread, shape)
        return rng.normal(0, self.spread, shape)


def class_axis(shape: tuple[int, ...]) -> int:
    """The axis of the classes: the only one of (C,), else the second, as in (N, C, d1, …)."""
    return 0 if len(shape) == 1 else 1


REALS = Domain("real numbers", edges=(-1e4, -1.0, 0.0, 1.0, 1e4))
LOGITS = Domain("real numbers (logits)", edges=(-1e4, -50.0, 0.0, 50.0, 1e4))
POSITIVE = Domain("numbers above 0", low=0, open_low=True, edges=(1e-6, 1.0, 1e4))
NON_NEGATIVE = Domain("numbers of at least 0", low=0, edges=(0.0, 1.0, 1e4))
ABOVE_MINUS_ONE = Domain("numbers above -1", low=-1, open_low=True, edges=(-0.5, 0.0, 1e4))
COUNTS = Domain(
    "counts (0, 1, 2, …)",
    low=0,
    integer=True,
    edges=(0.0, 1.0, 2.0, 100.0),
    advice="Counts are whole and not negative.",
)
PROBABILITIES = Domain(
    "probabilities in [0, 1]", low=0, high=1, edges=(0.0, 1e-12, 0.5, 1.0),
    advice="Turn logits into probabilities with a sigmoid or a softmax, or use the loss that takes logits.",
)  # fmt: skip
SOFT_LABELS = Domain(
    "labels from 0 to 1", low=0, high=1, edges=(0.0, 0.3, 1.0), advice="Use (y + 1) / 2 to turn -1/1 labels into 0/1."
)
DISTRIBUTIONS = Domain(
    "probabilities that sum to 1 over the classes", low=0, high=1, simplex=True,
    advice="Apply a softmax over the class axis, or divide by the sum.",
)  # fmt: skip
LOG_PROBS = Domain(
    "log-probabilities (at most 0, their exp sums to 1 over the classes)",
    high=0,
    infinite=True,
    simplex=True,
    log=True,
    advice="Apply a log-softmax first.",
)
SIGNS = Domain("-1 or 1", members=(-1.0, 1.0), advice="Use 2*y - 1 to turn 0/1 labels into -1/1.")
BITS = Domain("0 or 1", members=(0.0, 1.0), advice="Use (y + 1) / 2 to turn -1/1 labels into 0/1.")
INDICES = Domain("class indices", low=0, integer=True, below="C", advice="Class indices count from 0.")


@dataclass(frozen=True)
class Array:
    """One input of a loss: what it is called, what its entries are, and its shape, such as ("N", "C").

    "*" stands for any run of axes, a letter for one size that is the same wherever it appears.
    ``ignore`` names a parameter whose value is allowed beside the domain (``ignore_index``).
    """

    name: str
    domain: Domain
    shape: tuple[str | int, ...]
    differentiable: bool = True
    ignore: str = ""

    def check(self, loss: str, given: Any, sizes: Sizes, params: Mapping[str, Any]) -> None:
        """Raise ValueError where entries lie outside the domain (shapes are matched before)."""
        what = f"{loss}: {self.name}"
        x = _numbers(given, what)
        missing = [token for token in self.shape if isinstance(token, str) and token not in sizes]
        if missing:
            raise ValueError(f"{what} has shape {_shape(self.shape)}; got inputs without the axis {missing[0]}.")
        expected = axes(self.shape, sizes)
        if x.shape != expected:
            raise ValueError(f"{what} must have shape {_shape(self.shape)}, here {expected}; got {x.shape}.")
        also = (params[self.ignore],) if self.ignore and params.get(self.ignore) is not None else ()
        self.domain.check(x, what, below=self._bound(sizes), also=also)
        if self.domain.simplex and x.size:
            total = (np.exp(x) if self.domain.log else x).sum(axis=class_axis(x.shape))
            if np.any(np.abs(total - 1) > 1e-3):
                worst = total.flat[np.argmax(np.abs(total - 1))]
                raise ValueError(f"{what} must be {self.domain.name}; got a sum of {worst:.4g}. {self.domain.advice}")

    def convert(self, given: Any) -> np.ndarray:
        """The given numbers as float64, or as integers where the domain is one of labels."""
        x = np.asarray(given)
        return x.astype(np.int64 if self.domain.below or self.domain.up_to else np.float64)

    def sample(self, rng: np.random.Generator, sizes: Sizes, *, extreme: bool = False) -> np.ndarray:
        """A random array of this shape and domain, or one of its domain's extremes."""
        draw = self.domain.extreme if extreme else self.domain.sample
        return draw(rng, axes(self.shape, sizes), below=self._bound(sizes))

    def _bound(self, sizes: Sizes) -> int | None:
        """What integers of this array must stay below."""
        if self.domain.up_to in sizes:
            return sizes[self.domain.up_to] + 1
        return sizes.get(self.domain.below)


def axes(pattern: tuple[str | int, ...], sizes: Sizes) -> tuple[int, ...]:
    """The shape that a pattern such as ("N", "*") has where its axes have these sizes."""
    shape: tuple[int, ...] = ()
    for token in pattern:
        size = token if isinstance(token, int) else sizes[token]
        shape += size if isinstance(size, tuple) else (size,)
    return shape


def flat(given: Any) -> tuple:
    """One array, a tuple of arrays or None as a tuple."""
    if given is None:
        return ()
    return given if isinstance(given, tuple) else (given,)


def match(loss: str, forms: tuple, y_true: Any, y_pred: Any) -> tuple[Any, Sizes]:
    """The first form that these inputs' shapes fit, with the sizes of its axes; ValueError where none does."""
    shapes = [_shape_of(x, loss) for x in flat(y_true) + flat(y_pred)]
    for form in forms:
        fits = len(flat(y_true)) == len(flat(form.y_true)) and len(flat(y_pred)) == len(flat(form.y_pred))
        sizes = _bind([a.shape for a in form.arrays], shapes) if fits else None
        if sizes is not None:
            return form, sizes
    wanted = " or ".join(", ".join(f"{a.name} {_shape(a.shape)}" for a in form.arrays) for form in forms)
    same = " (* is any shape, the same for all)" if "*" in wanted else ""
    got = ", ".join(str(s) for s in shapes)
    raise ValueError(f"{loss}: expected {wanted}{same}; got shapes {got}. Reshape or index until they fit.")


def _bind(patterns: list[tuple], shapes: list[tuple[int, ...]]) -> Sizes | None:
    sizes: Sizes = {}
    for pattern, shape in zip(patterns, shapes, strict=True):
        star = pattern.index("*") if "*" in pattern else None
        if star is None:
            found = shape
        else:
            after = len(pattern) - star - 1
            if len(shape) < star + after:
                return None
            found = (*shape[:star], shape[star : len(shape) - after], *shape[len(shape) - after :])
        if len(found) != len(pattern):
            return None
        for token, size in zip(pattern, found, strict=True):
            if (token if isinstance(token, int) else sizes.setdefault(token, size)) != size:
                return None
    return sizes


def _shape(pattern: tuple) -> str:
    return "(" + ", ".join(str(t) for t in pattern) + ("," if len(pattern) == 1 and pattern != ("*",) else "") + ")"


def _shape_of(given: Any, loss: str) -> tuple[int, ...]:
    try:
        return tuple(np.shape(given.detach() if hasattr(given, "detach") else given))
    except ValueError as error:
        raise ValueError(f"{loss}: expected rectangular arrays of numbers; got rows of unequal length.") from error


def _numbers(given: Any, what: str) -> np.ndarray:
    x = np.asarray(given.detach() if hasattr(given, "detach") else given)
    if x.dtype.kind not in "biuf":
        raise ValueError(f"{what} must be numbers; got {x.dtype}. Convert it with np.asarray(…, dtype=float).")
    if np.isnan(x).any():
        place = tuple(int(i) for i in np.argwhere(np.isnan(x))[0])
        raise ValueError(
            f"{what} must not contain NaN; got NaN at {place}. Find where it comes from, or drop that row."
        )
    return x


def _show(x: Any) -> str:
    return f"{x:g}"
