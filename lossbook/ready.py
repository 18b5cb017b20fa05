"""Is this machine ready for the course? Versions and data as one table, green or red, with each red row's way out.

Nothing is fetched. Packages are really imported: a version number says nothing about a library that doesn't load.
"""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib import import_module, metadata

from lossbook import datasets
from lossbook.bootstrap import suits
from lossbook.datasets import loaders, specs, store

PACKAGES = ("torch", "tensorflow", "keras", "jupyterlab", "ipywidgets", "anywidget")
#: Repairs the very Python that this runs in, however the course was installed.
INSTALL = (
    f"in a terminal, in the course's folder: {sys.executable} -m pip install -c constraints.txt -e . "
    "Then restart the kernel."
)


@dataclass(frozen=True)
class Row:
    """One thing that the course needs: what was found of it, and the way out where that is not enough."""

    what: str
    found: str
    way_out: str = ""

    @property
    def ready(self) -> bool:
        """Nothing to do."""
        return not self.way_out


@dataclass(frozen=True)
class Table:
    """What ``ready.table`` shows."""

    rows: tuple[Row, ...]

    @property
    def ready(self) -> bool:
        """True where no row is red."""
        return all(row.ready for row in self.rows)

    @property
    def verdict(self) -> str:
        """The whole table in a sentence."""
        red = sum(not row.ready for row in self.rows)
        if not red:
            return "All green: your machine is ready."
        rows = "1 row is red: do what it says" if red == 1 else f"{red} rows are red: do what they say"
        return f"{rows}, then run this cell again."

    def __repr__(self) -> str:
        width = max(len(row.what) for row in self.rows) + 2
        lines = []
        for row in self.rows:
            lines.append(f"{_sign(row):11}{row.what:{width}}{row.found}")
            lines += [f"{'':11}-> {row.way_out}"] if row.way_out else []
        return "\n".join([*lines, self.verdict])

    def _repr_html_(self) -> str:
        body = "".join(_html(row) for row in self.rows)
        return f"<table>{body}</table><p><b>{escape(self.verdict)}</b></p>"


def _html(row: Row) -> str:
    colour = "#007a5c" if row.ready else "#b3261e"
    sign = f'<td style="background:{colour};color:white;text-align:left;white-space:nowrap">{_sign(row)}</td>'
    rest = (f'<td style="text-align:left">{escape(text)}</td>' for text in (row.what, row.found, row.way_out))
    return f"<tr>{sign}{''.join(rest)}</tr>"


def _sign(row: Row) -> str:
    return "ready" if row.ready else "not ready"


def table() -> Table:
    """Look at Python, the packages, Keras's backend and the data sets."""
    wanted = _wanted()
    packages = [_package(name, wanted.get(name, "")) for name in PACKAGES]
    packages.insert(PACKAGES.index("keras") + 1, _backend())
    data = [_data(spec) for spec in specs.SPECS.values()]
    return Table((_python(wanted.get("", "")), _course(), *packages, *data))


def _wanted() -> dict[str, str]:
    """The ranges of ``pyproject.toml`` as they were installed, by package; Python's under ''."""
    try:
        course = metadata.metadata("lossbook")
    except metadata.PackageNotFoundError:
        return {}
    lines = course.get_all("Requires-Dist") or []
    ranges = dict(re.match(r"([\w.-]+)([<>=.,\d]*)", line).groups() for line in lines if "extra ==" not in line)
    ranges[""] = course["Requires-Python"]
    return {name: ",".join(sorted(wanted.split(","), reverse=True)) for name, wanted in ranges.items()}  # >= before <


def _fits(wanted: str, version: str) -> bool:
    numbers = tuple(int(number) for number in re.match(r"[\d.]*\d", version)[0].split("."))
    return not wanted or suits(wanted, numbers)


def _python(wanted: str, version: str = ".".join(map(str, sys.version_info[:3]))) -> Row:
    if _fits(wanted, version):
        return Row("Python", version)
    return Row(
        "Python", f"{version}; the course was tried with {wanted}",
        "open the course with 'make lab', which uses such a Python; in another editor, choose that kernel.",
    )  # fmt: skip


def _course() -> Row:
    try:
        return Row("lossbook", metadata.version("lossbook"))
    except metadata.PackageNotFoundError:
        return Row("lossbook", "not installed, only found in this folder", INSTALL)


def _package(name: str, wanted: str, load: Callable = import_module) -> Row:
    try:
        version = load(name).__version__
    except Exception as error:  # a broken library fails as it likes
        missing = isinstance(error, ModuleNotFoundError) and error.name == name
        return Row(name, "not installed" if missing else f"does not load: {_first_line(error)}", INSTALL)
    if _fits(wanted, version):
        return Row(name, version)
    return Row(name, f"{version}; the course was tried with {wanted}", INSTALL)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _backend(load: Callable = import_module) -> Row:
    try:
        backend = load("keras").backend.backend()
    except Exception:  # the row above says why
        return Row("Keras's backend", "unknown, as Keras does not load", "mend the row above first.")
    if backend == "tensorflow":
        return Row("Keras's backend", backend)
    return Row("Keras's backend", backend, "set KERAS_BACKEND=tensorflow where you start Jupyter, and start it again.")


def _data(spec: specs.Spec) -> Row:
    if origin := datasets.origin(spec.name):
        return Row(spec.name, f"here: {origin}")
    there = any(os.path.exists(place.folder / spec.file) for place in store.places())
    first = "unset LOSSBOOK_OFFLINE, then in" if loaders.offline() else "in"
    return Row(
        spec.name, "damaged" if there else "not here yet",
        f"{first} a terminal: lossbook data fetch {spec.name} ({spec.download})",
    )  # fmt: skip
