"""A small course for tests: one exercise with one question, in plain Python, so that a kernel starts at once."""

import json

import nbformat

from lossbook.authoring.exercises import made, plan, record, run_bank
from lossbook.authoring.source import read

TEXT = """# Exercise 90: Tiny

```{code-cell} ipython3
from lossbook import check, inputs
from lossbook.checks import show
```

## 90.1 Squares

Write `square(x)`.

```{code-cell} ipython3
---
id: q90-1-answer-torch
tags: [answer, torch]
---
def square(x):
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION
```

```{code-cell} ipython3
---
id: q90-1-check-torch
tags: [check, torch]
lossbook: {points: 60}
---
x = inputs("90.1").uniform(2, 9)
show(square(x))
```

```{code-cell} ipython3
---
tags: [bank]
lossbook: {of: q90-1-answer-torch, name: doubled, message: You doubled x.}
---
def square(x):
    return 2 * x
```

```{code-cell} ipython3
---
tags: [bank]
lossbook: {of: q90-1-answer-torch, name: text, message: x is a number.}
---
def square(x):
    return x.upper()
```

```{code-cell} ipython3
---
tags: [alternative]
lossbook: {of: q90-1-answer-torch, name: power}
---
def square(x):
    print("debug", x)
    return x**2
```

```{code-cell} ipython3
---
id: q90-1-answer-keras
tags: [answer, keras]
---
def cube(x):
    ### BEGIN SOLUTION
    return x * x * x
    ### END SOLUTION
```

```{code-cell} ipython3
---
id: q90-1-check-keras
tags: [check, keras]
lossbook: {points: 40}
---
show(cube(inputs("90.1").uniform(2, 9)))
```

+++ {"tags": ["hint"], "lossbook": {"of": "q90-1"}}

Multiply.

+++ {"tags": ["hint"], "lossbook": {"of": "q90-1"}}

Multiply x by x.

+++
"""
ANSWERS = {
    "q90-1-answer-torch": "def square(x):\n    return x**2",
    "q90-1-answer-keras": "def cube(x):\n    return x**3",
}


def write_source(root, text=TEXT):
    """The source of the tiny exercise below ``root``; its path."""
    path = root / "solutions" / "src" / "90_tiny.md"
    path.parent.mkdir(parents=True)
    (root / "notebooks" / "src").mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def make(root):
    """Make the tiny course below ``root``; the exercise's path."""
    parts = plan(read(write_source(root)))
    notebook = made(parts, run_bank(parts))
    path = root / "exercises" / "90_tiny.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    return path


def answered(exercise, answers):
    """An exercise notebook as data, with these answers written into its cells."""
    data = json.loads(exercise.read_text(encoding="utf-8"))
    for cell in data["cells"]:
        if cell["id"] in answers:
            cell["source"] = answers[cell["id"]]
    return data


def plan_and_record(path):
    """Take a source apart and record it, without running anything."""
    parts = plan(read(path))
    return record(parts, {c.id: "" for c in parts.solution.notebook.cells} | {
        f"{e.of.replace('-answer-', '-check-')}/{e.name}": "" for e in parts.extras})  # fmt: skip
