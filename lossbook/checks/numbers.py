"""What a check shows of an answer's numbers: rounded, one value a line, whatever framework they come from."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Shown:
    """The lines of a check's result. Digits are fixed, so that no layout depends on a last bit."""

    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(self.lines)


def show(*values: Any, digits: int = 5) -> Shown:
    """Numbers, arrays and tensors of either framework rounded to ``digits`` decimals; None and text as they are.

    Choose ``digits`` so that six or so are significant: a right answer in float32 must pass.
    """
    return Shown(tuple(_line(value, digits) for value in values))


def _line(value: Any, digits: int) -> str:
    if value is None or isinstance(value, str | bool):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_line(part, digits) for part in value) + "]"
    if hasattr(value, "detach"):
        value = value.detach()
    return _text(np.asarray(value, dtype=np.float64), digits)


def _text(x: np.ndarray, digits: int) -> str:
    if x.ndim:
        return "[" + ", ".join(_text(row, digits) for row in x) + "]"
    return f"{np.round(x, digits) + 0.0:.{digits}f}"  # adding 0.0 turns -0.0 into 0.0
