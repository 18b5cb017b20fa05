"""Make the project's ``.venv``. Run by ``make`` with whatever Python is there, so: standard library only.

    python -I lossbook/bootstrap.py suits        exit status 0 if this Python is one that the course was tried with
    python -I lossbook/bootstrap.py ready lab    exit status 0 if .venv holds all that `make lab` needs
    python -I lossbook/bootstrap.py make lab     make it so; the kinds are venv, lab, test

``.venv`` is whole when ``.complete-KIND`` says so: written last, and naming the place, the Python and the wanted
packages, so that a .venv that was interrupted, moved or outdated is not taken for a whole one.
The file has to parse on an old Python too: that Python is told so in a sentence, not by a traceback.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = {"lab": ".", "test": ".[test]"}
# Measured with the pinned versions on Linux: .venv 3.7 GB, wheels on their way through the temporary folder 0.9 GB.
VENV_MB, TEMP_MB = 4000, 1000
CUDA_NOTE = "PyTorch's CUDA build, the default on Linux, takes several GB more: README, 'The small PyTorch'."


class SetupError(Exception):
    """What is wrong, and the way out, in words for a newcomer."""


def requires_python(root):
    """The range of ``pyproject.toml``, such as '>=3.11,<3.12'; by pattern, because an old Python has no tomllib."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(r'^requires-python\s*=\s*"([^"]+)"', text, re.MULTILINE).group(1)


def suits(requires, version):
    """Is ``version`` (3, 11, 2) in ``requires``? Only >= and < are used there."""
    for piece in requires.split(","):
        low, number = piece.strip().startswith(">="), re.sub(r"[^\d.]", "", piece)
        bound = tuple(int(part) for part in number.split("."))
        if (tuple(version[: len(bound)]) >= bound) != low:
            return False
    return True


def check_python(root, version, find_spec=importlib.util.find_spec):
    """Refuse a Python that is too old, too new, or (on Debian) comes without venv."""
    requires, here = requires_python(root), ".".join(str(part) for part in version[:3])
    if not suits(requires, version):
        raise SetupError(
            f"Python {requires} is needed; {sys.executable} is {here}. "
            "Install one that fits and name it: make lab PYTHON=/path/to/python3.11 "
            "(or take the conda route of the README)."
        )
    found = {name: find_spec(name) for name in ("venv", "ensurepip")}
    missing = [name for name in found if not getattr(found[name], "origin", None)]  # an emptied folder has no origin
    if missing:
        raise SetupError(
            f"This Python ({sys.executable}, {here}) comes without {' and '.join(missing)}, "
            f"so it can't make a .venv. On Debian and Ubuntu: sudo apt install python{version[0]}.{version[1]}-venv. "
            "Or name another Python: make lab PYTHON=/path/to/python3.11."
        )


def check_space(root, temp, disk_usage=shutil.disk_usage):
    """Refuse to begin what could not end: room for .venv and for the wheels that pip unpacks on the way."""
    need = {os.stat(root).st_dev: [root, VENV_MB]}
    need.setdefault(os.stat(temp).st_dev, [temp, 0])[1] += TEMP_MB
    for place, megabytes in need.values():
        free = disk_usage(place).free // 10**6
        if free < megabytes:
            way_out = "Make room" if place == root else "Make room, or name a roomier temporary folder: TMPDIR=/path"
            raise SetupError(
                f"Not enough disk space in {place}: {megabytes / 1000:.1f} GB needed, {free / 1000:.1f} GB free. "
                f"{way_out}; then run the same command again. {CUDA_NOTE}"
            )


# What pip says when it fails, and what that means; the first that matches.
REASONS = [
    (
        r"No space left|\[Errno 28\]|WinError 112",
        "The disk is full. Make room, then run the same command again. " + CUDA_NOTE,
    ),
    (
        r"CERTIFICATE_VERIFY|SSLError|SSLCertVerification",
        "The package index was reached, but its certificate is not trusted here, as behind some company proxies. "
        "Name the proxy's certificate: PIP_CERT=/path/to/ca.pem make lab.",
    ),
    (
        r"connection broken|NewConnection|NameResolution|ConnectTimeout|ReadTimeout|timed out|ProxyError|unreachable",
        "The package index can't be reached. Is this machine online, is a proxy needed (HTTPS_PROXY)? "
        "Nothing is lost: run the same command again when it is.",
    ),
    (
        r"\[Errno 13\]|\[Errno 30\]|Permission denied|Read-only",
        "Part of .venv can't be written: see pip's lines above.",
    ),
    (
        r"No matching distribution|ResolutionImpossible",
        "For this kind of machine the package index has no such version (PyTorch, for one, has none for "
        "Intel Macs and for 32-bit systems). See the README, 'Linux, macOS, Windows'.",
    ),
]


def explain(stderr):
    """One sentence for a failed pip run."""
    for pattern, words in REASONS:
        if re.search(pattern, stderr):
            return words
    return "pip could not install the packages: see its lines above. Then run the same command again."


def refusal(error, venv):
    """One sentence for a .venv that could not even be begun."""
    if error.errno == 28:  # ENOSPC
        return REASONS[0][1]
    return (
        f"Can't write {venv} ({error.strerror}). Put the course into a folder of your own, "
        "or ask for write access to this one."
    )


class Venv:
    """The .venv of one course folder, and what is known of its state."""

    def __init__(self, root):
        self.root, self.path = root, root / ".venv"
        self.python = self.path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.trash = root / ".venv.trash"  # on its way out; an interrupted removal goes on next time
        self.mark = self.path / ".made-by-lossbook"  # written first: ours to remove
        self.busy = self.path / ".installing"  # there while pip works, so still there after a crash

    def stamp(self, kind):
        return self.path / f".complete-{kind}"

    def place(self):
        """Where .venv is and which Python runs in it; '' if none does (its base was removed or replaced)."""
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        try:
            run = subprocess.run([str(self.python), "-I", "-c", code], stdout=subprocess.PIPE, check=True)
        except (OSError, subprocess.CalledProcessError):
            return ""
        return f"Python {run.stdout.decode().strip()} in {self.path}"

    def wanted(self, kind):
        """What a stamp says when .venv is whole for ``kind`` today."""
        if kind == "venv":
            return self.place()
        import tomllib  # not on an old Python, which check_python has sent away by now

        pyproject = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        packages = [pyproject["build-system"], pyproject["project"]]
        text = json.dumps(packages, sort_keys=True) + (self.root / "constraints.txt").read_text(encoding="utf-8")
        return f"{self.place()}, packages {hashlib.sha256(text.encode()).hexdigest()}"

    def state(self, kind):
        """'none', 'foreign' (not made here), 'half' (interrupted, moved), 'base' (a sound .venv) or 'whole'."""
        if not os.path.lexists(str(self.path)):
            return "none"
        if not self.mark.is_file():
            return "foreign"
        if self.busy.exists() or not self.place() or not self._says("venv"):
            return "half"
        return "whole" if self._says(kind) else "base"

    def _says(self, kind):
        stamp = self.stamp(kind)
        return stamp.is_file() and stamp.read_text(encoding="utf-8") == self.wanted(kind)

    def write_stamp(self, kind):
        self.stamp(kind).write_text(self.wanted(kind), encoding="utf-8")

    def packages(self):
        """The installed packages, by the folders that pip leaves for each."""
        folder = "Lib" if os.name == "nt" else "lib/python*"
        return sorted(path.name for path in self.path.glob(f"{folder}/site-packages/*.dist-info"))

    def clear(self, state):
        """Away with a half-made .venv, set aside one that isn't ours; returns the PyTorch build that was chosen."""
        if state == "foreign" or self.path.is_symlink():
            names = (f".venv.old-{number}" for number in range(1, 1000))
            aside = next(name for name in names if not os.path.lexists(str(self.root / name)))
            os.rename(str(self.path), str(self.root / aside))
            print(f".venv was not made by this Makefile: moved to {aside}; delete that when you like.", flush=True)
            return ""
        chosen = self.busy.read_text(encoding="utf-8") if self.busy.is_file() else ""
        print(".venv is half-made or was moved: making it anew.", flush=True)
        os.rename(str(self.path), str(self.trash))
        self.empty_trash()
        return chosen

    def empty_trash(self):
        if self.trash.is_dir():
            shutil.rmtree(str(self.trash))

    def create(self):
        """The empty .venv with pip in it."""
        os.mkdir(str(self.path))
        self.mark.write_text("Made by lossbook/bootstrap.py, which may remove this folder.\n", encoding="utf-8")
        run = subprocess.run([sys.executable, "-I", "-m", "venv", str(self.path)])
        if run.returncode:
            raise SetupError(f"{sys.executable} could not make {self.path}: see its lines above.")
        self.write_stamp("venv")

    def install(self, kind):
        """The project and its dependencies at the tested versions; the stamp comes last."""
        before = self.packages()
        # A build with a local version (+cpu) that is here before pip starts was chosen by a person.
        self.busy.write_text("".join(n for n in before if re.match(r"torch-.*\+", n)), encoding="utf-8")
        arguments = ["install", "--no-input", "--disable-pip-version-check", "--no-user"]
        arguments += ["-c", "constraints.txt", "-e", EXTRAS[kind]]
        try:
            status, stderr = run_pip([str(self.python), "-I", "-m", "pip", *arguments], self.root)
        finally:
            if self.packages() == before:  # it only downloaded: .venv is what it was
                self.busy.unlink()
        if status:
            raise SetupError(explain(stderr))
        for done in {"lab", kind}:
            self.write_stamp(done)
        if self.busy.exists():
            self.busy.unlink()


def run_pip(command, folder):
    """pip with its progress bars on the terminal; its errors too, and kept for ``explain``."""
    process = subprocess.Popen(command, cwd=str(folder), stderr=subprocess.PIPE)
    lines = []
    try:
        for line in process.stderr:
            lines.append(line.decode(errors="replace"))
            sys.stderr.write(lines[-1])
    finally:  # Ctrl-C reaches pip too: what it leaves behind is known when it has ended
        status = process.wait()
    return status, "".join(lines)


def make(kind, root=ROOT):
    """Bring .venv to ``kind``, from whatever state it is in."""
    check_python(root, sys.version_info)
    venv = Venv(root)
    state = venv.state(kind)
    if state == "whole":
        return
    venv.empty_trash()
    chosen = venv.clear(state) if state in ("foreign", "half") else ""
    if not venv.stamp("lab").exists():
        check_space(root, Path(tempfile.gettempdir()))
    if state != "base":
        venv.create()
    if chosen:
        raise SetupError(
            f"The half-made .venv held a PyTorch that you had chosen ({chosen}): put it into the new .venv now, "
            "as before, then run the same command again. (Run it at once for the default PyTorch.)"
        )
    if kind != "venv":
        venv.install(kind)


def main(arguments):
    action, kind = arguments[0], (arguments[1:] or ["venv"])[0]
    venv = Venv(ROOT)
    if action == "suits":
        return 0 if suits(requires_python(ROOT), sys.version_info) else 1
    if action == "ready":
        return 0 if venv.state(kind) == "whole" else 1
    try:
        make(kind)
    except SetupError as error:
        problem = str(error)
    except KeyboardInterrupt:
        problem = "Stopped. Run the same command again to go on."
    except OSError as error:
        problem = refusal(error, venv.path)
    else:
        return 0
    print(f"\nlossbook: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
