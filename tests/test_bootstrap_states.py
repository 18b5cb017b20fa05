"""The states of .venv, from none to whole: pip is played, the rest is real."""

import os
import shutil
from pathlib import Path

import pytest

from lossbook import bootstrap
from lossbook.bootstrap import SetupError, Venv

ROOT = Path(__file__).parents[1]
FILES = ["Makefile", "pyproject.toml", "constraints.txt", "lossbook/bootstrap.py"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a real .venv of kind 'venv', made once, and without pip, which takes time to copy."""
    root = tmp_path_factory.mktemp("made") / "course"
    (root / "lossbook").mkdir(parents=True)
    for name in FILES:
        shutil.copy(ROOT / name, root / name)
    Venv(root).create()
    for path in next((root / ".venv").glob("lib/python*/site-packages")).glob("*/"):
        shutil.rmtree(path)
    return root


@pytest.fixture
def venv(made, tmp_path, monkeypatch):
    """A fresh .venv, as if just made in this test's own folder; what pip would do is recorded in ``installs``."""
    root = tmp_path / "course"
    shutil.copytree(made, root, symlinks=True)
    venv = Venv(root)
    venv.write_stamp("venv")
    venv.installs = []
    monkeypatch.setattr(bootstrap, "check_space", lambda root, temp: None)
    monkeypatch.setattr(Venv, "create", lambda self: _copy_of(made, self))
    pip(monkeypatch, venv, 0, "")
    return venv


def _copy_of(made, venv):
    shutil.copytree(made / ".venv", venv.path, symlinks=True)
    venv.write_stamp("venv")


def pip(monkeypatch, venv, status, stderr, *, installs=("numpy-2.4.6.dist-info",), then=None):
    """pip now ends like this."""

    def run_pip(command, folder):
        venv.installs.append(command[-1])
        for name in installs:
            next(venv.path.glob("lib/python*/site-packages")).joinpath(name).mkdir(exist_ok=True)
        if then:
            raise then
        return status, stderr

    monkeypatch.setattr(bootstrap, "run_pip", run_pip)


def test_installs_once(venv):
    assert venv.state("lab") == "base"
    bootstrap.make("lab", venv.root)
    assert venv.state("lab") == "whole"
    bootstrap.make("lab", venv.root)
    assert venv.installs == ["."]
    bootstrap.make("test", venv.root)
    assert venv.installs == [".", ".[test]"]


def test_what_is_enough_to_test_is_enough_to_learn(venv):
    bootstrap.make("test", venv.root)
    bootstrap.make("lab", venv.root)
    assert venv.installs == [".[test]"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("constraints.txt", "\nclick==", "\nclick==1."), ("pyproject.toml", '"torch>=', '"torch>=1.')],
)
def test_changed_wishes_install_again_in_place(venv, name, old, new):
    bootstrap.make("test", venv.root)
    text = (venv.root / name).read_text()
    assert old in text
    (venv.root / name).write_text(text.replace(old, new))
    assert venv.state("test") == "base"
    bootstrap.make("test", venv.root)
    assert venv.installs == [".[test]", ".[test]"]


def test_other_settings_do_not_install_again(venv):
    bootstrap.make("test", venv.root)
    with (venv.root / "pyproject.toml").open("a") as file:
        file.write("\n[tool.other]\nx = 1\n")
    assert venv.state("test") == "whole"


def test_killed_in_the_middle_is_half_made_and_made_anew(venv, monkeypatch):
    pip(monkeypatch, venv, 0, "", then=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.make("lab", venv.root)
    assert venv.state("lab") == "half"
    assert venv.packages() != []
    pip(monkeypatch, venv, 0, "", installs=["torch-2.13.0.dist-info"])
    bootstrap.make("lab", venv.root)
    assert venv.state("lab") == "whole"
    assert "numpy-2.4.6.dist-info" not in venv.packages(), "the half-made one is gone"


def test_removal_that_was_cut_short_goes_on(venv, monkeypatch):
    venv.busy.write_text("")

    def cut_short(path):
        (venv.trash / venv.mark.name).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bootstrap.shutil, "rmtree", cut_short)
        with pytest.raises(KeyboardInterrupt):
            bootstrap.make("lab", venv.root)
    bootstrap.make("lab", venv.root)
    assert venv.state("lab") == "whole"
    assert list(venv.root.glob(".venv*")) == [venv.path]


def test_no_network_leaves_venv_as_it_was(venv, monkeypatch):
    bootstrap.make("lab", venv.root)
    pip(monkeypatch, venv, 1, "connection broken by NewConnectionError", installs=())
    with pytest.raises(SetupError, match="online"):
        bootstrap.make("test", venv.root)
    assert venv.state("lab") == "whole", "`make lab` still works on the train"


def test_failing_pip_that_installed_something_is_half_made(venv, monkeypatch):
    pip(monkeypatch, venv, 1, "[Errno 28] No space left on device")
    with pytest.raises(SetupError, match="disk is full"):
        bootstrap.make("lab", venv.root)
    assert venv.state("lab") == "half"


def test_chosen_pytorch_is_not_silently_replaced(venv, monkeypatch):
    chosen = "torch-2.13.0+cpu.dist-info"
    next(venv.path.glob("lib/python*/site-packages")).joinpath(chosen).mkdir()
    pip(monkeypatch, venv, 0, "", then=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.make("lab", venv.root)
    with pytest.raises(SetupError, match=r"PyTorch that you had chosen \(torch-2\.13\.0\+cpu"):
        bootstrap.make("lab", venv.root)
    assert venv.state("lab") == "base", "a new .venv waits for it"


def test_moved_folder_is_made_anew(venv, tmp_path):
    bootstrap.make("lab", venv.root)
    moved = Venv(venv.root.rename(tmp_path / "elsewhere"))
    assert moved.state("lab") == "half"


def test_python_that_was_removed(venv):
    bootstrap.make("lab", venv.root)
    for path in venv.path.glob("bin/python*"):
        path.unlink()
    venv.python.symlink_to("/no/such/python3.11")
    assert venv.state("lab") == "half"
    bootstrap.make("lab", venv.root)
    assert venv.state("lab") == "whole"


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_one_that_is_not_ours_is_set_aside(venv, tmp_path, capsys, kind):
    shutil.rmtree(venv.path)
    if kind == "folder":
        (venv.path / "bin").mkdir(parents=True)
        (venv.path / "precious").write_text("")
    elif kind == "file":
        venv.path.write_text("")
    else:
        venv.path.symlink_to(tmp_path / "nowhere")
    bootstrap.make("lab", venv.root)
    assert venv.state("lab") == "whole"
    assert "moved to .venv.old-1" in capsys.readouterr().out
    assert os.path.lexists(venv.root / ".venv.old-1")
