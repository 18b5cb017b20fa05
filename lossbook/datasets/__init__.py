"""The course's data: California housing, MNIST, and the course split of CIFAR-10.

Looked for in LOSSBOOK_DATA (read only), then in the cache (LOSSBOOK_CACHE, or the user's cache folder), then
fetched by scikit-learn's or Keras's own loader and kept in the cache; with LOSSBOOK_OFFLINE=1 nothing is
fetched. Where the real data can't be had, a stand-in of the same names, shapes, dtypes and ranges is made, and
one line on stderr says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from lossbook.datasets import loaders, specs, standins, store
from lossbook.datasets.loaders import UnavailableError

__all__ = [
    "Dataset",
    "UnavailableError",
    "are_full",
    "available",
    "california_housing",
    "cifar10",
    "fetch",
    "load",
    "mnist",
    "names",
    "origin",
    "table",
]


@dataclass(frozen=True, repr=False, eq=False)
class Dataset:
    """Arrays as attributes (``data.x``, ``data.x_train``), names of the columns or classes, units, origin.

    ``origin`` is ``LOSSBOOK_DATA``, ``cache``, ``scikit-learn``, ``keras`` or ``stand-in``; the repr leaves
    it out, so that a notebook shows the same wherever the data came from.
    """

    name: str
    arrays: Mapping[str, np.ndarray]
    names: tuple[str, ...]
    units: Mapping[str, str]
    origin: str

    @property
    def is_real(self) -> bool:
        """False for a stand-in."""
        return self.origin != "stand-in"

    def __getattr__(self, attribute: str) -> np.ndarray:
        arrays = self.__dict__.get("arrays", {})  # empty while pickle or copy is still building the object
        if attribute in arrays:
            return arrays[attribute]
        has = ", ".join([*arrays, "name", "names", "units", "origin"])
        raise AttributeError(f"{self.__dict__.get('name', 'Dataset')} has no {attribute!r}; it has {has}")

    def __dir__(self):
        return [*super().__dir__(), *self.arrays]

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {array.shape} {array.dtype}" for name, array in self.arrays.items())
        return f"{self.name}: {shapes}"


def names() -> tuple[str, ...]:
    """The names of the data sets."""
    return tuple(specs.SPECS)


def california_housing() -> Dataset:
    """20,640 districts, float64: ``x`` (20640, 8), ``y`` (20640,), the median house value, capped at 5."""
    return load("california_housing")


def mnist() -> Dataset:
    """Digits, uint8: ``x_train`` (60000, 28, 28), ``y_train``, ``x_test`` (10000, 28, 28), ``y_test``."""
    return load("mnist")


def cifar10() -> Dataset:
    """The course split, uint8: ``x_train`` (5000, 32, 32, 3), ``y_train``, and 1,000 for the test."""
    return load("cifar10")


def load(name: str) -> Dataset:
    """The data set of that name, from the first source that has it."""
    spec = specs.get(name)
    if found := store.find(spec):
        return _dataset(spec, *found)
    try:
        arrays, origin, _ = loaders.fetch(spec)
    except UnavailableError as reason:
        store.say(
            f"{name} is a STAND-IN made from {spec.standin}, because {reason}; its results mean nothing. "
            f"The real one: lossbook data fetch {name}"
        )
        arrays, origin = standins.make(spec), "stand-in"
    return _dataset(spec, arrays, origin)


def _dataset(spec: specs.Spec, arrays: dict[str, np.ndarray], origin: str) -> Dataset:
    return Dataset(spec.name, MappingProxyType(arrays), spec.names, MappingProxyType(spec.units), origin)


def available(name: str) -> bool:
    """True where the real data are on this machine, whole. Imports no framework, says nothing."""
    return origin(name) is not None


def origin(name: str) -> str | None:
    """Where the real data are on this machine, whole: LOSSBOOK_DATA or cache; None where they would be fetched."""
    here = store.whole(specs.get(name))
    return here and here[1]


def are_full() -> bool:
    """True where all the real data are on this machine."""
    return all(available(name) for name in specs.SPECS)


def fetch(name: str) -> str:
    """Put the real data into the cache, unless they are on this machine already; returns where they are."""
    spec = specs.get(name)
    if not (here := store.whole(spec)):
        store.find(spec)  # names a damaged file and sets it aside
        *_, stored = loaders.fetch(spec)
        if not (stored and (here := store.whole(spec))):
            raise UnavailableError(f"they were fetched, but {store.cache_folder()} could not keep them")
    return f"{name} is in {here[0]}"


def table() -> str:
    """One line a data set: what it holds, where it is or how it would come, its size."""
    lines = []
    for spec in specs.SPECS.values():
        shapes = ", ".join(f"{name} {array.shape}" for name, array in spec.arrays.items())
        if here := store.whole(spec):
            where = f"{here[1]}: {here[0]}, {here[0].stat().st_size / 1e6:.1f} MB"
        else:
            where = f"not here; {spec.loader} fetches {spec.download}"
        lines.append(f"{spec.name:<20}{where}\n{'':<20}{shapes}")
    return "\n".join(lines)
