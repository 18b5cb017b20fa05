import pytest

from lossbook.datasets import loaders, specs


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of our own, no LOSSBOOK_DATA, and loaders that fail the way they do without a network."""
    monkeypatch.setenv("LOSSBOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LOSSBOOK_DATA", raising=False)
    monkeypatch.delenv("LOSSBOOK_OFFLINE", raising=False)
    monkeypatch.setattr(loaders, "LOADERS", dict.fromkeys(specs.SPECS, _no_network))
    return tmp_path / "cache"


def _no_network():
    raise Exception("URL fetch failure: None -- [Errno -2] Name or service not known\nand more")
