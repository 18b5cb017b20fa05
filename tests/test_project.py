"""The project as a whole: one list of dependencies, layers that hold, and papers that tell the truth."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import lossbook
from lossbook.cli import main

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lossbook"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = [Requirement(line) for lines in (PROJECT["dependencies"], *EXTRAS.values()) for line in lines]
PINS = [line.split("==") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


# Dependencies


def test_dependencies_stand_once():
    names = [canonicalize_name(requirement.name) for requirement in REQUIREMENTS]
    assert len(names) == len(set(names)), "a package stands in one list only"
    others = ["requirements*.txt", "*/requirements*.txt", "setup.py", "setup.cfg", "Pipfile", "binder/*", "postBuild"]
    assert [path.name for pattern in others for path in ROOT.glob(pattern)] == []


def test_environment_is_python_and_this_project():
    python, pip, by_pip = yaml.safe_load(read("environment.yml"))["dependencies"]
    assert python == "python=3.11"
    assert Version(python.split("=")[1]) in Requirement("python" + PROJECT["requires-python"]).specifier
    assert pip == "pip"
    assert by_pip == {"pip": ["-c constraints.txt", "-e ."]}


def test_constraints_are_plain_pins():
    text = read("constraints.txt")
    assert re.fullmatch(r"([A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*\n)+", text), "name==version lines, no local suffix"
    names = [canonicalize_name(name) for name, _ in PINS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_every_dependency_has_a_pin_in_its_range(requirement):
    pins = {canonicalize_name(name): version for name, version in PINS}
    version = Version(pins[canonicalize_name(requirement.name)])
    assert version in requirement.specifier
    bounds = {spec.operator: Version(spec.version) for spec in requirement.specifier}
    assert set(bounds) == {">=", "<"}, "an open range claims versions that nobody has tried"
    assert bounds[">="].release == version.release[:2], "the range begins at the version that is tested"


def test_what_is_imported_is_declared():
    """What only comes along with something else may be gone tomorrow."""
    declared = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    homes = packages_distributions()
    undeclared = {
        f"{path.relative_to(PACKAGE)}: {package}"
        for path in modules()
        for package, _ in imports(path)
        if package not in (*sys.stdlib_module_names, "lossbook")
        and not declared & {canonicalize_name(name) for name in homes.get(package, [])}
    }
    assert undeclared == set()


# Layers


#: Room: (rooms it may import, other packages it may import, packages it may import inside a function only).
#: A room imports only from rooms above it.
FRAMEWORKS = "torch keras tensorflow"
ROOMS = {
    "domains": ("", "numpy", ""),
    "spec": ("domains", "numpy", FRAMEWORKS),
    "frameworks": ("domains spec", "numpy", FRAMEWORKS + " tqdm"),
    "losses": ("domains spec frameworks", "numpy", FRAMEWORKS),  # frameworks: for what shows a Difference
    "autograd": ("", "", ""),
    "agreement": ("", "", ""),
    "datasets": ("", "numpy", "sklearn keras platformdirs filelock"),
    "parity": ("domains spec losses frameworks", "numpy", ""),
    "ledger": ("spec losses frameworks parity", "numpy", ""),
    "reference": ("domains spec losses", "numpy", ""),
    "figures": ("domains spec losses", "numpy", ""),
    "plots": ("figures", "numpy matplotlib", "IPython"),
    "explorers": ("domains spec losses figures plots", "numpy ipywidgets anywidget traitlets", "IPython"),
    "checks": ("agreement", "numpy", "IPython"),
    "nbval_rules": ("agreement datasets", "pytest nbval", ""),
    "authoring": ("*", "*", ""),
    "grading": ("checks nbval_rules authoring", "*", ""),  # authoring: what a solution's source and its bank say
    "bootstrap": ("", "", ""),
    "ready": ("bootstrap datasets", "", ""),
    "lab": ("", "", "jupyterlab"),
    "cli": ("*", "click", ""),
}


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """(module, inside a function?) for every import; `lossbook.room` for our own, the top package for others."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        for name in names_in(node, path):
            yield name.split(".")[0], id(node) in inside


def names_in(node, path):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{path}: relative import; write `from lossbook.…`"
        return [node.module]
    return []


