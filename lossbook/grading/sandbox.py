"""The sandbox around a warm parent: bubblewrap, started as an unprivileged user, with nothing in it that isn't needed.

Inside are the interpreter and its packages, this package without the course around it, and a folder for sockets. No
network, no other process, no home, no submission, no solution.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import lossbook
from lossbook.grading.places import OWN, SCRATCH, SOCKETS
from lossbook.nbval_rules import KERNEL_ENVIRONMENT

FIRST_USER = 64200  # users that nobody has: each sandbox started by root runs as one of its own
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache",
           "/etc/localtime", "/etc/ssl")  # fmt: skip
_DEVICES = ("null", "zero", "full", "random", "urandom")
# A root's interpreter may lie in root's home, where an unprivileged user can't look: what bubblewrap is to bind is
# first bound to where it can, in a mount namespace of its own.
_STAGE = """set -e
number=$1; stage=$2; shift 2
while [ "$number" -gt 0 ]; do mount --bind "$1" "$stage/$number"; number=$((number - 1)); shift; done
exec "$@"
"""


class SandboxError(ValueError):
    """There is no sandbox here that holds; the message says why and what to do."""


@dataclass
class Place:
    """A sandbox's folder outside: sockets below it, and the user it belongs to."""

    user: int | None  # None: whoever runs the grader
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="lb-", dir=_short_temporary())))

    def __post_init__(self):
        self.count = 0
        self.sockets = self.folder / "s"
        self.sockets.mkdir(mode=0o700)
        self.folder.chmod(0o711)
        if self.user is not None:
            os.chown(self.sockets, self.user, self.user)

    def socket_folder(self) -> Path:
        """A new folder for one kernel's sockets."""
        self.count += 1
        path = self.sockets / str(self.count)
        path.mkdir(mode=0o700)
        if self.user is not None:
            os.chown(path, self.user, self.user)
        return path

    def remove(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _short_temporary() -> str:
    """Paths of sockets must stay under 100 bytes."""
    given = tempfile.gettempdir()
    return given if len(given) < 40 else "/tmp"


def user_for(number: int) -> int | None:
    """The user that sandbox ``number`` runs as: nobody's where root runs the grader."""
    return FIRST_USER + number % 500 if os.geteuid() == 0 else None


def missing() -> str:
    """Why there can be no sandbox on this machine; "" where there may be one."""
    if not sys.platform.startswith("linux"):
        return f"the sandbox needs Linux; this is {sys.platform}"
    needed = ["bwrap", *(["unshare", "setpriv", "mount"] if os.geteuid() == 0 else [])]
    absent = [name for name in needed if not shutil.which(name)]
    return f"{', '.join(absent)} not found: install bubblewrap (apt-get install bubblewrap)" if absent else ""


def launch(place: Place, arguments: list[str], **options) -> subprocess.Popen:
    """Start this interpreter with ``arguments`` in a sandbox; it dies with the thread that calls this."""
    trees = _trees()
    staged = [] if place.user is None else [tree for tree in trees if not _open_to_all(tree)]
    stage = place.folder / "stage"
    for number in range(len(staged)):
        (stage / str(number + 1)).mkdir(parents=True, exist_ok=True)
    sources = {tree: str(stage / str(len(staged) - n)) for n, tree in enumerate(staged)}
    command = [shutil.which("bwrap"), *_options(place, trees, sources), sys.executable, *arguments]
    if place.user is not None:
        user = str(place.user)
        drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]
        enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _STAGE, "sh", str(len(staged))]
        command = [*enter, str(stage), *staged, *drop, *command]
    return subprocess.Popen(command, env={"PATH": os.environ.get("PATH", os.defpath)}, cwd="/", **options)


def _trees() -> list[str]:
    """Folders of the interpreter and its packages outside of the system's."""
    folders = {sys.prefix, sys.base_prefix, *(p for p in sys.path if p.endswith(("site-packages", "dist-packages")))}
    if os.environ.get("LOSSBOOK_DATA"):
        folders.add(os.path.abspath(os.environ["LOSSBOOK_DATA"]))
    folders = sorted(folder for folder in folders if os.path.isdir(folder) and not folder.startswith("/usr/"))
    package = str(Path(lossbook.__file__).resolve().parent)
    inner = [f for f in folders if f != "/usr" and not any(f.startswith(other + "/") for other in folders)]
    return [*inner, *([] if any(package.startswith(f + "/") for f in inner) else [package])]


def _open_to_all(tree: str) -> bool:
    """Whether every folder on the way lets everybody pass."""
    return all(p.stat().st_mode & stat.S_IXOTH for p in [Path(tree), *Path(tree).parents])


def _options(place: Place, trees: list[str], sources: dict[str, str]) -> list[str]:
    options = ["--unshare-all", "--die-with-parent", "--new-session", "--uid", "1000", "--gid", "1000",
               "--hostname", "grading", "--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP",
               "--clearenv"]  # fmt: skip
    for path in _SYSTEM:
        if os.path.islink(path):
            options += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            options += ["--ro-bind", path, path]
    for tree in trees:
        options += ["--ro-bind", sources.get(tree, tree), tree]
    if not any(tree.startswith("/tmp/") for tree in trees):
        options += ["--symlink", SCRATCH[1:], "/tmp"]
    options += ["--proc", "/proc", "--tmpfs", "/dev"]
    for device in _DEVICES:
        options += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    options += ["--tmpfs", "/dev/shm", "--symlink", "/proc/self/fd", "/dev/fd", "--tmpfs", SCRATCH, "--dir", OWN,
                "--bind", str(place.sockets), SOCKETS, "--remount-ro", "/dev", "--remount-ro", "/"]  # fmt: skip
    for name, value in environment().items():
        options += ["--setenv", name, value]
    return [*options, "--chdir", SCRATCH, "--"]


def environment() -> dict[str, str]:
    """What a sandboxed kernel finds in ``os.environ``: nothing of the grader's own."""
    own = {
        "HOME": SCRATCH, "IPYTHONDIR": f"{SCRATCH}/.ipython", "LANG": "C.UTF-8", "LOSSBOOK_OFFLINE": "1",
        "USER": "student", "MPLCONFIGDIR": f"{SCRATCH}/.matplotlib", "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(Path(lossbook.__file__).resolve().parent.parent), "TMPDIR": SCRATCH,
    }  # fmt: skip
    if os.environ.get("LOSSBOOK_DATA"):
        own["LOSSBOOK_DATA"] = os.path.abspath(os.environ["LOSSBOOK_DATA"])
    return KERNEL_ENVIRONMENT | own
