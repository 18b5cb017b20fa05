"""Adding a loss is adding one file: a new one gets its tests, its figure and its reference page."""

import os
import re
import subprocess
import sys
from pathlib import Path

CUBE = '''"""Cubed error: the absolute error to the third power."""

import numpy as np

from lossbook.domains import REALS
from lossbook.spec import Case, Curve, Functions, Loss, elementwise


def value(y_true, y_pred):
    return np.abs(y_pred - y_true) ** 3


def gradient(y_true, y_pred):
    return SIGN3 * (y_pred - y_true) * np.abs(y_pred - y_true)


def torch(y_true, y_pred):
    return (y_pred - y_true).abs() ** 3


def keras(y_true, y_pred):
    from keras import ops

    return ops.abs(y_pred - y_true) ** 3


LOSS = Loss(
    name="cube", title="Cubed error", family="powers", per="element", formula=r"|\\hat y - y|^3",
    forms=elementwise(REALS, REALS), functions=Functions(value, gradient, torch, keras),
    known=(Case([1.0], [3.0], [8.0], [12.0], "|3 - 1|^3 = 8; slope 3 * 2^2 = 12"),),
    curve=Curve(x="prediction", low=-2.0, high=2.0, targets={"y = 0": 0.0}), source="this test",
)
'''

SHOW = """
import numpy as np
from lossbook import losses, figures, reference
print(losses.get("cube").value([1.0], [3.0]), "powers" in losses.families())
print(reference.page("cube"))
print(figures.curves(losses.get("cube")).alt)
"""


def run(folder, *command):
    environment = os.environ | {"LOSSBOOK_LOSSES": str(folder), "LOSSBOOK_EXAMPLES": "3"}
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)


def drop(folder, sign):
    (folder / "powers").mkdir(exist_ok=True)
    (folder / "powers" / "cube.py").write_text(CUBE.replace("SIGN3", sign))


def test_a_new_file_is_tested_drawn_and_described(tmp_path):
    drop(tmp_path, "3")
    catalogue = str(Path(__file__).with_name("test_catalogue.py"))
    tests = run(tmp_path, "-m", "pytest", "-q", "-k", "cube", catalogue, "-p", "no:cacheprovider")
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert int(re.search(r"(\d+) passed", tests.stdout)[1]) >= 12
    shown = run(tmp_path, "-c", SHOW)
    assert shown.returncode == 0, shown.stderr
    assert "[8.] True" in shown.stdout
    assert "# cube: Cubed error" in shown.stdout
    drop(tmp_path, "-3")
    broken = run(tmp_path, "-m", "pytest", "-q", "-k", "cube", catalogue, "-p", "no:cacheprovider")
    assert broken.returncode == 1
    assert "test_gradient_is_the_derivative[cube]" in broken.stdout
