"""Making .venv: every way to fail has a sentence, and a half-made .venv is never taken for a whole one."""

import ast
import errno
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from lossbook import bootstrap
from lossbook.bootstrap import SetupError, Venv, suits

ROOT = Path(__file__).parents[1]
FILES = ["Makefile", "pyproject.toml", "constraints.txt", "lossbook/bootstrap.py"]
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def clone(tmp_path):
    """The files that make .venv, in a folder whose name has a blank."""
    root = tmp_path / "my course"
    (root / "lossbook").mkdir(parents=True)
    for name in FILES:
        shutil.copy(ROOT / name, root / name)
    script = root / "lossbook/bootstrap.py"
    asks = "VENV_MB, TEMP_MB = 4000, 1000"
    text = script.read_text(encoding="utf-8")
    assert asks in text
    script.write_text(text.replace(asks, "VENV_MB, TEMP_MB = 1, 1"), encoding="utf-8")  # these tests need no more
    return root


def run_make(root, *arguments, **environment):
    """`make …` in ``root``; what a `make test` around this test was told is not passed on."""
    outer = {"PYTHON", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in outer} | environment
    command = ["make", "-C", str(root), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def fake_python(folder, body, name="python3.11"):
    """A command that stands in for a Python."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_parses_on_an_old_python():
    ast.parse((ROOT / "lossbook/bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("version", "expected"),
    [((3, 10, 14), False), ((3, 11, 0), True), ((3, 11, 9), True), ((3, 12, 0), False), ((4, 0, 0), False)],
)
def test_suits(version, expected):
    assert suits(">=3.11,<3.12", version) is expected


def test_range_comes_from_pyproject(clone):
    text = (clone / "pyproject.toml").read_text()
    (clone / "pyproject.toml").write_text(text.replace('requires-python = ">=3.11,<3.12"', 'requires-python = ">=3.9"'))
    assert bootstrap.requires_python(clone) == ">=3.9"


@pytest.mark.parametrize("version", [(3, 8, 1), (3, 99, 0)])
def test_python_out_of_range(version):
    with pytest.raises(SetupError, match=r"Python >=3\.11,<\S+ is needed.*is 3\.\d+\.\d.*make lab PYTHON=.*conda"):
        bootstrap.check_python(ROOT, version)


@pytest.mark.parametrize("spec", [None, ModuleSpec("ensurepip", None)], ids=["missing", "emptied folder"])
def test_debian_without_venv(spec):
    def find_spec(name):
        return spec if name == "ensurepip" else ModuleSpec(name, None, origin="venv.py")

    with pytest.raises(SetupError, match=r"without ensurepip.*sudo apt install python3\.11-venv"):
        bootstrap.check_python(ROOT, (3, 11, 2), find_spec)


def test_space_on_one_disk(tmp_path):
    def disk_with(gigabytes):
        return lambda place: Usage(10**12, 0, int(gigabytes * 1e9))

    bootstrap.check_space(tmp_path, tmp_path, disk_with(5.1))
    with pytest.raises(SetupError, match=r"5\.0 GB needed, 4\.9 GB free"):  # 4 for .venv + 1 for the wheels
        bootstrap.check_space(tmp_path, tmp_path, disk_with(4.9))


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs two file systems")
def test_space_on_two_disks(tmp_path):
    free = {str(tmp_path): 10e9, "/dev/shm": 0.5e9}
    with pytest.raises(SetupError, match=r"in /dev/shm: 1\.0 GB needed, 0\.5 GB free.*TMPDIR"):
        bootstrap.check_space(tmp_path, Path("/dev/shm"), lambda place: Usage(0, 0, free[str(place)]))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(': Failed to establish "
            "a new connection: [Errno -3] Temporary failure in name resolution')': /simple/torch/\n"
            "ERROR: No matching distribution found for torch",
            "online",
        ),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "PIP_CERT"),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied", "can't be written"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no such version"),
        ("ERROR: something new", "see its lines above"),
    ],
)
def test_explains_pip(said, meant):
    assert meant in bootstrap.explain(said)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_no_write_access(clone, monkeypatch, capsys, number):
    def refuse(path):
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(bootstrap, "ROOT", clone)
    monkeypatch.setattr(bootstrap.os, "mkdir", refuse)
    monkeypatch.setattr(bootstrap.make, "__defaults__", (clone,))
    monkeypatch.setattr(bootstrap, "check_space", lambda root, temp: None)
    assert bootstrap.main(["make", "venv"]) == 1
    assert f"Can't write {clone}/.venv ({os.strerror(number)})" in capsys.readouterr().err


def test_make_without_a_suitable_python(clone):
    old = fake_python(clone / "bin", '[ "$1" = --version ] && echo Python 3.9.2; exit 1', "python3.9")
    run = run_make(clone, "lab", f"PYTHON={old}")
    assert run.returncode != 0
    assert 'it needs ">=3.11,<3.12"' in run.stderr
    assert f"{old}: Python 3.9.2" in run.stderr
    assert "PYTHON=/path/to/python3.11" in run.stderr
    assert not (clone / ".venv").exists()


def test_make_with_a_python_that_is_not_there(clone):
    run = run_make(clone, "lab", PYTHON="/no/such/python")
    assert run.returncode != 0
    assert "/no/such/python: " in run.stderr
    assert "not found" in run.stderr


def test_make_takes_the_first_suitable_python(clone):
    for name in ("python3.11", "python3.12", "python3.13", "python3.14"):
        fake_python(clone / "bin", "exit 1", name)
    fake_python(clone / "bin", f'exec "{sys.executable}" "$@"', "python3")
    run = run_make(clone, "venv", PATH=f"{clone / 'bin'}:{os.environ['PATH']}")
    assert run.returncode == 0, run.stderr
    assert Venv(clone).state("venv") == "whole"


def test_make_venv_once(clone):
    assert run_make(clone, "venv", PYTHON=sys.executable).returncode == 0
    before = (clone / ".venv/.complete-venv").stat().st_mtime_ns
    assert run_make(clone, "venv", PYTHON="/no/such/python").returncode == 0, "needs no Python but that in .venv"
    assert (clone / ".venv/.complete-venv").stat().st_mtime_ns == before


def test_python_that_cannot_make_a_venv(clone):
    as_itself = (
        "import runpy, sys; _, sys.executable, *sys.argv = sys.argv; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    broken = 'case "$*" in *"-m venv"*) echo broken >&2; exit 1;; esac'
    python = fake_python(clone / "bin", f'{broken}\nshift\nexec "{sys.executable}" -I -c "{as_itself}" "$0" "$@"')
    run = run_make(clone, "venv", f"PYTHON={python}")
    assert run.returncode != 0
    assert "could not make" in run.stderr
    assert Venv(clone).state("venv") == "half"


def test_errors_of_pip_are_shown_and_kept(capsys):
    code = "import sys; print('out'); print('ERROR: no', file=sys.stderr); sys.exit(3)"
    status, stderr = bootstrap.run_pip([sys.executable, "-c", code], ROOT)
    assert (status, stderr) == (3, "ERROR: no\n")
    assert capsys.readouterr().err == "ERROR: no\n"
