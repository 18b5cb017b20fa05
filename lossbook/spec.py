"""What a loss *is*, as data: its inputs, parameters, curve, hand-computed cases and differences.

Everything else reads these records: tests, plots, explorers, the loss reference and the difference ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lossbook.domains import Array, Domain, flat, match

__all__ = [
    "Array",
    "Case",
    "Curve",
    "Difference",
    "Domain",
    "Form",
    "Functions",
    "Kink",
    "Loss",
    "NoCurve",
    "Param",
]


@dataclass(frozen=True)
class Form:
    """One way to hand inputs to a loss. A tuple stands where the loss compares several tensors.

    ``when`` names the parameters under which this form holds, such as ``{"log_input": True}``.
    """

    y_true: Array | tuple[Array, ...] | None
    y_pred: Array | tuple[Array, ...]
    when: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arrays(self) -> tuple[Array, ...]:
        """All arrays of this form, the target's first."""
        return flat(self.y_true) + flat(self.y_pred)


def elementwise(y_true: Domain, y_pred: Domain, *, name: str = "y_pred", target: str = "y_true") -> tuple[Form, ...]:
    """The commonest form: target and prediction of one shape, whatever it is."""
    return (Form(Array(target, y_true, ("*",)), Array(name, y_pred, ("*",))),)


def classwise(prediction: Array, *targets: Array) -> tuple[Form, ...]:
    """Forms of a loss over classes: unbatched (C,), (N, C), and (N, C, …) with further axes.

    Arrays are given as they are for (N, C): targets of that shape, or (N,) for class indices.
    """
    forms = []
    for shape in (("C",), ("N", "C"), ("N", "C", "*")):
        indices = tuple(axis for axis in shape if axis != "C")
        for target in targets:
            reshaped = replace(target, shape=shape if "C" in target.shape else indices)
            forms.append(Form(reshaped, replace(prediction, shape=shape)))
    return tuple(forms)


@dataclass(frozen=True)
class Param:
    """A keyword of a loss. ``low`` and ``high`` are the slider's range, ``domain`` what is valid at all.

    ``choices`` replaces the range where the values are few (True/False). ``shape`` marks an array such as
    class weights, ``("C",)``: its ``default`` is None, and it gets no slider.
    """

    name: str
    default: Any
    low: float | None = None
    high: float | None = None
    domain: Domain | None = None
    choices: tuple = ()
    shape: tuple[str, ...] = ()
    meaning: str = ""

    def check(self, loss: str, value: Any) -> None:
        """Raise ValueError where ``value`` is not valid for this parameter."""
        if self.choices:
            if value not in self.choices:
                raise ValueError(f"{loss}: {self.name} must be one of {self.choices}; got {value!r}.")
        elif value is not None and self.domain is not None:
            self.domain.check(value, f"{loss}: {self.name}")


@dataclass(frozen=True)
class Case:
    """Inputs with what must come out. ``value`` is unreduced; ``arithmetic`` shows how it was computed by hand.

    ``differs`` names the frameworks whose answer here is another one; a ``Difference`` of the loss explains it.
    ``gradient`` may be left out; in a known case ``value`` may not.
    """

    y_true: Any
    y_pred: Any
    value: Any = None
    gradient: Any = None
    arithmetic: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    differs: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Kink:
    """Where the derivative jumps, how far an input is from there, and what each side answers *at* it."""

    where: str
    distance: Callable[..., Any]
    at: Case
    torch: Any
    keras: Any


@dataclass(frozen=True)
class Difference:
    """A place where PyTorch and Keras disagree; ``shown_by()`` runs both and returns (torch's answer, Keras's)."""

    title: str
    torch: str
    keras: str
    shown_by: Callable[[], tuple[Any, Any]]
    way_out: str = ""


