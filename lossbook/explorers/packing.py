"""Figures as what a page understands: a little JSON, and all numbers once, as 32-bit floats in one run of bytes."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from lossbook.figures import FRAME, LAYOUT, PALETTE, STYLES, Figure, Heatmap, Panel

#: What every picture needs and no figure changes.
LOOKS = {
    "palette": {name: list(pair) for name, pair in (PALETTE | FRAME).items()},
    "styles": {name: list(pattern) for name, pattern in STYLES.items()},
    "layout": LAYOUT,
}


class Pool:
    """Runs of numbers, each kept once however often it is used."""

    def __init__(self):
        self._places: dict[bytes, int] = {}
        self._parts: list[bytes] = []
        self._size = 0

    def put(self, numbers: np.ndarray) -> dict:
        """Where these numbers lie: first place and count."""
        part = np.ascontiguousarray(numbers, dtype="<f4").tobytes()
        if part not in self._places:
            self._places[part] = self._size
            self._parts.append(part)
            self._size += numbers.size
        return {"at": self._places[part], "n": int(numbers.size)}

    def bytes(self) -> bytes:
        """All numbers, little-endian."""
        return b"".join(self._parts)


def scene(figure: Figure, pool: Pool) -> dict:
    """One figure as JSON, its numbers in ``pool``."""
    return {
        "panels": [_panel(panel, pool) for panel in figure.panels],
        "alt": figure.alt,
        "says": figure.says,
        "height": figure.height,
        "columns": figure.legend_columns,
        "rows": figure.legend_rows,
    }


def _panel(panel: Panel, pool: Pool) -> dict:
    axes = {name: {f.name: getattr(getattr(panel, name), f.name) for f in fields(panel.x)} for name in ("x", "y")}
    for axis in axes.values():
        axis["ticks"] = [list(tick) for tick in axis["ticks"]]
    return {"title": panel.title, **axes, "marks": [_mark(mark, pool) for mark in panel.marks]}


def _mark(mark, pool: Pool) -> dict:
    packed = {"kind": type(mark).__name__.lower()}
    for f in fields(mark):
        value = getattr(mark, f.name)
        packed[f.name] = pool.put(value) if isinstance(value, np.ndarray) and value.ndim == 1 else value
    if isinstance(mark, Heatmap):
        packed["values"] = mark.cells
    return packed


def pack(figures: list[Figure | Exception]) -> tuple[dict, bytes]:
    """Many figures: the first one whole, of each only what differs from it; an error stands as its text."""
    pool = Pool()
    scenes = [{"error": explain(f)} if isinstance(f, Exception) else scene(f, pool) for f in figures]
    base = next((s for s in scenes if "error" not in s), {})
    changes = [s if "error" in s else list(_changes(base, s, [])) for s in scenes]
    return {"base": base, "changes": changes}, pool.bytes()


def explain(error: Exception) -> str:
    """An error in one line."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:300]}" if words else type(error).__name__


def _changes(base, other, path: list):
    """Pairs of path and value that turn ``base`` into ``other``."""
    if base is other:
        return
    if isinstance(base, dict) and isinstance(other, dict) and base.keys() == other.keys() and "at" not in base:
        for key in base:
            yield from _changes(base[key], other[key], [*path, key])
    elif isinstance(base, list) and isinstance(other, list) and len(base) == len(other):
        for k, pair in enumerate(zip(base, other, strict=True)):
            yield from _changes(*pair, [*path, k])
    elif base != other:
        yield [path, other]
