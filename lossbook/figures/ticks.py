"""Round places for the ticks of an axis, and numbers as people write them."""

from __future__ import annotations

import math


def nice_ticks(low: float, high: float, *, log: bool = False, most: int = 6) -> list[tuple[float, str]]:
    """Places 1, 2 or 5 times a power of ten inside [low, high], with their text."""
    if log:
        return _powers(low, high, most)
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(m * size for m in (1, 2, 5, 10) if m * size >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(k * step, text(k * step, digits)) for k in range(first, last + 1)]


def _powers(low: float, high: float, most: int) -> list[tuple[float, str]]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    stride = max(1, -(-(last - first + 1) // most))
    return [(10.0**k, text(10.0**k, max(0, -k))) for k in range(first, last + 1, stride)]


def text(number: float, digits: int | None = None) -> str:
    """A number with a real minus sign: fixed ``digits``, or up to four that matter."""
    if digits is None:
        plain = f"{number:.4g}"
    elif abs(number) >= 1e6 or 0 < abs(number) < 10.0**-digits <= 1e-4:
        plain = f"{number:.3g}".replace("e-0", "e-").replace("e+0", "e")
    else:
        plain = f"{number:.{digits}f}"
    if float(plain) == 0:
        plain = plain.removeprefix("-")
    return plain.replace("-", "\u2212")
