"""Inputs: the same at every call, another for another question or key, and a key says nothing of the others."""

import pytest

from lossbook.checks import inputs, seeds


def test_the_same_at_every_call_and_other_elsewhere():
    assert inputs("2.1").normal() == inputs("2.1").normal()
    assert inputs("2.1").normal() != inputs("2.2").normal()


def test_a_laid_key_changes_only_its_question(monkeypatch):
    monkeypatch.setattr(seeds, "_laid", {})
    before = {q: inputs(q).normal() for q in ("2.1", "2.2")}
    seeds.lay("2.1", seeds.key_of(b"run seed", "2.1").hex())
    assert inputs("2.1").normal() != before["2.1"]
    assert inputs("2.2").normal() == before["2.2"]


@pytest.mark.parametrize("question", ["2", "two", "2.1.1", 2.1, None])
def test_bad_questions(question):
    with pytest.raises(ValueError, match=r'a question is a text like "2\.1"'):
        inputs(question)
