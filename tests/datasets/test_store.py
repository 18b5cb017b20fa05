"""Files that are damaged, folders that refuse, writes that fail, processes that come at once."""

import os
import pickle
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from dataset_files import HOUSING, files, good, put

from lossbook import datasets
from lossbook.datasets import loaders, specs, standins, store

# Damaged files


def _object_target():
    return np.array([1.0, "two"], dtype=object)


DAMAGES = {
    "shape": ({"target": np.ones(20639)}, "target: expected shape (20640,), got (20639,)"),
    "dtype": ({"target": np.ones(20640, "float32")}, "target: expected dtype float64, got float32"),
    "nan": ({"target": np.full(20640, np.nan)}, "target: holds NaN or infinite values"),
    "below": ({"target": np.zeros(20640)}, "target: holds values outside the known range"),
    "above": ({"target": np.full(20640, 500_001.0)}, "target: holds values outside the known range"),
    "names": ({"feature_names": np.array(list("abcdefgh"))}, "feature_names: expected ['MedInc'"),
    "key": ({"extra": np.ones(2)}, "expected the arrays ['data', 'feature_names', 'target'], got"),
    "pickle": ({"target": _object_target()}, "allow_pickle=False"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_wrong_content_is_named_and_set_aside(cache, damage, capsys):
    change, message = DAMAGES[damage]
    path = put(cache, **change)
    assert not datasets.available(HOUSING.name)
    assert datasets.california_housing().origin == "stand-in"
    err = capsys.readouterr().err
    assert f"{path} is damaged" in err
    assert message in err
    assert "set aside as california_housing.npz.damaged" in err
    assert files(cache) == ["california_housing.npz.damaged"]


def _cut(content):
    return content[: len(content) // 2]


def _flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_cut, "cut short, or not an .npz archive"),
        (_flipped, "Bad CRC-32"),
        (lambda content: b"", "cut short"),
        (lambda content: pickle.dumps([1, 2]), "cut short, or not an .npz archive"),
        (lambda content: pickle.dumps(content), "pickled"),
    ],
    ids=["truncated", "one byte", "empty", "pickle", "pickled archive"],
)
def test_damaged_file_is_named_and_replaced_by_a_new_one(cache, monkeypatch, spoil, message, capsys):
    path = put(cache)
    path.write_bytes(spoil(path.read_bytes()))
    assert not datasets.available(HOUSING.name)
    monkeypatch.setitem(loaders.LOADERS, HOUSING.name, good)
    assert datasets.california_housing().origin == "scikit-learn"
    assert message in capsys.readouterr().err
    assert files(cache) == ["california_housing.npz", "california_housing.npz.damaged"]
    assert datasets.available(HOUSING.name)


def test_damaged_file_in_the_given_folder_is_named_and_left_there(cache, tmp_path, monkeypatch, capsys):
    path = put(tmp_path / "given", target=np.ones(3))
    put(cache)
    monkeypatch.setenv("LOSSBOOK_DATA", str(path.parent))
    assert datasets.california_housing().origin == "cache"
    assert f"{path} is damaged" in capsys.readouterr().err
    assert files(path.parent) == ["california_housing.npz"]


def test_damaged_file_that_cannot_be_set_aside_is_still_passed_over(cache, monkeypatch, capsys):
    put(cache, target=np.ones(3))
    monkeypatch.setattr(os, "replace", _refuse)
    assert datasets.california_housing().origin == "stand-in"
    err = capsys.readouterr().err
    assert err.count("is damaged") == 1
    assert "set aside" not in err


def _refuse(*args, **kwargs):
    raise OSError(30, "Read-only file system")


def test_a_good_file_put_in_place_of_a_damaged_one_is_not_set_aside(cache):
    path = put(cache, target=np.ones(3))
    with pytest.raises(store.DamagedError) as caught:
        store.read(path, HOUSING)
    store.write(HOUSING, good())  # another process, between reading and setting aside
    assert store._set_aside(path, caught.value.stamp) == ""
    assert datasets.available(HOUSING.name)


def test_unreadable_file_is_passed_over_and_kept(cache, capsys):
    (cache / HOUSING.file).mkdir(parents=True)  # opening a folder fails for root as well
    assert not datasets.available(HOUSING.name)
    assert datasets.california_housing().origin == "stand-in"
    assert "cannot be read (Is a directory) and is passed over" in capsys.readouterr().err
    assert files(cache) == ["california_housing.npz"]


