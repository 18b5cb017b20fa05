"""The pytest plugin that makes nbval fit this course.

Loaded with ``-p lossbook.nbval_rules`` (``pyproject.toml`` does). ``pytest --nbval`` then
- compares numbers to within one unit of the last digit printed: see ``agreement``;
- starts the interpreter that runs pytest, in the environment in which ``lossbook build`` ran the notebook;
- does not look at stderr, nor at widget views and what they leave as text;
- counts pictures, without comparing their pixels;
- runs ``machine`` cells without comparing them, and ``full-data`` cells where the full data are missing;
- obeys tags only: comments such as ``# NBVAL_SKIP`` change nothing.
"""

import os
from contextlib import contextmanager
from functools import cache, partial

import pytest
from nbval.plugin import IPyNbCell

from lossbook.agreement import agree, disagreement

# One environment for the kernels that build, test and grade: on a machine, training is repeatable to the last bit.
# It is set around the start of a kernel only, never for pytest itself. Processors still round differently; to see how
# far a chapter's outputs carry, run it on other instruction sets:
# ATEN_CPU_CAPABILITY=default MKL_CBWR=COMPATIBLE ONEDNN_MAX_CPU_ISA=SSE41 pytest --nbval notebooks/02_regression.ipynb
KERNEL_ENVIRONMENT = {
    "COLUMNS": "80",  # width of tables that ask for a terminal
    "CUDA_VISIBLE_DEVICES": "-1",  # stored outputs are a CPU's
    "KERAS_BACKEND": "tensorflow",
    "MKL_NUM_THREADS": "1",  # sums are split by the number of threads, and rounded accordingly
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",  # the order of sets of strings
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_DETERMINISTIC_OPS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "1",  # twice as fast on convolutions, and as repeatable
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}
DATA_SETS = ("california_housing", "mnist", "cifar10")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
PICTURES = ("image/png", "image/jpeg")

# What nbval leaves out of a comparison, less the pictures, whose number counts.
_SKIPPED = ("metadata", "traceback", "prompt_number", "output_type", "name", "execution_count")


@contextmanager
def kernel_environment():
    """``os.environ`` as a kernel is to find it, restored afterwards."""
    wanted = dict(KERNEL_ENVIRONMENT)
    if os.environ.get("LOSSBOOK_DATA"):  # a kernel starts in the folder of its notebook
        wanted["LOSSBOOK_DATA"] = os.path.abspath(os.environ["LOSSBOOK_DATA"])
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def visible(outputs: list) -> list:
    """Outputs without stderr and widget views; an output that has only text besides its view goes with it."""
    kept = []
    for output in outputs:
        data = output.get("data", {})
        if output["output_type"] == "stream" and output["name"] == "stderr":
            continue
        if WIDGET_VIEW in data:
            data = {mime: content for mime, content in data.items() if mime != WIDGET_VIEW}
            if set(data) <= {"text/plain"}:
                continue
            output = type(output)(output, data=type(output)(data))
        kept.append(output)
    return kept


def tags(cell) -> list[str]:
    """The tags of a cell."""
    return cell["metadata"].get("tags", [])


def missing_data(notebook) -> list[str]:
    """The data sets that the ``full-data`` cells of a notebook depend on and that are not here.

    A notebook names them in its metadata, ``lossbook: {data: [california_housing]}``; all three where it doesn't.
    """
    if not any("full-data" in tags(cell) for cell in notebook["cells"]):
        return []
    needed = notebook["metadata"].get("lossbook", {}).get("data", DATA_SETS)
    return [name for name in needed if not _available(name)]


@cache
def _available(name: str) -> bool:
    from lossbook import datasets

    return datasets.available(name)


class _Reading(str):
    """A string that equals what ``agree`` accepts for it; nbval compares with ``!=``."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        return agree(str(self), str(other))

    def __ne__(self, other):
        return not self == other


def pytest_itemcollected(item):
    """Let nbval's cells obey the rules above."""
    if not isinstance(item, IPyNbCell):
        return
    marks = tags(item.cell)
    uncompared = "machine" in marks or ("full-data" in marks and missing_data(item.parent.nb))
    item.options.update(
        skip=False,
        check=item.parent.compare_outputs and not uncompared,
        check_exception="raises-exception" in marks,
    )
    item.compare_outputs = partial(_compare, item.compare_outputs)
    item.sanitize = _read
    item.format_output_compare = partial(_explain, item)


def _compare(compare_outputs, test, ref, skip_compare=None):
    return compare_outputs(*([_without_pixels(output) for output in visible(side)] for side in (test, ref)), _SKIPPED)


def _without_pixels(output):
    data = output.get("data", {})
    if not any(mime in data for mime in PICTURES):
        return output
    return type(output)(output, data=type(output)(data, **{mime: "a picture" for mime in PICTURES if mime in data}))


def _read(value):
    return _Reading(value) if isinstance(value, str) else value


def _explain(item, key, expected, got):
    reason = disagreement(expected, got) if isinstance(expected, str) else f"expected {expected}, got {got}"
    item.comparison_traceback.append(f"{key}, {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """The first cell of a notebook starts its kernel."""
    if not isinstance(item, IPyNbCell):
        return (yield)
    with kernel_environment():
        return (yield)


def pytest_configure(config):
    """The kernel is the interpreter that runs pytest, whatever ``python3`` means to the user's Jupyter."""
    if not getattr(config.option, "nbval_kernel_name", None):
        config.option.nbval_current_env = True
