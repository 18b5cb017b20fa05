"""What chapter 00 says of the rest of the course, and no cell of it can show."""

import re
from pathlib import Path

import nbformat
import pytest

from lossbook.checks import inputs, record, show
from lossbook.checks.live import evaluate
from lossbook.checks.verdict import judge
from lossbook.grading.command import Result
from lossbook.grading.run import Collector, _verdict
from lossbook.grading.splice import Spliced

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TEXT = (NOTEBOOKS / "src" / "00_start_here.md").read_text(encoding="utf-8")


def test_lossbook_check_prints_what_the_chapter_says():
    torch = pytest.importorskip("torch")
    answers = re.findall(r"```.*?\n:tags: \[torch\]\n\n(def huber_torch.*?)```", TEXT, re.DOTALL)
    assert len(answers) == 2, "the wrong answer and the right one"
    exercise = record.load(NOTEBOOKS.parent / "exercises" / "02_regression.ipynb")
    by_torch, by_keras = exercise.question("2.1").halves
    space = {"torch": torch, "inputs": inputs, "show": show}
    exec(answers[0], space)
    shown, failed = evaluate(by_torch.code, space)
    untouched = Spliced(nbformat.v4.new_notebook(), {by_keras.answer: by_keras.start}, ())
    nothing_ran = Collector(start=None)
    verdicts = [judge("2.1", by_torch, shown, failed=failed), _verdict("2.1", by_keras, untouched, nothing_ran, {})]
    printed = [line.strip() for line in str(Result(Path("x"), verdicts, ())).splitlines()]
    said = re.findall(r"^    (2\.1 .*)$", TEXT, re.MULTILINE)
    assert len(said) == 2
    assert [line for line in printed if line.startswith("2.1")] == said


#: Commands that stand for a quantity or an operation worth a line; π is known from school.
SYMBOLS = {
    "alpha", "beta", "gamma", "delta", "varepsilon", "eta", "theta", "kappa", "lambda", "mu", "rho", "sigma", "tau",
    "phi", "omega", "ell", "partial", "prod", "sum",
}  # fmt: skip


def symbols(markdown: str) -> set[str]:
    """The letters, Latin and Greek, of all formulas of a text."""
    text = re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)
    text = re.sub(r"\\(text|operatorname|begin|end)\{[^}]*\}", "", text)
    formulas = [display or inline for display, inline in re.findall(r"\$\$(.+?)\$\$|\$(.+?)\$", text, re.DOTALL)]
    either = r"\\([a-zA-Z]+)|(?<![a-zA-Z])([a-zA-Z])(?![a-zA-Z])"
    words = {word for formula in formulas for word in re.findall(either, formula)}
    return {command or letter for command, letter in words if letter or command in SYMBOLS}


@pytest.mark.parametrize("chapter", ["01_what_is_a_loss", "02_regression", "03_likelihood"])
def test_every_symbol_is_in_the_notation(chapter):
    notation = TEXT[TEXT.index("## 3. Notation") : TEXT.index("## 4. ")]
    unknown = symbols((NOTEBOOKS / "src" / f"{chapter}.md").read_text(encoding="utf-8")) - symbols(notation)
    assert unknown == set(), "add them to the tables of chapter 00, section 3"


def test_symbols_are_found():
    assert symbols(r"So $\hat y = \sigma(w x)$ and $$\text{if } \lambda$$ `$q$`") == {
        "y",
        "sigma",
        "w",
        "x",
        "lambda",
        "q",
    }
    assert symbols("```\n$z$\n```\nfive dollars") == set()
