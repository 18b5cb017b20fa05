"""Stand-ins from scikit-learn's bundled sets: the real names, shapes, dtypes, ranges, and something to learn.

They let every notebook run on a machine that can't fetch. What comes out of them means nothing beyond that.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lossbook.datasets import specs
from lossbook.datasets.specs import Spec


def make(spec: Spec) -> dict[str, np.ndarray]:
    """The stand-in of a set, the same every time."""
    return MAKERS[spec.name](np.random.default_rng(0))


# How the real columns are spread: their values at these shares of the districts. The ends are in the spec.
_SHARES = (0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999, 0.9999, 1)
_INNER = {
    "MedInc": (0.536, 1.07, 2.563, 3.535, 4.743, 7.3, 10.6, 15.0, 15.0),
    "HouseAge": (2, 4, 18, 29, 37, 52, 52, 52, 52),
    "AveRooms": (1.75, 2.58, 4.44, 5.23, 6.05, 7.64, 10.4, 34.2, 62.4),
    "AveBedrms": (0.675, 0.873, 1.006, 1.049, 1.1, 1.273, 2.13, 6.62, 15.2),
    "Population": (18, 88, 787, 1166, 1725, 3288, 5806, 10373, 16293),
    "AveOccup": (1.3, 1.54, 2.43, 2.82, 3.28, 4.33, 5.39, 13.6, 20.0),
    "Latitude": (32.57, 32.68, 33.93, 34.26, 37.71, 38.96, 40.6, 41.75, 41.92),
    "Longitude": (-124.18, -123.22, -121.8, -118.49, -118.01, -117.08, -116.29, -114.65, -114.49),
    "y": (0.331, 0.5, 1.196, 1.797, 2.647, 4.898, 5.00001, 5.00001, 5.00001),
}
# Which diabetes column plays which: those that say most about the target come where the real ones do.
_PLAYED_BY = {
    "MedInc": "bmi",
    "HouseAge": "age",
    "AveRooms": "s5",
    "AveBedrms": "s6",
    "Population": "s1",
    "AveOccup": "s3",
    "Latitude": "bp",
    "Longitude": "s4",
}


def _california_housing(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """20,640 districts drawn from 442 patients, blurred, each column spread as the real one is."""
    from sklearn.datasets import load_diabetes

    spec, patients = specs.CALIFORNIA_HOUSING, load_diabetes(scaled=False)
    rows = rng.integers(len(patients.target), size=spec.arrays["y"].shape)
    table = {name: patients.data[:, patients.feature_names.index(by)] for name, by in _PLAYED_BY.items()}
    x_spec, y_spec = spec.arrays["x"], spec.arrays["y"]
    columns = []
    for name, low, high in zip(spec.names, x_spec.low, x_spec.high, strict=True):
        column = _spread(_blurred(table[name][rows], rng), (low, *_INNER[name], high))
        columns.append(np.round(column) if name in ("HouseAge", "Population") else column)
    y = _spread(_blurred(patients.target[rows], rng), (y_spec.low, *_INNER["y"], y_spec.high))
    return {"x": np.column_stack(columns), "y": y}


def _blurred(column: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return column + 0.3 * column.std() * rng.standard_normal(column.shape)


def _spread(column: np.ndarray, values: tuple[float, ...]) -> np.ndarray:
    """The same order, the given distribution: the lowest becomes values[0], the highest values[-1]."""
    rank = np.empty(len(column))
    rank[np.argsort(column, kind="stable")] = np.linspace(0, 1, len(column))
    return np.interp(rank, _SHARES, values)


def _mnist(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The 8x8 digits enlarged to 20x20 in a 28x28 frame, each shown many times, shifted by a pixel or not."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    enlarge = _enlarging(8, 20)
    images = np.einsum("ai,nij,bj->nab", enlarge, digits.images * (255 / 16), enlarge, optimize=True)
    framed = np.pad(np.round(images).astype("uint8"), ((0, 0), (5, 5), (5, 5)))
    windows = sliding_window_view(framed, (28, 28), axis=(1, 2))  # (1797, 3, 3, 28, 28)
    arrays = {}
    # No original is in both: the test set stays unseen.
    for part, originals in (("train", np.arange(0, 1500)), ("test", np.arange(1500, 1797))):
        count = specs.MNIST.arrays[f"y_{part}"].shape[0]
        rows, down, right = rng.choice(originals, count), *rng.integers(3, size=(2, count))
        arrays[f"x_{part}"] = windows[rows, down, right]
        arrays[f"y_{part}"] = digits.target[rows].astype("uint8")
    return arrays


def _enlarging(size: int, new: int) -> np.ndarray:
    """The (new, size) matrix of linear interpolation between pixel centres."""
    centres = np.clip((np.arange(new) + 0.5) * size / new - 0.5, 0, size - 1)
    return np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(size)))


def _cifar10(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Patches of two photographs: each cut into five upright bands, and the band is the class."""
    from sklearn.datasets import load_sample_images

    photographs = np.stack(load_sample_images().images)  # (2, 427, 640, 3)
    side, band = 64, photographs.shape[2] // 5
    windows = sliding_window_view(photographs, (side, side), axis=(1, 2))  # (2, 364, 577, 3, 64, 64)
    arrays = {}
    for part in ("train", "test"):
        count = specs.CIFAR10.arrays[f"y_{part}"].shape[0]
        label, down = rng.integers(10, size=count), rng.integers(windows.shape[1], size=count)
        right = label % 5 * band + rng.integers(band - side + 1, size=count)
        # Every second pixel: 32x32 with more to see than a close-up.
        arrays[f"x_{part}"] = np.ascontiguousarray(
            windows[label // 5, down, right][:, :, ::2, ::2].transpose(0, 2, 3, 1)
        )
        arrays[f"y_{part}"] = label.astype("uint8")
    return arrays


MAKERS = {"california_housing": _california_housing, "mnist": _mnist, "cifar10": _cifar10}
