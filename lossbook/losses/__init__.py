"""The catalogue of losses: one file each, ``<family>/<name>.py``. The folder is the list.

``LOSSBOOK_LOSSES`` names further folders of families (separated like PATH), for losses of your own.
"""

import os
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path

from lossbook.spec import Loss

__path__.extend(folder for folder in os.environ.get("LOSSBOOK_LOSSES", "").split(os.pathsep) if folder)

#: What the frameworks have and the catalogue leaves out, with the reason.
LEFT_OUT = {
    "AdaptiveLogSoftmaxWithLoss": "a layer with weights of its own, not a function of its inputs",
    "LinearCrossEntropyLoss": "a linear layer fused with cross_entropy",
    "TripletMarginWithDistanceLoss": "triplet_margin with another distance",
    "NLLLoss2d": "an old alias of NLLLoss",
    "SparseCategoricalCrossentropy": "cross_entropy with class indices",
    "RMSE": "a figure of a whole data set, not a loss of an element",
    "0-1 loss": "a figure: its gradient is 0 almost everywhere",
}


def _files() -> dict[str, str]:
    """Name of each loss and its family."""
    files = (file for folder in __path__ for file in Path(folder).glob("*/[!_]*.py"))
    return {file.stem: file.parent.name for file in sorted(files)}


def families() -> list[str]:
    """The families, in the order of the course."""
    course = [
        "regression",
        "likelihood",
        "classification",
        "margin",
        "similarity",
        "segmentation",
        "sequence",
    ]
    found = set(_files().values())
    return [f for f in [*course, "generative"] if f in found] + sorted(found - {*course, "generative"})


def names(family: str | None = None) -> list[str]:
    """The names of all losses, or of one family's, in alphabetical order."""
    if family is not None and family not in families():
        raise ValueError(f"losses: no family {family!r}; expected one of {', '.join(families())}.")
    return sorted(name for name, f in _files().items() if family in (None, f))


@cache
def get(name: str) -> Loss:
    """The loss called ``name``; ValueError with the nearest names where there is none."""
    files = _files()
    if name not in files:
        near = get_close_matches(str(name), files, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else "losses.names() lists them all."
        raise ValueError(f"losses: no loss {name!r}. {hint}")
    return import_module(f"lossbook.losses.{files[name]}.{name}").LOSS
