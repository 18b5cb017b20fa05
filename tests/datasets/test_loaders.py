"""The adapters to scikit-learn's and Keras's own loaders."""

import socket
import sys
import types

import numpy as np
import pytest

from lossbook import datasets
from lossbook.datasets import loaders, specs, standins


def fake_keras(monkeypatch, name, answer, image_data_format="channels_last"):
    """A module that answers as Keras does, progress on stdout included."""

    def load_data():
        print("Downloading data from ...")
        return answer

    keras = types.ModuleType("keras")
    keras.datasets = types.SimpleNamespace(**{name: types.SimpleNamespace(load_data=load_data)})
    keras.config = types.SimpleNamespace(image_data_format=lambda: image_data_format)
    monkeypatch.setitem(sys.modules, "keras", keras)
    monkeypatch.setitem(loaders.LOADERS, name, getattr(loaders, f"_{name}"))


def numbered_images(count):
    """Images that carry their own row number in their first two pixels, labels (N, 1) as Keras gives them."""
    images = np.zeros((count, 32, 32, 3), "uint8")
    images[:, 0, 0, 0], images[:, 0, 0, 1] = np.arange(count) % 256, np.arange(count) // 256
    return images, (np.arange(count) % 10).astype("uint8")[:, None]


def row_numbers(images):
    return images[:, 0, 0, 0].astype(int) + 256 * images[:, 0, 0, 1].astype(int)


@pytest.mark.parametrize("image_data_format", ["channels_last", "channels_first"])
def test_cifar10_is_cut_to_the_course_split(cache, monkeypatch, capsys, image_data_format):
    (x_train, y_train), (x_test, y_test) = numbered_images(50_000), numbered_images(10_000)
    if image_data_format == "channels_first":
        x_train, x_test = x_train.transpose(0, 3, 1, 2), x_test.transpose(0, 3, 1, 2)
    fake_keras(monkeypatch, "cifar10", ((x_train, y_train), (x_test, y_test)), image_data_format)
    data = datasets.cifar10()
    assert data.origin == "keras"
    starts = [0, 10_000, 20_000, 30_000, 40_000]
    assert row_numbers(data.x_train).tolist() == [row for start in starts for row in range(start, start + 1000)]
    assert row_numbers(data.x_test).tolist() == list(range(1000))
    assert data.y_train.tolist() == [row % 10 for row in range(1000)] * 5
    out, err = capsys.readouterr()
    assert out == ""
    assert "Downloading data" in err
    assert datasets.cifar10().origin == "cache"


def test_mnist_comes_as_keras_gives_it(cache, monkeypatch):
    arrays = standins.make(specs.MNIST)
    answer = (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
    fake_keras(monkeypatch, "mnist", answer)
    data = datasets.mnist()
    assert data.origin == "keras"
    assert all(data.arrays[name] is arrays[name] for name in arrays)


def test_california_housing_comes_as_scikit_learn_gives_it(cache, monkeypatch):
    import sklearn.datasets

    real = standins.make(specs.CALIFORNIA_HOUSING)
    bunch = types.SimpleNamespace(data=np.asfortranarray(real["x"]), target=real["y"])
    monkeypatch.setattr(sklearn.datasets, "fetch_california_housing", lambda **options: bunch)
    monkeypatch.setitem(loaders.LOADERS, "california_housing", loaders._california_housing)
    data = datasets.california_housing()
    assert data.origin == "scikit-learn"
    np.testing.assert_array_equal(data.x, real["x"])
    assert data.x.flags.c_contiguous


def test_scikit_learn_itself_without_a_network_gives_the_stand_in(cache, tmp_path, monkeypatch, capsys):
    def unknown(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "sklearn"))
    monkeypatch.setitem(loaders.LOADERS, "california_housing", loaders._california_housing)
    assert datasets.california_housing().origin == "stand-in"
    err = capsys.readouterr().err
    assert "fetching failed (<urlopen error [Errno -2] Name or service not known>)" in err
    assert err.count("\n") == 2  # fetching, and how it ended


def test_a_silent_network_does_not_block_for_minutes(cache, monkeypatch):
    seen = []
    monkeypatch.setitem(loaders.LOADERS, "mnist", lambda: seen.append(socket.getdefaulttimeout()))
    datasets.mnist()
    assert seen == [loaders.TIMEOUT_SECONDS]
    assert socket.getdefaulttimeout() is None
