"""``lossbook data`` and ``lossbook data fetch``."""

from click.testing import CliRunner

from lossbook import datasets
from lossbook.cli import main
from lossbook.datasets import loaders, specs, standins, store


def test_command_shows_where_each_set_is(cache):
    store.write(specs.CALIFORNIA_HOUSING, standins.make(specs.CALIFORNIA_HOUSING))
    result = CliRunner().invoke(main, ["data"])
    assert result.exit_code == 0
    assert f"cache: {cache / 'california_housing.npz'}, " in result.output
    assert "x (20640, 8), y (20640,)" in result.output
    assert "not here; keras fetches 170 MB" in result.output


def test_command_fetches_once(cache, monkeypatch):
    calls = []

    def load():
        calls.append(1)
        return standins.make(specs.CALIFORNIA_HOUSING)

    monkeypatch.setitem(loaders.LOADERS, "california_housing", load)
    for _ in range(2):
        result = CliRunner().invoke(main, ["data", "fetch", "california_housing"])
        assert result.exit_code == 0
        assert f"california_housing is in {cache / 'california_housing.npz'}" in result.output
    assert calls == [1]


def test_command_fails_with_the_reason_for_each_set_and_never_takes_a_stand_in(cache):
    result = CliRunner().invoke(main, ["data", "fetch"])
    assert result.exit_code == 1
    for name in datasets.names():
        assert f"{name}: fetching failed (URL fetch failure" in result.output
    assert list(cache.glob("*.npz")) == []


def test_command_fails_where_nothing_can_be_kept(cache, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LOSSBOOK_CACHE", str(tmp_path / "file"))
    make = lambda: standins.make(specs.CALIFORNIA_HOUSING)  # noqa: E731
    monkeypatch.setitem(loaders.LOADERS, "california_housing", make)
    result = CliRunner().invoke(main, ["data", "fetch", "california_housing"])
    assert result.exit_code == 1
    assert "could not keep them" in result.output


def test_command_names_the_sets_when_it_does_not_know_one():
    result = CliRunner().invoke(main, ["data", "fetch", "minst"])
    assert result.exit_code == 2
    assert "Try 'mnist'" in result.output