@dataclass(frozen=True)
class Curve:
    """A straight line through prediction space, ``y_pred(x) = start + x * direction``: what a curve plot shows.

    ``path`` replaces the line where none stays inside the domain (log-probabilities): ``y_pred(x) = path(x)``.
    """

    x: str
    low: float
    high: float
    targets: Mapping[str, Any]
    start: Any = 0.0
    direction: Any = 1.0
    path: Callable[[float], Any] | None = None

    def at(self, x: float) -> Any:
        """The prediction at ``x``, a tuple where the loss takes one."""
        if self.path is not None:
            return np.asarray(self.path(x))
        if isinstance(self.start, tuple):
            pairs = zip(self.start, self.direction, strict=True)
            return tuple(np.asarray(s) if d is None else np.asarray(s) + x * np.asarray(d) for s, d in pairs)
        return np.asarray(self.start) + x * np.asarray(self.direction)

    def step(self, x: float, h: float = 1e-6) -> Any:
        """How the prediction moves with ``x``: the direction, or the path's central difference."""
        return self.direction if self.path is None else (self.at(x + h) - self.at(x - h)) / (2 * h)


@dataclass(frozen=True)
class NoCurve:
    """Says why a loss has no curve, and what to look at instead."""

    reason: str
    instead: str


@dataclass(frozen=True)
class Functions:
    """The code of a loss: NumPy value and gradient, PyTorch, Keras; the reference page prints these very functions.

    ``weights`` gives what a mean divides by, one number a loss value, where that is not 1 (class weights,
    ignored targets); it takes the same arguments as ``value``.
    """

    value: Callable[..., np.ndarray]
    gradient: Callable[..., Any]
    torch: Callable[..., Any]
    keras: Callable[..., Any]
    weights: Callable[..., np.ndarray] | None = None


