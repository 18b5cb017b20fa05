"""The ledger and the reference say what the catalogue holds, by running it."""

from pathlib import Path

import pytest

from lossbook import ledger, losses, reference
from lossbook.agreement import disagreement

DOCS = Path(__file__).parents[1] / "docs"


def test_every_general_difference_runs_and_differs():
    for row in (row for row in ledger.rows() if row.loss == "frameworks"):
        assert row.torch_answer != row.keras_answer, row.difference.title


def test_argument_order_by_hand():
    # PyTorch reads 1.0 as the probability of target 0.75: 0.75·0 + 0.25·100 (its log is cut at -100) = 25.
    row = next(row for row in ledger.rows() if row.difference.title == "the order of the arguments")
    assert row.torch_answer == pytest.approx(25.0)
    assert row.keras_answer == pytest.approx(0.287682, abs=1e-5)  # -log 0.75


def test_the_ledger_of_one_loss_holds_only_its_rows():
    assert {row.loss for row in ledger.rows("cross_entropy")} == {"cross_entropy"}
    with pytest.raises(ValueError, match="Did you mean huber"):
        list(ledger.rows("hubr"))


def test_the_listing_names_every_loss_once():
    lines = [line.split()[0] for line in reference.listing().splitlines() if line.startswith("  ")]
    assert sorted(lines) == losses.names()


def test_a_page_shows_the_code_that_runs():
    page = reference.page("cross_entropy")
    assert "def _log_softmax(logits):" in page
    assert "F.cross_entropy(" in page
    assert "1.101943" in page


@pytest.mark.parametrize(
    ("name", "command", "make"),
    [
        ("losses.md", "lossbook losses --markdown", reference.markdown),
        ("ledger.md", "lossbook ledger", lambda: ledger.markdown(list(ledger.rows()))),
    ],
)
def test_the_stored_pages_are_current(name, command, make):
    stored = (DOCS / name).read_text(encoding="utf-8")
    found = disagreement(stored.rstrip("\n"), make())
    assert found is None, f"docs/{name}: {found}; run: {command} > docs/{name}"
