"""Is my machine ready: what is found, what counts as enough, and the way out where it is not."""

import subprocess
import sys
from importlib import metadata
from types import SimpleNamespace

import pytest

from lossbook import datasets, ready
from lossbook.datasets import loaders, specs

HOUSING = specs.CALIFORNIA_HOUSING


@pytest.fixture
def no_data(tmp_path, monkeypatch):
    """An empty cache, and loaders that must not be called."""
    monkeypatch.setenv("LOSSBOOK_CACHE", str(tmp_path))
    for name in ("LOSSBOOK_DATA", "LOSSBOOK_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(loaders, "fetch", lambda spec: pytest.fail("the table fetched data"))
    return tmp_path


def library(version):
    return lambda name: SimpleNamespace(__version__=version)


def broken(error):
    def load(name):
        raise error

    return load


def test_the_table_of_this_machine_has_a_row_for_everything(no_data):
    rows = {row.what: row for row in ready.table().rows}
    assert list(rows) == [
        "Python", "lossbook", "torch", "tensorflow", "keras", "Keras's backend", "jupyterlab", "ipywidgets",
        "anywidget", *datasets.names(),
    ]  # fmt: skip
    assert rows["torch"].found == metadata.version("torch")
    assert all(rows[name].ready for name in ready.PACKAGES), "the tests run on the tested versions"
    assert not any(rows[name].ready for name in datasets.names())


def test_the_ranges_are_those_of_the_project():
    wanted = ready._wanted()
    assert wanted["torch"] == ">=2.13,<2.14"
    assert wanted[""] == ">=3.11,<3.12"
    assert set(ready.PACKAGES) <= set(wanted)
    assert "hypothesis" not in wanted, "what only the tests need is no learner's concern"


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("2.13.0", True),
        ("2.13.1+cpu", True),
        ("2.14.0", False),
        ("2.12.9", False),
        ("2.13.0rc1", True),
        ("2.14", False),
    ],
)
def test_a_version_fits_its_range_or_is_red(version, fits):
    row = ready._package("torch", ">=2.13,<2.14", library(version))
    assert row.ready == fits
    assert row.found.startswith(version)
    assert fits or ("tried with >=2.13,<2.14" in row.found and "pip install -c constraints.txt" in row.way_out)


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "not installed"),
        (ModuleNotFoundError("No module named 'numpy'", name="numpy"), "does not load: No module named 'numpy'"),
        (ImportError("libgomp.so.1: cannot open\nmore"), "does not load: libgomp.so.1: cannot open"),
        (AttributeError(""), "does not load: AttributeError"),
    ],
)
def test_a_package_that_does_not_load_is_red(error, found):
    row = ready._package("torch", "", broken(error))
    assert (row.ready, row.found) == (False, found)
    assert sys.executable in row.way_out
    assert "restart the kernel" in row.way_out


@pytest.mark.parametrize(("version", "fits"), [("3.11.2", True), ("3.12.0", False), ("3.10.9", False)])
def test_another_python_is_red(version, fits):
    row = ready._python(">=3.11,<3.12", version)
    assert row.ready == fits
    assert fits or "make lab" in row.way_out


def test_a_course_that_is_not_installed_is_red(monkeypatch):
    def unknown(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "metadata", unknown)
    monkeypatch.setattr(metadata, "version", unknown)
    assert ready._wanted() == {}
    assert "pip install" in ready._course().way_out


@pytest.mark.parametrize(
    ("load", "found", "way_out"),
    [
        (lambda name: SimpleNamespace(backend=SimpleNamespace(backend=lambda: "tensorflow")), "tensorflow", ""),
        (
            lambda name: SimpleNamespace(backend=SimpleNamespace(backend=lambda: "jax")),
            "jax",
            "KERAS_BACKEND=tensorflow",
        ),
        (broken(ImportError("no")), "unknown", "the row above"),
    ],
)
def test_keras_on_another_backend_is_red(load, found, way_out):
    row = ready._backend(load)
    assert row.found.startswith(found)
    assert way_out in row.way_out
    assert row.ready == (way_out == "")


def test_data_that_are_here_are_green(no_data, monkeypatch):
    monkeypatch.setattr(datasets, "origin", lambda name: "cache")
    assert ready._data(HOUSING) == ready.Row("california_housing", "here: cache")


def test_data_that_are_missing_name_the_command(no_data, monkeypatch):
    row = ready._data(HOUSING)
    assert row.found == "not here yet"
    assert row.way_out == "in a terminal: lossbook data fetch california_housing (0.4 MB)"
    monkeypatch.setenv("LOSSBOOK_OFFLINE", "1")
    assert ready._data(HOUSING).way_out.startswith("unset LOSSBOOK_OFFLINE, then in a terminal: lossbook data fetch")


def test_a_damaged_file_is_called_so_and_left_alone(no_data):
    path = no_data / HOUSING.file
    path.write_bytes(b"half of it")
    assert ready._data(HOUSING).found == "damaged"
    assert path.read_bytes() == b"half of it"


def test_what_is_shown():
    good, bad = ready.Row("torch", "2.13.0"), ready.Row("keras", "<1>", "install it")
    assert repr(ready.Table((good,))) == "ready      torch  2.13.0\nAll green: your machine is ready."
    table = ready.Table((good, bad, bad))
    assert not table.ready
    assert "not ready  keras  <1>\n           -> install it" in repr(table)
    assert repr(table).endswith("2 rows are red: do what they say, then run this cell again.")
    html = table._repr_html_()
    assert (html.count("#007a5c"), html.count("#b3261e")) == (1, 2)
    assert "&lt;1&gt;" in html


def test_importing_it_loads_no_framework():
    code = (
        "import sys, lossbook.ready; print([name for name in ('torch', 'keras', 'jupyterlab') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
