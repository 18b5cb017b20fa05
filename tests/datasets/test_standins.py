"""Stand-ins against the specs, and the specs against the real files."""

import time

import numpy as np
import pytest

from lossbook import datasets
from lossbook.datasets import specs, standins


@pytest.mark.parametrize("name", specs.SPECS)
def test_stand_in_is_what_the_spec_says_and_reaches_both_ends_of_each_range(name):
    spec = specs.get(name)
    arrays = standins.make(spec)
    assert list(arrays) == list(spec.arrays)
    for attribute, described in spec.arrays.items():
        described.check(arrays[attribute])
        np.testing.assert_allclose(
            arrays[attribute].reshape(len(arrays[attribute]), -1).min(0).min(), np.min(described.low)
        )
        np.testing.assert_allclose(arrays[attribute].max(), np.max(described.high))


def test_every_column_of_the_housing_stand_in_has_the_real_range():
    x, spec = standins.make(specs.CALIFORNIA_HOUSING)["x"], specs.CALIFORNIA_HOUSING.arrays["x"]
    np.testing.assert_array_equal(x.min(axis=0), spec.low)
    np.testing.assert_array_equal(x.max(axis=0), spec.high)


@pytest.mark.parametrize("name", specs.SPECS)
def test_stand_in_is_fast_and_the_same_every_time(name):
    standins.make(specs.get(name))  # the first call imports scikit-learn
    start = time.perf_counter()
    arrays = standins.make(specs.get(name))
    assert time.perf_counter() - start < 2
    for attribute, array in standins.make(specs.get(name)).items():
        assert array.tobytes() == arrays[attribute].tobytes()


def test_a_line_learns_from_the_housing_stand_in():
    from sklearn.linear_model import LinearRegression

    data = standins.make(specs.CALIFORNIA_HOUSING)
    score = LinearRegression().fit(data["x"][:16000], data["y"][:16000]).score(data["x"][16000:], data["y"][16000:])
    assert 0.3 < score < 0.7  # the real set gives 0.58; a stand-in that could be learnt by heart would teach nothing


@pytest.mark.parametrize(("name", "rows", "least"), [("mnist", 3000, 0.75), ("cifar10", 2000, 0.25)])
def test_a_linear_classifier_learns_from_the_image_stand_ins(name, rows, least):
    """Ten classes: 0.1 is chance. Least squares on one-hot labels is the fastest learner there is."""
    data = standins.make(specs.get(name))
    train, test = (data[part][:rows].reshape(-1, data[part][0].size) / 255.0 for part in ("x_train", "x_test"))
    train, test = train[:, ::4], test[:, ::4]
    ridge = train.T @ train + 10 * np.eye(train.shape[1])
    weights = np.linalg.solve(ridge, train.T @ np.eye(10)[data["y_train"][:rows]])
    assert ((test @ weights).argmax(axis=1) == data["y_test"][:rows]).mean() > least


def test_no_original_digit_is_in_both_parts_of_the_mnist_stand_in():
    data = standins.make(specs.MNIST)
    train = {image.tobytes() for image in data["x_train"]}
    assert not any(image.tobytes() in train for image in data["x_test"])


@pytest.mark.parametrize("name", specs.SPECS)
def test_real_file_is_what_the_spec_says(name):
    """The table of ranges is the real set's own, end by end."""
    if not datasets.available(name):
        pytest.skip("the real file is not on this machine")
    data, spec = datasets.load(name), specs.get(name)
    assert data.origin in ("LOSSBOOK_DATA", "cache")
    stand_in = standins.make(spec)
    for attribute, described in spec.arrays.items():
        real = getattr(data, attribute)
        assert (real.shape, real.dtype) == (stand_in[attribute].shape, stand_in[attribute].dtype)
        axis = 0 if isinstance(described.low, tuple) else None
        np.testing.assert_array_equal(real.min(axis=axis), described.low)
        np.testing.assert_array_equal(real.max(axis=axis), described.high)