def rooms_imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "lossbook":
            yield from (alias.name for alias in node.names)
        for name in names_in(node, path):
            if name.startswith("lossbook."):
                yield name.split(".")[1]


def layer_faults(path, room):
    """What this file imports and its room may not."""
    rooms, packages, inside_only = (text.split() for text in ROOMS[room])
    for other in set(rooms_imported(path)) - {room, *rooms}:
        if rooms != ["*"]:
            yield f"{room} imports lossbook.{other}"
    for package, inside in imports(path):
        if package in (*sys.stdlib_module_names, "lossbook") or packages == ["*"] or package in packages:
            continue
        if not (inside and package in inside_only):
            yield f"{room} imports {package}" + (" at the top of the file" if package in inside_only else "")


def test_a_room_imports_only_from_rooms_above():
    order = list(ROOMS)
    for room, (above, _, _) in ROOMS.items():
        assert all(order.index(other) < order.index(room) for other in above.replace("*", "").split()), room


@pytest.mark.parametrize("path", [p for p in modules() if p != PACKAGE / "__init__.py"], ids=lambda p: p.stem)
def test_layers(path):
    room = room_of(path)
    assert room in ROOMS, f"lossbook/{room} is a new room: say in ROOMS what it may import, and in which place"
    assert sorted(layer_faults(path, room)) == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("import torch", "spec imports torch at the top of the file"),
        ("def f():\n    import sklearn", "spec imports sklearn"),
        ("from lossbook import plots", "spec imports lossbook.plots"),
        ("from lossbook.losses.regression import huber", "spec imports lossbook.losses"),
        ("def f():\n    import keras", None),
        ("import numpy.linalg, os\nfrom lossbook.domains import flat", None),
    ],
)
def test_layers_are_really_looked_at(tmp_path, code, fault):
    path = tmp_path / "module.py"
    path.write_text(code)
    assert list(layer_faults(path, "spec")) == ([fault] if fault else [])


def test_import_is_light():
    heavy = "torch", "tensorflow", "keras", "matplotlib", "ipywidgets"
    code = f"import sys, lossbook; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


# Papers


def test_readme_maps_the_chapters():
    rows = re.findall(r"^\| (\d\d) \| (.*?) \|.*\| (.*) \|$", read("README.md"), re.MULTILINE)
    assert [number for number, _, _ in rows] == [f"{n:02}" for n in range(13)]
    for number, *cells in rows:
        for folder, cell in zip(["notebooks", "exercises"], cells, strict=True):
            there = [path.name for path in sorted((ROOT / folder).glob(f"{number}_*.ipynb"))]
            assert re.findall(rf"\({folder}/(.+)\)", cell) == there, f"{number}: the README links what is in {folder}/"
            assert there or "planned" in cell or (number, cell) == ("00", "none"), f"{number}: planned in {folder}/"


PAPERS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]


@pytest.mark.parametrize("paper", PAPERS)
def test_links_lead_somewhere(paper):
    targets = re.findall(r"\]\(([^)#]+)\)", read(paper))
    missing = [t for t in targets if not t.startswith("https://") and not (ROOT / t).exists()]
    assert missing == []


@pytest.mark.parametrize("paper", PAPERS)
def test_commands_are_there(paper):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    code = re.findall(r"`[^`]+`|^ {4,}.+", read(paper), re.MULTILINE)
    made = {name for line in code for name in re.findall(r"\bmake ([a-z-]+)", line)}
    called = {name for line in code for name in re.findall(r"(?:^|[`/ ])lossbook ([a-z]+)", line)}
    assert made - targets == set()
    assert called - set(main.commands) == set()


def test_readme_shows_the_picture_once_it_is_there():
    picture = (ROOT / "docs/section.png").exists()
    assert bool(re.search(r"!\[.+\]\(docs/section\.png\)", read("README.md"))) == picture


def test_version_stands_everywhere_alike():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert PROJECT["version"] == lossbook.__version__ == citation["version"]
    assert re.search(r"^## (\S+?),? ", read("CHANGELOG.md"), re.MULTILINE).group(1) == lossbook.__version__
    assert citation["license"] == ["MIT", "CC-BY-4.0"]
