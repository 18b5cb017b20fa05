"""Where the data come from, in which order, and what is said about it."""

import copy
import os
import subprocess
import sys

import numpy as np
import pytest
from dataset_files import HOUSING, files, good, put

from lossbook import datasets
from lossbook.datasets import loaders, specs, standins, store


def test_order_of_the_sources(cache, tmp_path, monkeypatch, capsys):
    real = good()
    assert datasets.california_housing().origin == "stand-in"
    monkeypatch.setitem(loaders.LOADERS, HOUSING.name, lambda: real)
    assert datasets.california_housing().origin == "scikit-learn"
    assert datasets.california_housing().origin == "cache"
    put(tmp_path / "given")
    monkeypatch.setenv("LOSSBOOK_DATA", str(tmp_path / "given"))
    given = datasets.california_housing()
    assert given.origin == "LOSSBOOK_DATA"
    np.testing.assert_array_equal(given.y, real["y"])


def test_what_is_fetched_comes_back_from_the_cache_bit_by_bit(cache, monkeypatch):
    real = good()
    real["x"] = np.asfortranarray(real["x"])
    monkeypatch.setitem(loaders.LOADERS, HOUSING.name, lambda: real)
    datasets.california_housing()
    kept = datasets.california_housing()
    assert kept.x.tobytes() == np.ascontiguousarray(real["x"]).tobytes()
    assert kept.x.flags.c_contiguous
    assert kept.y.tobytes() == real["y"].tobytes()
    assert files(cache) == ["california_housing.npz"]


def test_data_set_has_arrays_names_units_and_a_repr_without_the_origin(cache):
    data = datasets.california_housing()
    assert repr(data) == "california_housing: x (20640, 8) float64, y (20640,) float64"
    assert data.x is data.arrays["x"]
    assert data.names[0] == "MedInc"
    assert set(data.units) == {*data.names, "y"}
    assert not data.is_real
    assert "x" in dir(data)
    with pytest.raises(AttributeError, match="has no 'x_train'; it has x, y"):
        _ = data.x_train
    with pytest.raises(AttributeError):
        data.origin = "cache"
    assert copy.copy(data).x is data.x


def test_stand_in_says_so_in_one_line_on_stderr(cache, monkeypatch, capsys):
    monkeypatch.setenv("LOSSBOOK_OFFLINE", "1")
    datasets.california_housing()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "california_housing is a STAND-IN" in err
    assert "LOSSBOOK_OFFLINE is set" in err
    assert "lossbook data fetch california_housing" in err


def test_no_network_gives_the_stand_in_with_the_reason_and_keeps_nothing(cache, capsys):
    assert datasets.mnist().origin == "stand-in"
    err = capsys.readouterr().err
    assert "fetching failed (URL fetch failure: None -- [Errno -2] Name or service not known)" in err
    assert "and more" not in err
    assert files(cache) == []


def test_offline_never_calls_a_loader(cache, monkeypatch):
    called = []
    monkeypatch.setattr(loaders, "LOADERS", {name: lambda: called.append(1) for name in specs.SPECS})
    monkeypatch.setenv("LOSSBOOK_OFFLINE", "1")
    assert [datasets.load(name).origin for name in datasets.names()] == ["stand-in"] * 3
    assert called == []
    monkeypatch.setenv("LOSSBOOK_OFFLINE", "0")
    datasets.california_housing()
    assert called == [1]


def test_loader_that_gives_something_else_is_not_believed(cache, monkeypatch, capsys):
    monkeypatch.setitem(loaders.LOADERS, HOUSING.name, lambda: good() | {"y": np.zeros(3)})
    assert datasets.california_housing().origin == "stand-in"
    assert "target: expected shape (20640,), got (3,)" in capsys.readouterr().err
    assert files(cache) == []


def test_unknown_name_lists_the_names():
    with pytest.raises(
        ValueError, match=r"expected one of california_housing, mnist, cifar10; got 'minst'. Try 'mnist'"
    ):
        datasets.available("minst")


def test_a_folder_that_is_not_there_is_named(cache, monkeypatch, capsys):
    monkeypatch.setenv("LOSSBOOK_DATA", str(cache / "typo"))
    datasets.california_housing()
    assert "typo is not a folder and is passed over" in capsys.readouterr().err


def test_available_and_are_full_say_nothing_and_follow_the_files(cache, capsys):
    assert not datasets.available("mnist")
    for name in datasets.names():
        assert not datasets.are_full()
        assert store.write(specs.get(name), standins.make(specs.get(name)))
        assert datasets.available(name)
    assert datasets.are_full()
    (cache / "mnist.npz").write_bytes(b"short")
    assert not datasets.are_full()
    assert sorted(path.name for path in cache.iterdir()) == ["california_housing.npz", "cifar10.npz", "mnist.npz"]
    assert capsys.readouterr() == ("", "")


def test_asking_loads_no_framework():
    code = """
import sys
from lossbook import datasets
datasets.are_full(), datasets.table()
heavy = {"torch", "tensorflow", "keras", "sklearn", "matplotlib", "ipywidgets"} & set(sys.modules)
sys.exit(f"loaded: {heavy}" if heavy else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
