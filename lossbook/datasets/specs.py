"""What each data set must look like: names, shapes, dtypes, ranges, units. Every source is held to it."""

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np


@dataclass(frozen=True)
class ArraySpec:
    """One array: its key in the ``.npz`` file, shape, dtype, and range (one number, or one per column)."""

    key: str
    shape: tuple[int, ...]
    dtype: str
    low: float | tuple[float, ...]
    high: float | tuple[float, ...]

    def check(self, array: np.ndarray) -> None:
        """Raise ValueError unless the array is as described."""
        if array.shape != self.shape:
            raise ValueError(f"{self.key}: expected shape {self.shape}, got {array.shape}")
        if array.dtype != np.dtype(self.dtype):
            raise ValueError(f"{self.key}: expected dtype {self.dtype}, got {array.dtype}")
        if not np.isfinite(array).all():
            raise ValueError(f"{self.key}: holds NaN or infinite values")
        lowest, highest = array.min(axis=0), array.max(axis=0)
        if (lowest < np.asarray(self.low)).any() or (highest > np.asarray(self.high)).any():
            raise ValueError(f"{self.key}: holds values outside the known range")


@dataclass(frozen=True)
class Spec:
    """One data set: its arrays by attribute, the names of its columns or classes, and where it comes from."""

    name: str
    arrays: dict[str, ArraySpec]
    names: tuple[str, ...]
    units: dict[str, str]
    loader: str  # whose loader fetches it; this is the `origin` of what it gives
    download: str  # how much that loads
    standin: str  # what the stand-in is made from
    names_key: str | None = None  # the file may hold the names as well

    @property
    def file(self) -> str:
        return f"{self.name}.npz"

    def check(self, arrays: dict[str, np.ndarray]) -> None:
        """Raise ValueError unless every array is as described."""
        for attribute, spec in self.arrays.items():
            spec.check(arrays[attribute])

    def from_file(self, stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The arrays by attribute, checked. C order: the layout decides the last bits of sums."""
        expected = {spec.key for spec in self.arrays.values()} | ({self.names_key} - {None})
        if set(stored) != expected:
            raise ValueError(f"expected the arrays {sorted(expected)}, got {sorted(stored)}")
        if self.names_key and tuple(stored[self.names_key].tolist()) != self.names:
            raise ValueError(f"{self.names_key}: expected {list(self.names)}")
        arrays = {name: np.ascontiguousarray(stored[spec.key]) for name, spec in self.arrays.items()}
        self.check(arrays)
        return arrays

    def to_file(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What ``from_file`` reads back."""
        stored = {spec.key: arrays[name] for name, spec in self.arrays.items()}
        return stored | ({self.names_key: np.array(self.names)} if self.names_key else {})


_HOUSING_LOW = (0.4999, 1.0, 0.8461538461538461, 1 / 3, 3.0, 0.6923076923076923, 32.54, -124.35)
_HOUSING_HIGH = (
    15.0001,
    52.0,
    141.9090909090909,
    34.06666666666667,
    35682.0,
    1243.3333333333333,
    41.95,
    -114.31,
)

CALIFORNIA_HOUSING = Spec(
    name="california_housing",
    arrays={
        "x": ArraySpec("data", (20640, 8), "float64", _HOUSING_LOW, _HOUSING_HIGH),
        "y": ArraySpec("target", (20640,), "float64", 0.14999, 5.00001),
    },
    names=("MedInc", "HouseAge", "AveRooms", "AveBedrms", "Population", "AveOccup", "Latitude", "Longitude"),
    units={
        "MedInc": "10,000 US dollars",
        "HouseAge": "years",
        "AveRooms": "rooms per household",
        "AveBedrms": "bedrooms per household",
        "Population": "people",
        "AveOccup": "people per household",
        "Latitude": "degrees north",
        "Longitude": "degrees east",
        "y": "100,000 US dollars",
    },
    loader="scikit-learn",
    download="0.4 MB",
    standin="scikit-learn's diabetes set",
    names_key="feature_names",
)


def _images(name: str, train: int, test: int, shape: tuple[int, ...], **more) -> Spec:
    """Train and test images with labels 0 to 9, all uint8."""
    arrays = {
        "x_train": ArraySpec("x_train", (train, *shape), "uint8", 0, 255),
        "y_train": ArraySpec("y_train", (train,), "uint8", 0, 9),
        "x_test": ArraySpec("x_test", (test, *shape), "uint8", 0, 255),
        "y_test": ArraySpec("y_test", (test,), "uint8", 0, 9),
    }
    units = {"x_train": "brightness 0-255", "x_test": "brightness 0-255"}
    units |= {"y_train": "index into names", "y_test": "index into names"}
    return Spec(name=name, arrays=arrays, units=units, loader="keras", **more)


MNIST = _images(
    "mnist",
    60_000,
    10_000,
    (28, 28),
    names=tuple("0123456789"),
    download="11 MB",
    standin="scikit-learn's 8x8 digits",
)
CIFAR10 = _images(
    "cifar10",
    5_000,
    1_000,
    (32, 32, 3),
    names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    download="170 MB",
    standin="scikit-learn's two sample photographs",
)

SPECS = {spec.name: spec for spec in (CALIFORNIA_HOUSING, MNIST, CIFAR10)}


def get(name: str) -> Spec:
    """The spec of that name."""
    if name not in SPECS:
        near = get_close_matches(str(name), SPECS, n=1) or list(SPECS)
        raise ValueError(f"datasets: expected one of {', '.join(SPECS)}; got {name!r}. Try {near[0]!r}.")
    return SPECS[name]
