"""``lossbook lab``: lay copies of the exercises into ``work/``, then start JupyterLab at the course.

A learner's work is never overwritten. ``work/.laid.json`` remembers what was laid: exercise → {file in work/: hash of
what was laid there}. A copy that still has its hash was not changed and follows a newer version of its exercise; beside
one that was changed the newer version is laid, as ``02_regression-v0.2.0.ipynb``.
"""

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

RECORD = ".laid.json"


@dataclass(frozen=True)
class Laid:
    """What became of one exercise: ``action`` is 'new', 'updated', 'beside' (a changed copy is there) or 'kept'."""

    exercise: str
    action: str
    file: str

    def __str__(self):
        if self.action == "beside":
            return f"{self.exercise}: you have changed your copy, so the newer version is beside it, in {self.file}"
        return f"{self.file}: {self.action}"


def course_folder(package=None):
    """The clone that this package is run from."""
    root = (package or Path(__file__).resolve().parent).parent
    if not (root / "notebooks").is_dir():
        raise ValueError(
            f"lab: expected the course's folder around the package; {root} has no notebooks/. "
            "Install lossbook from a clone: pip install -c constraints.txt -e ."
        )
    return root


def lay(exercises, work, version):
    """Lay the exercises into ``work``: one ``Laid`` each. The course's ``version`` names what is laid beside a copy."""
    sources = sorted(exercises.glob("*.ipynb"))
    try:
        if sources:
            work.mkdir(exist_ok=True)
        record = _read_record(work)
        return [_lay_and_record(source, work, record, version) for source in sources]
    except OSError as error:
        raise ValueError(
            f"lab: can't lay the exercises into {work} ({error.strerror}: {error.filename}). "
            "It has to be a folder that you may write to, on a disk with room."
        ) from error


def _lay_and_record(source, work, record, version):
    """The record is written after each, so that a run that is cut short knows what it has laid."""
    before = dict(record.get(source.name, {}))
    laid = _lay_one(source, work, record.setdefault(source.name, {}), version)
    if record[source.name] != before:
        _write(work / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    return laid


def _lay_one(source, work, laid, version):
    """One exercise; ``laid`` is its part of the record, and is brought up to date."""
    content = source.read_bytes()
    wanted = _hash(content)
    copy = work / source.name
    present = _hash_of(copy)
    if present == wanted:
        action, file = "kept", copy.name
    elif present is None or present == laid.get(copy.name):
        action, file = "updated" if present else "new", copy.name
    elif wanted in laid.values():  # laid beside it before; if it is gone, it was not wanted
        return Laid(source.name, "kept", copy.name)
    else:
        action, file = "beside", _name_beside(source, work, laid, version, wanted)
    if _hash_of(work / file) != wanted:
        _write(work / file, content)
    laid[file] = wanted
    return Laid(source.name, action, file)


def _name_beside(source, work, laid, version, wanted):
    """``02_regression-v0.2.0.ipynb``, or with a number after it where that name holds something changed."""
    number = 1
    while True:
        suffix = f"-v{version}" if number == 1 else f"-v{version}-{number}"
        file = f"{source.stem}{suffix}{source.suffix}"
        if _hash_of(work / file) in (None, wanted, laid.get(file)):
            return file
        number += 1


def _hash(content):
    return hashlib.sha256(content).hexdigest()


def _hash_of(path):
    """None if nothing is there; something that is no readable file counts as changed."""
    try:
        return _hash(path.read_bytes())
    except FileNotFoundError:
        return "a broken link" if path.is_symlink() else None
    except OSError:
        return "unreadable"


def _read_record(work):
    """The record; without it, or with a damaged one, every copy in work/ counts as changed."""
    try:
        record = json.loads((work / RECORD).read_text(encoding="utf-8"))
        return {str(name): {str(file): str(value) for file, value in laid.items()} for name, laid in record.items()}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}


def _write(path, content):
    """Whole or not at all: to a temporary name, then renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def arguments_for_jupyter(root, arguments, first_time, is_root):
    """What JupyterLab is given: ``notebooks/`` in view; what the user says himself is left alone, and goes last."""
    ours = {"FileContentsManager.preferred_dir": root / "notebooks"}
    start = root / "notebooks" / "00_start_here.ipynb"
    if first_time and start.exists():
        ours["LabApp.default_url"] = f"/lab/tree/notebooks/{start.name}"
    said = " ".join(arguments)
    given = [f"--{name}={value}" for name, value in ours.items() if name.split(".")[1] not in said]
    if is_root and "--allow-root" not in arguments:  # JupyterLab refuses root; in a container there is nobody else
        given.append("--allow-root")
    return [*given, *arguments]


def start(root, arguments, first_time):
    """Run JupyterLab in this process until it is stopped."""
    from jupyterlab.labapp import main

    # A terminal in JupyterLab then finds `lossbook` and this Python.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's notes about missing GPUs would fill red boxes
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    os.chdir(root)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return main(arguments_for_jupyter(root, arguments, first_time, is_root))
