"""Files for the tests of the data: good ones, and good ones with something changed."""

import numpy as np

from lossbook.datasets import specs, standins

HOUSING = specs.CALIFORNIA_HOUSING


def good(spec=HOUSING):
    """Arrays that pass as the real ones, and are not the stand-in."""
    arrays = standins.make(spec)
    return arrays | {"y": arrays["y"][::-1].copy()} if spec is HOUSING else arrays


def put(folder, spec=HOUSING, **change):
    """A file of good arrays, some of its keys changed."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / spec.file, **spec.to_file(good(spec)) | change)
    return folder / spec.file


def files(folder):
    """What lies in the cache, apart from the lock."""
    return sorted(path.name for path in folder.glob("*") if path.suffix != ".lock")