# Writing


def test_cache_folder_that_cannot_be_made_costs_only_a_warning(tmp_path, cache, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LOSSBOOK_CACHE", str(tmp_path / "file"))
    monkeypatch.setitem(loaders.LOADERS, HOUSING.name, good)
    data = datasets.california_housing()
    assert data.origin == "scikit-learn"
    np.testing.assert_array_equal(data.y, good()["y"])
    assert f"could not be stored in {tmp_path / 'file'}" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "in the way"


def test_read_only_cache_folder_costs_only_a_warning(cache, monkeypatch, capsys):
    monkeypatch.setattr(os, "replace", _refuse)
    monkeypatch.setitem(loaders.LOADERS, HOUSING.name, good)
    assert datasets.california_housing().origin == "scikit-learn"
    err = capsys.readouterr().err
    assert "could not be stored" in err
    assert "(Read-only file system): used now, not kept" in err
    assert files(cache) == []


def run(code, **environment):
    """Start Python on a piece of code, with our loaders replaced before it."""
    code = "from lossbook import datasets\n" + textwrap.dedent(code)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code], env=os.environ | environment, **pipes)


def test_write_that_fails_halfway_leaves_nothing_and_still_gives_the_data(cache):
    process = run("""
        import resource
        from lossbook.datasets import loaders, specs, standins
        loaders.LOADERS["mnist"] = lambda: standins.make(specs.MNIST)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # every write past this fails
        data = datasets.mnist()
        print(data.origin, data.x_train.shape)
    """)
    out, err = process.communicate(timeout=60)
    assert out == "keras (60000, 28, 28)\n", err
    assert "mnist could not be stored" in err
    assert "File too large" in err
    assert "Traceback" not in err
    assert files(cache) == []


def test_interrupted_write_leaves_nothing(cache, monkeypatch):
    def interrupt(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupt)
    monkeypatch.setitem(loaders.LOADERS, HOUSING.name, good)
    with pytest.raises(KeyboardInterrupt):
        datasets.california_housing()
    assert files(cache) == []


def test_what_a_killed_process_left_is_swept_away_when_it_is_old(cache, monkeypatch):
    cache.mkdir()
    old, young = cache / "mnist.1-a.tmp", cache / "mnist.2-b.tmp"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    with store.alone(specs.MNIST):
        assert files(cache) == ["mnist.2-b.tmp"]


TWO_AT_ONCE = """
    import time
    from pathlib import Path
    from lossbook.datasets import loaders, specs, standins
    here = Path({folder!r})
    def slow():
        with open(here / "calls", "a") as calls:
            calls.write("called\\n")
        time.sleep(0.5)
        return standins.make(specs.CALIFORNIA_HOUSING)
    loaders.LOADERS["california_housing"] = slow
    {more}
    (here / "ready-{number}").touch()
    while not (here / "go").exists():
        time.sleep(0.01)
    data = datasets.california_housing()
    print(data.origin, float(data.x.sum()))
"""


@pytest.mark.parametrize(
    ("more", "calls"),
    [("", 1), ("import filelock; filelock.FileLock.acquire = fail", 2)],
    ids=["with a lock", "without locks"],
)
def test_two_processes_at_once_both_get_whole_data(cache, tmp_path, more, calls):
    more = more and f"def fail(*a, **k): raise NotImplementedError\n    {more}"
    both = [run(TWO_AT_ONCE.format(folder=str(tmp_path), number=n, more=more)) for n in (1, 2)]
    while len(list(tmp_path.glob("ready-*"))) < 2:
        assert all(process.poll() is None for process in both)
        time.sleep(0.01)
    (tmp_path / "go").touch()
    answers = [process.communicate(timeout=60) for process in both]
    total = float(standins.make(HOUSING)["x"].sum())
    origins = sorted(out.split()[0] for out, _ in answers)
    assert origins == (["cache", "scikit-learn"] if calls == 1 else ["scikit-learn"] * 2)
    assert [float(out.split()[1]) for out, _ in answers] == [total, total]
    assert (tmp_path / "calls").read_text().count("called") == calls
    assert files(cache) == ["california_housing.npz"]
    assert store.read(cache / HOUSING.file, HOUSING)["x"].sum() == total