@dataclass(frozen=True)
class Loss:
    """A loss function, described once. See ``losses.get``.

    ``per`` says what one number of ``value`` belongs to: "element", "sample" or "batch".
    ``api`` maps a framework to the name of its own call; a framework that is missing has none, ours stands there.
    ``apart`` maps a framework to a function of the inputs: True where its answer truly is another one (a
    ``Difference`` shows it). ``tolerance`` maps a dtype ("float32"), or a framework's dtype ("keras float64"), to a
    relative tolerance and the reason for it. ``sample`` draws (y_true, y_pred), or these and parameters, where the
    forms alone can't (lengths that must fit each other); ``together`` raises ValueError where they don't fit.
    """

    name: str
    title: str
    family: str
    per: str
    formula: str
    forms: tuple[Form, ...]
    functions: Functions
    known: tuple[Case, ...]
    curve: Curve | NoCurve
    source: str
    params: tuple[Param, ...] = ()
    edges: tuple[Case, ...] = ()
    kinks: tuple[Kink, ...] = ()
    differences: tuple[Difference, ...] = ()
    api: Mapping[str, str] = field(default_factory=dict)
    sample: Callable[[np.random.Generator], tuple] | None = None
    together: Callable[..., None] | None = None
    apart: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    tolerance: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    notes: str = ""

    @property
    def native(self) -> tuple[str, ...]:
        """The frameworks that bring this loss themselves."""
        return tuple(f for f in ("torch", "keras") if f in self.api)

    @property
    def defaults(self) -> dict[str, Any]:
        """Every parameter with its default."""
        return {p.name: p.default for p in self.params}

    def value(self, y_true, y_pred, **params) -> np.ndarray:
        """The unreduced loss in NumPy float64. Raises ValueError on inputs outside the loss's domain."""
        y_true, y_pred, params = self.validate(y_true, y_pred, params)
        return np.asarray(self.functions.value(y_true, y_pred, **params))

    def gradient(self, y_true, y_pred, **params) -> Any:
        """The derivative of ``value(…).sum()`` by the prediction: its shape, or a tuple where that is one."""
        y_true, y_pred, params = self.validate(y_true, y_pred, params)
        return self.functions.gradient(y_true, y_pred, **params)

    def weights(self, y_true, y_pred, **params) -> np.ndarray:
        """What a mean over ``value`` divides by: ones, class weights, 0 for an ignored target."""
        values = self.value(y_true, y_pred, **params)
        if self.functions.weights is None:
            return np.ones_like(values)
        y_true, y_pred, params = self.validate(y_true, y_pred, params)
        return self.functions.weights(y_true, y_pred, **params)

    def torch(self, y_true, y_pred, **params) -> Any:
        """The unreduced loss as a PyTorch tensor; tensors keep their graph, arrays are checked and converted."""
        import torch

        def tensor(x, dtype=None):
            return torch.as_tensor(x if isinstance(x, torch.Tensor) else np.asarray(x), dtype=dtype)

        return self._framework(self.functions.torch, tensor, torch.is_tensor, y_true, y_pred, params)

    def keras(self, y_true, y_pred, **params) -> Any:
        """The unreduced loss as a Keras (TensorFlow) tensor; tensors keep their tape, arrays are checked."""
        import keras

        def tensor(x, dtype=None):
            return keras.ops.convert_to_tensor(x if keras.ops.is_tensor(x) else np.asarray(x), dtype=dtype)

        return self._framework(self.functions.keras, tensor, keras.ops.is_tensor, y_true, y_pred, params)

    def _framework(self, function, tensor, is_tensor, y_true, y_pred, params):
        params = self._params(params)
        if not any(is_tensor(x) for x in flat(y_true) + flat(y_pred)):
            y_true, y_pred, params = self.validate(y_true, y_pred, params)
        y_true, y_pred = _each(tensor, y_true), _each(tensor, y_pred)
        dtype = flat(y_pred)[0].dtype  # class weights and the like follow the prediction
        arrays = {p.name for p in self.params if p.shape}
        params = {k: tensor(v, dtype) if k in arrays and v is not None else v for k, v in params.items()}
        return function(y_true, y_pred, **params)

    def _params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        known = {p.name: p for p in self.params}
        for name, value in params.items():
            if name not in known:
                expected = ", ".join(known) or "none: it has no parameters"
                raise ValueError(f"{self.name}: unknown parameter {name!r}; expected {expected}.")
            known[name].check(self.name, value)
        return {**self.defaults, **params}

    def validate(self, y_true, y_pred, params: Mapping[str, Any] | None = None):
        """Inputs as float64 (labels as integers) with all parameters, or a ValueError that says what is wrong."""
        params = self._params(params or {})
        form, sizes = match(self.name, self._forms(params), y_true, y_pred)
        for array, given in zip(form.arrays, flat(y_true) + flat(y_pred), strict=True):
            array.check(self.name, given, sizes, params)
        for p in self.params:
            if p.shape and params[p.name] is not None:
                Array(p.name, p.domain, p.shape).check(self.name, params[p.name], sizes, params)
                params[p.name] = np.asarray(params[p.name], dtype=np.float64)
        y_true, y_pred = _convert(form.y_true, y_true), _convert(form.y_pred, y_pred)
        if self.together is not None:
            try:
                self.together(y_true, y_pred, **params)
            except ValueError as error:
                raise ValueError(f"{self.name}: {error}") from None
        return y_true, y_pred, params

    def form_of(self, y_true, y_pred, **params) -> Form:
        """The form that these inputs have under these parameters."""
        return match(self.name, self._forms(self._params(params)), y_true, y_pred)[0]

    def _forms(self, params: Mapping[str, Any]) -> tuple[Form, ...]:
        return tuple(f for f in self.forms if all(params[k] == v for k, v in f.when.items()))


def _each(function: Callable, given: Any) -> Any:
    if given is None:
        return None
    return tuple(function(x) for x in given) if isinstance(given, tuple) else function(given)


def _convert(arrays: Array | tuple[Array, ...] | None, given: Any) -> Any:
    if arrays is None:
        return None
    if isinstance(arrays, tuple):
        return tuple(a.convert(g) for a, g in zip(arrays, given, strict=True))
    return arrays.convert(given)
