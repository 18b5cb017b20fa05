"""One JupyterLab for the session, and a Chromium page that fails a test by what it wrote to its console."""

import pytest
from browser import CHROMIUM, chromium, jupyter_lab


def _needs_browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: left out what sliders do in a real page (apt-get install chromium)")
    pytest.importorskip("playwright", reason="no playwright: left out what sliders do in a real page")


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """(address, token, folder) of a running JupyterLab."""
    _needs_browser()
    folder = tmp_path_factory.mktemp("lab")
    with jupyter_lab(folder) as (address, token):
        yield address, token, folder


@pytest.fixture(scope="session")
def chrome():
    """A Chromium for the session."""
    _needs_browser()
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(chrome):
    """Makes pages with options such as ``device_scale_factor``; at the end their consoles must hold no error."""
    pages = []

    def make(**options):
        pages.append(chrome.page(**options))
        return pages[-1]

    yield make
    errors = [error for page in pages for error in page.errors]
    for page in pages:
        page.context.close()
    assert errors == []
