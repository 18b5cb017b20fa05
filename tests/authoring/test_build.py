"""``lossbook build``: what is stored, that it is always the same, where errors point, what drift is."""

import json
import sys
from pathlib import Path

import nbformat
import psutil
import pytest
from click.testing import CliRunner

from lossbook import nbval_rules
from lossbook.authoring.build import build, drift
from lossbook.authoring.source import BuildError, read
from lossbook.authoring.structure import problems
from lossbook.cli import main

CHAPTER = """\
# Regression

```{code-cell} ipython3
import os
import sys
import matplotlib.pyplot as plt
from tqdm.auto import tqdm

print("a warning", file=sys.stderr)
print({"mae", "mse", "huber", "log-cosh"}, os.environ["OMP_NUM_THREADS"], os.path.basename(os.getcwd()))
```

Text.

```{code-cell} ipython3
:tags: [torch]
:id: q2-1-answer-torch

for step in tqdm(range(3), leave=False):
    print(step, end=" ")
sys.executable == os.environ["WANTED_PYTHON"]
```

## A figure

```{code-cell} ipython3
figure, ax = plt.subplots(figsize=(2, 2))
ax.plot([0, 1], [0, 1])
plt.close(figure)
display(figure, metadata={"image/png": {"alt": "MAE against the error"}})
```

```{code-cell} ipython3
:tags: [raises-exception]

import json
json.loads("{")
```
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    for folder in ("notebooks", "solutions"):
        (tmp_path / folder / "src").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANTED_PYTHON", sys.executable)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    return tmp_path


def write(text, name="notebooks/src/02_regression.md"):
    path = Path.cwd() / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def another_python3(tmp_path, monkeypatch):
    """A kernel ``python3`` on the user's Jupyter path that is not this interpreter."""
    folder = tmp_path / "jupyter" / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text('{"argv": ["/bin/false"], "display_name": "x", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")


@pytest.mark.usefixtures("course", "another_python3")
def test_a_build():
    """One notebook, looked at from all sides, then built again: the same bytes."""
    steps = []
    target = build(write(CHAPTER), lambda done, total: steps.append((done, total)))
    first = target.read_bytes()
    stored = nbformat.v4.reads(first.decode())
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert problems(stored) == []
    assert [cell.id for cell in stored.cells] == [
        "regression",
        "regression_1",
        "regression_2",
        "q2-1-answer-torch",
        "a-figure",
        "a-figure_1",
        "a-figure_2",
    ]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4]
    assert code[0].outputs[0].text.endswith("} 1 notebooks\n")
    assert len(code[0].outputs) == 1
    assert code[1].outputs[0].text == "0 1 2 "
    assert code[1].outputs[1].data == {"text/plain": "True"}
    assert len(code[1].outputs) == 2
    assert code[2].outputs[0].metadata == {"image/png": {"alt": "MAE against the error"}}
    assert code[3].outputs[0].ename == "JSONDecodeError"
    assert "json/decoder" not in "".join(code[3].outputs[0].traceback)
    assert steps == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert build(write(CHAPTER)).read_bytes() == first
    assert drift(write(CHAPTER)) == []
    assert sorted(path.name for path in target.parent.iterdir()) == ["02_regression.ipynb", "src"]
    assert [child for child in psutil.Process().children() if "ipykernel_launcher" in child.cmdline()] == []


TRAINING = """\
# Training

```{code-cell} ipython3
import torch
torch.manual_seed(0)
x, y = torch.randn(512, 8), torch.randn(512, 1)
model = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
for _ in range(50):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
print(loss.item())
```

```{code-cell} ipython3
import keras
keras.utils.set_random_seed(0)
layers = keras.layers
model = keras.Sequential([layers.Conv1D(4, 3), layers.Dropout(0.1), layers.Flatten(), layers.Dense(1)])
model.compile(loss="mse", optimizer="adam")
print(model.fit(x.numpy()[..., None], y.numpy(), epochs=3, verbose=0).history["loss"])
```
"""


@pytest.mark.slow
@pytest.mark.usefixtures("course")
def test_training_gives_the_same_bytes():
    """All sixteen digits of a loss after training, in both frameworks."""
    first = build(write(TRAINING)).read_bytes()
    assert first.count(b"stdout") == 2
    assert build(write(TRAINING)).read_bytes() == first


FAILING = """\
# Failing

```{code-cell} ipython3
def invert(x):
    return 1 / x
```

```{code-cell} ipython3
:tags: [torch]

a = 1

invert(0)
```
"""


