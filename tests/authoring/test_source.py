"""Sources: names, cells, ids that last, lines that errors point to."""

import pytest

from lossbook.authoring import source
from lossbook.authoring.source import BuildError, course_root, find, read

CHAPTER = """\
---
lossbook: {data: [mnist]}
---

Before any heading.

# Regression

Why?

```{code-cell} ipython3
import torch
```

What comes out, and then:

## Huber's δ

### In PyTorch

```{code-cell} ipython3
:tags: [torch]

a = 1

b = 2
```

```{code-cell} ipython3
---
tags: [answer, torch]
id: q2-1-answer-torch
---
c = 3
```

```{code-cell} ipython3
d = 4
```

### In Keras

+++ {"tags": ["keras"]}

Another cell.

```python
# not a heading
```

## 误差
"""
IDS = [
    "top",
    "regression",
    "regression_1",
    "regression_2",
    "huber-s",
    "huber-s_in-pytorch",
    "huber-s_in-pytorch_1",
    "q2-1-answer-torch",
    "huber-s_in-pytorch_2",
    "huber-s_in-keras",
    "huber-s_in-keras_1",
    "h663c65c1",  # SHA-256 of the heading: it has no Latin letter
]


@pytest.fixture
def course(tmp_path, monkeypatch):
    for folder in ("notebooks", "solutions"):
        (tmp_path / folder / "src").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def chapter(course):
    def write(text, name="notebooks/src/02_regression.md"):
        (course / name).write_text(text, encoding="utf-8")
        return read(course / name)

    return write


def ids(read_source):
    return [cell.id for cell in read_source.notebook.cells]


def test_ids_come_from_headings(chapter):
    assert ids(chapter(CHAPTER)) == IDS


def test_a_new_cell_changes_no_id_outside_its_section(chapter):
    longer = CHAPTER.replace("### In Keras\n", "```{code-cell} ipython3\nnew = 1\n```\n\n### In Keras\n")
    longer = longer.replace("### In PyTorch\n", "### In PyTorch\n\nFirst.\n\n+++\n\nSecond.\n")
    changed = ids(chapter(longer))
    assert [each for each in changed if "in-pytorch" not in each] == [each for each in IDS if "in-pytorch" not in each]
    assert len(changed) == len(IDS) + 2


def test_an_answer_takes_no_number(chapter):
    """Removing one leaves the ids of its neighbours alone."""
    without = CHAPTER.replace("id: q2-1-answer-torch\n", "id: q2-2-answer-torch\n")
    assert [each for each in ids(chapter(without)) if each[0] != "q"] == [each for each in IDS if each[0] != "q"]


def test_a_heading_starts_a_cell(chapter):
    texts = [cell.source for cell in chapter(CHAPTER).notebook.cells]
    assert texts[3:6] == ["What comes out, and then:", "## Huber's δ", "### In PyTorch"]
    assert texts[10].endswith("# not a heading\n```")


def test_tags_and_metadata(chapter):
    made = chapter(CHAPTER).notebook
    assert made.cells[7].metadata == {"tags": ["answer", "torch"]}
    assert made.cells[10].metadata == {"tags": ["keras"]}
    assert made.metadata.lossbook.data == ["mnist"]
    assert made.metadata.language_info == {"name": "python"}
    assert set(made.metadata) == {"kernelspec", "language_info", "lossbook"}


def test_lines_are_those_of_the_text(chapter):
    made = chapter(CHAPTER)
    lines = CHAPTER.split("\n")
    for cell, line in zip(made.notebook.cells, made.lines, strict=True):
        assert lines[line - 1] == cell.source.split("\n")[0]
    assert made.at(6, 2) == f"notebooks/src/02_regression.md:{lines.index('b = 2') + 1}"


def test_long_headings_stay_apart(chapter):
    end = " and so on" * 10
    made = ids(chapter(f"# A\n\n## Long{end} one\n\n## Long{end} two\n\n```{{code-cell}}\nx = 1\n```\n"))
    assert len(set(made)) == 4
    assert all(len(each) <= 64 for each in made)
    assert made[3] == made[2] + "_1"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("# A\n\n## Trap\n\n## Trap\n", 5, "'trap' is taken by line 3"),
        ("# A\n\n```{code-cell}\n:id: q\nx = 1\n```\n\n```{code-cell}\n:id: q\nx = 2\n```\n", 10, "taken by line 5"),
        ("# A\n\n```{code-cell}\n:id: a b\nx = 1\n```\n", 5, "letters, digits, '-' or '_'; got 'a b'"),
        (f"# A\n\n```{{code-cell}}\n:id: {'a' * 65}\nx = 1\n```\n", 5, "1 to 64 letters"),
        ("# A\n\n```{code-cell}\n:tags: [answer]\nx = 1\n```\n", 5, "an answer or check cell needs an id"),
        ("# A\n\n```{code-cell}\n:tags: [check]\nx = 1\n```\n", 5, "an answer or check cell needs an id"),
    ],
)
def test_wrong_ids(chapter, text, line, says):
    with pytest.raises(BuildError) as raised:
        chapter(text)
    assert str(raised.value).startswith(f"notebooks/src/02_regression.md:{line}: ")
    assert says in str(raised.value)


def test_broken_options(chapter):
    with pytest.raises(BuildError, match=r"notebooks/src/02_regression\.md: .*line 3.*YAML"):
        chapter("# A\n\n```{code-cell}\n:tags: [a\nx = 1\n```\n")


@pytest.mark.parametrize(
    "name", ["2", "02", "02_regression", "notebooks/src/02_regression.md", "notebooks/02_regression.ipynb"]
)
def test_a_source_by_any_name(course, chapter, name):
    chapter("# A\n")
    chapter("# A\n", "solutions/src/02_regression.md")
    assert find((name,), course) == [course / "notebooks/src/02_regression.md"]


def test_solutions_and_all(course, chapter):
    first = chapter("# A\n").path
    second = chapter("# A\n", "solutions/src/02_regression.md").path
    assert find((), course) == [first, second]
    assert find((), course, solutions=True) == [second]
    assert find(("02",), course, solutions=True) == [second]
    assert find(("solutions/src/02_regression.md",), course) == [second]
    assert chapter("# A\n").target == course / "notebooks/02_regression.ipynb"


def test_an_unknown_name(course, chapter):
    chapter("# A\n")
    with pytest.raises(ValueError, match=r"got '07'; there are: 02_regression\."):
        find(("07",), course)


def test_the_course_is_found_from_below(course):
    assert course_root(course / "solutions" / "src") == course


def test_no_course(tmp_path, monkeypatch):
    monkeypatch.setattr(source.lossbook, "__file__", str(tmp_path / "site-packages" / "lossbook" / "__init__.py"))
    with pytest.raises(ValueError, match="found no notebooks/src in or above"):
        course_root(tmp_path)
