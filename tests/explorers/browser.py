"""A JupyterLab on loopback and a Chromium to look at it, for the browser tests and the latency benchmark."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
#: Messages of JupyterLab itself that tell nothing about an explorer.
NOISE = ("favicon", "Failed to load resource", "WebSocket connection")


@contextmanager
def jupyter_lab(folder: Path):
    """A JupyterLab that serves ``folder``; yields its address with the token."""
    token, home = secrets.token_hex(16), folder / ".jupyter"
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR")
    env = os.environ | {name: str(home / name.lower()) for name in (*names, "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")}
    _settings(Path(env["JUPYTERLAB_SETTINGS_DIR"]))
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
        f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    with open(folder / "lab.log", "wb") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield f"http://127.0.0.1:{_port(server, Path(env['JUPYTER_RUNTIME_DIR']), folder)}/lab", token
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _settings(folder: Path) -> None:
    """No question about news, and no autosave while a test looks."""
    chosen = {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "docmanager-extension/plugin": {"autosave": False},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }
    for name, values in chosen.items():
        file = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))


def _port(server: subprocess.Popen, runtime: Path, folder: Path, patience: float = 60) -> int:
    end = time.monotonic() + patience
    while time.monotonic() < end and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(file.read_text())["port"]
            except (ValueError, KeyError):
                pass  # still being written
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start: {(folder / 'lab.log').read_text()[-2000:]}")


class Chrome:
    """A running Chromium that makes pages; each collects its console errors in ``page.errors``."""

    def __init__(self, browser):
        self.browser = browser

    def page(self, **options):
        """A page in a context of its own."""
        options = {"viewport": {"width": 1280, "height": 900}} | options
        page = self.browser.new_context(**options).new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda message: _collect(page, message))
        return page


@contextmanager
def chromium():
    """A fresh headless Chromium, Debian's own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield Chrome(browser)
        finally:
            browser.close()


def _collect(page, message) -> None:
    if message.type == "error" and not any(words in message.text for words in NOISE):
        page.errors.append(message.text)


def write_notebook(path: Path, cells: list[str]) -> None:
    """A notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


def open_notebook(page, lab: tuple, name: str) -> None:
    """Open a notebook and wait until its kernel is idle."""
    address, token, *_ = lab
    page.goto(f"{address}/tree/{name}?token={token}&reset")
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_function(
        """() => { const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
                   return context?.session?.kernel?.status === 'idle'; }""", timeout=60_000,
    )  # fmt: skip


def run_all(page, timeout: float = 120) -> None:
    """Run every cell and wait until the kernel has finished."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        """() => { const cells = window.jupyterapp.shell.currentWidget.content.widgets;
                   return cells.every((cell) => cell.model.executionCount && cell.prompt !== '*'); }""",
        timeout=timeout * 1000,
    )


def run_cell(page, index: int, timeout: float = 30) -> list[str]:
    """Run one cell and return the text of its outputs."""
    page.evaluate(
        """async (index) => { const notebook = window.jupyterapp.shell.currentWidget.content;
             notebook.deselectAll(); notebook.activeCellIndex = index;
             await window.jupyterapp.commands.execute('notebook:run-cell'); }""", index,
    )  # fmt: skip
    page.wait_for_function(
        "(index) => window.jupyterapp.shell.currentWidget.content.widgets[index].prompt !== '*'", arg=index,
        timeout=timeout * 1000,
    )  # fmt: skip
    return page.locator(".jp-Cell").nth(index).locator(".jp-OutputArea-output").all_inner_texts()