@pytest.mark.usefixtures("course")
def test_an_error_points_to_its_line_and_leaves_the_notebook_alone():
    Path("notebooks/02_regression.ipynb").write_text("as it was")
    with pytest.raises(BuildError) as raised:
        build(write(FAILING))
    lines = str(raised.value).split("\n")
    assert lines[0] == "notebooks/src/02_regression.md:13: ZeroDivisionError: division by zero"
    assert lines[1:4] == ["     11 | a = 1", "     12 | ", ">    13 | invert(0)"]
    assert "----> 2     return 1 / x" in lines
    assert lines[-1] == "notebooks/02_regression.ipynb stays as it was."
    assert Path("notebooks/02_regression.ipynb").read_text() == "as it was"


REFUSED = {
    "syntax": ("a = 1\nb = = 2", "02_regression.md:5: SyntaxError"),
    "dead kernel": ("import os\nos._exit(1)", "02_regression.md:4: the kernel died in this cell"),
    "address": ("object()", "02_regression.md:4: the output shows an object's address"),
    "no alt": (
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "02_regression.md:4: a picture without alt text",
    ),
    "cleared": (
        "from IPython.display import clear_output\nclear_output()",
        "02_regression.md:4: nbval does not see clear_output",
    ),
    "updated": (
        "handle = display('a', display_id=True)\nhandle.update('b')",
        "02_regression.md:4: nbval does not see update_display_data",
    ),
}


@pytest.mark.usefixtures("course")
@pytest.mark.parametrize("name", REFUSED)
def test_what_a_build_refuses(name):
    code, says = REFUSED[name]
    with pytest.raises(BuildError, match=says.replace(".", r"\.")):
        build(write(f"# A\n\n```{{code-cell}} ipython3\n{code}\n```\n"))
    assert not Path("notebooks/02_regression.ipynb").exists()


@pytest.mark.usefixtures("course")
def test_no_build_from_stand_ins(monkeypatch):
    monkeypatch.setattr(nbval_rules, "_available", lambda name: False)
    source = write("---\nlossbook: {data: [mnist]}\n---\n# A\n\n```{code-cell}\n:tags: [full-data]\nx = 1\n```\n")
    with pytest.raises(BuildError, match="expected the full data, but mnist are not here"):
        build(source)


SMALL = "# A\n\nText.\n\n```{code-cell} ipython3\n:tags: [torch]\nx = 1\n```\n\n## B\n\nMore.\n"


@pytest.fixture
def stored(course):
    """A source that was built, without what running it adds."""
    source = write(SMALL)
    nbformat.write(read(source).notebook, course / "notebooks" / "02_regression.ipynb")
    return source


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("x = 1", "x = 2", "cell 'a_1': source differs"),
        ("[torch]", "[keras]", "cell 'a_1': metadata differs"),
        ("Text.", "Test.", "cell 'a': source differs"),
        ("{code-cell} ipython3\n:tags: [torch]", "python", "cell 'a_1' is stored, but not in the source"),
        ("## B", "## C", "cell 'c' is not stored"),
        ("# A\n\nText", "---\nlossbook: {data: [mnist]}\n---\n# A\n\nText", "metadata: the source gives"),
    ],
)
def test_drift(stored, old, new, says):
    assert drift(stored) == []
    found = drift(write(SMALL.replace(old, new)))
    assert any(line.startswith("notebooks/02_regression.ipynb: ") and says in line for line in found), found
    assert all(line.endswith("; run: lossbook build 02") for line in found)


def test_drift_of_order(stored):
    first, second = "```{code-cell}\n:id: one\nx = 1\n```\n", "```{code-cell}\n:id: two\nx = 2\n```\n"
    build(write(f"# A\n\n{first}\n{second}"))
    assert drift(write(f"# A\n\n{second}\n{first}"))[0].split("; ")[0].endswith("the cells stand in another order")


@pytest.mark.usefixtures("course")
def test_drift_of_a_missing_notebook():
    found = drift(write(SMALL, "solutions/src/02_regression.md"))
    assert found[0] == "solutions/02_regression.ipynb is missing; run: lossbook build --solutions 02"


@pytest.mark.usefixtures("course")
def test_the_command():
    run = CliRunner()
    write(SMALL)
    missing = run.invoke(main, ["build", "--check"])
    assert missing.exit_code == 2
    assert "notebooks/02_regression.ipynb is missing" in missing.stderr
    built = run.invoke(main, ["build", "2"])
    assert built.exit_code == 0, built.output
    assert built.stdout == "notebooks/02_regression.ipynb: 0.00 MB\n"
    assert json.loads(Path("notebooks/02_regression.ipynb").read_text())["cells"][0]["id"] == "a"
    checked = run.invoke(main, ["build", "--check"])
    assert (checked.exit_code, checked.stdout) == (0, "1 stored notebooks agree with their sources\n")
    write(FAILING)
    failed = run.invoke(main, ["build"])
    assert failed.exit_code == 2
    assert "notebooks/src/02_regression.md:13: ZeroDivisionError" in failed.stderr
    assert "got '07'" in run.invoke(main, ["build", "07"]).stderr
