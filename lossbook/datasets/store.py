"""Where data are kept: read and checked, written whole or not at all."""

import os
import secrets
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lossbook.datasets.specs import Spec, get

WAIT_SECONDS = 600  # for another process that is fetching the same set


@dataclass(frozen=True)
class Place:
    """A folder that may hold data. We write only into our own."""

    origin: str
    folder: Path
    ours: bool


def say(message: str) -> None:
    """One line on stderr: a notebook's stdout must not depend on where its data came from."""
    print(f"lossbook: {message}", file=sys.stderr, flush=True)


def cache_folder() -> Path:
    """The user's cache folder, or LOSSBOOK_CACHE."""
    if chosen := os.environ.get("LOSSBOOK_CACHE"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("lossbook", appauthor=False))


def places() -> list[Place]:
    """Where to look, first one first."""
    cache = Place("cache", cache_folder(), ours=True)
    chosen = os.environ.get("LOSSBOOK_DATA")
    if not chosen:
        return [cache]
    return [Place("LOSSBOOK_DATA", Path(chosen).expanduser(), ours=False), cache]


def find(spec: Spec) -> tuple[dict[str, np.ndarray], str] | None:
    """The arrays and their origin from the first place that holds them whole; damaged files are named."""
    for place in places():
        if not (place.ours or place.folder.is_dir()):
            say(f"LOSSBOOK_DATA={place.folder} is not a folder and is passed over")
        path = place.folder / spec.file
        try:
            return read(path, spec), place.origin
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:  # not readable now: that says nothing against the file
            say(f"{path} cannot be read ({error.strerror or error}) and is passed over")
        except DamagedError as error:
            aside = _set_aside(path, error.stamp) if place.ours else ""
            say(f"{path} is damaged ({error}) and is passed over{aside}")
    return None


def find_in_cache(spec: Spec) -> dict[str, np.ndarray] | None:
    """A second look, in silence: what is wrong in the cache has been said."""
    with suppress(OSError, DamagedError):
        return read(cache_folder() / spec.file, spec)
    return None


def whole(spec: Spec) -> tuple[Path, str] | None:
    """Path and origin of what ``find`` would give, without a word and without touching anything."""
    for place in places():
        path = place.folder / spec.file
        with suppress(OSError):
            if _is_whole(path, spec.name, _stamp(path.stat())):
                return path, place.origin
    return None


@lru_cache(maxsize=32)
def _is_whole(path: Path, name: str, stamp: tuple) -> bool:
    try:
        read(path, get(name))
    except DamagedError:
        return False
    return True


class DamagedError(ValueError):
    """A file that is there and readable but does not hold the data."""

    def __init__(self, message: str, stamp: tuple):
        super().__init__(message)
        self.stamp = stamp


def _stamp(stat: os.stat_result) -> tuple:
    """Tells one state of a file from the next."""
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def read(path: Path, spec: Spec) -> dict[str, np.ndarray]:
    """The checked arrays of one file; OSError where it can't be read, DamagedError where it is not whole."""
    with open(path, "rb") as file:
        stamp = _stamp(os.fstat(file.fileno()))
        try:
            if not zipfile.is_zipfile(file):
                raise ValueError("cut short, or not an .npz archive")
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                return spec.from_file({key: archive[key] for key in archive.files})
        except (OSError, MemoryError):
            raise
        except Exception as error:  # zip, zlib, header parsing: a damaged file fails in too many ways to list
            raise DamagedError(str(error).split("\n")[0] or type(error).__name__, stamp) from error


def _set_aside(path: Path, stamp: tuple) -> str:
    """Rename a damaged file, unless another process has put a new one in its place meanwhile."""
    aside = path.with_name(path.name + ".damaged")
    try:
        if _stamp(path.stat()) == stamp:
            os.replace(path, aside)
            return f"; set aside as {aside.name}"
    except OSError:
        pass
    return ""


def write(spec: Spec, arrays: dict[str, np.ndarray]) -> bool:
    """Store in the cache: whole, or not at all with a warning."""
    folder = cache_folder()
    temporary = folder / f"{spec.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "xb") as file:
                np.savez_compressed(file, allow_pickle=False, **spec.to_file(arrays))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, folder / spec.file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        say(f"{spec.name} could not be stored in {folder} ({error.strerror or error}): used now, not kept")
        return False
    return True


@contextmanager
def alone(spec: Spec) -> Iterator[None]:
    """Hold the set's lock, so that one process fetches and the others wait. No lock to be had: go on."""
    from filelock import FileLock, Timeout

    folder = cache_folder()
    lock = FileLock(folder / f"{spec.name}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"{spec.name}: another process is fetching it; waiting")
            lock.acquire(timeout=WAIT_SECONDS)
        _sweep(folder, spec)
    except (OSError, NotImplementedError):  # Timeout is an OSError
        pass
    try:
        yield
    finally:
        lock.release()


def _sweep(folder: Path, spec: Spec) -> None:
    """Remove what a killed process left half-written. Old ones only: not every file system keeps locks."""
    for left in folder.glob(f"{spec.name}.*.tmp"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > WAIT_SECONDS:
                left.unlink()
