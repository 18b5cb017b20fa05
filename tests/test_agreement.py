"""The number rule that nbval, checks and grading share."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossbook.agreement import agree, disagreement

# One unit of the last digit printed; the comment says what is subtracted.
AGREE = [
    ("0.2877", "0.2878"),  # 0.0001, one unit
    ("1.0000", "0.9999"),  # 0.0001, another digit before the point
    ("-0.00", "0.00"),  # 0
    ("-0.01", "0.00"),  # 0.01, over the sign
    ("2.", "2.0"),
    ("2.", "2.1"),  # 2.0 and 2.1: 0.1
    ("0.5", "0.5001"),  # 0.0001, a unit of the one with more digits
    ("1e-05", "1.1e-05"),  # 0.1e-05, a unit of the one with more digits
    ("9.99e-05", "1.00e-04"),  # 0.01e-05, the unit of the first
    ("0.0001", "9.9999e-05"),  # 0.0001e-05: the switch of notation that Python makes
    ("6.02e+23", "6.03E23"),
    ("nan inf -inf", "nan inf -inf"),
    ("[ 0.50 -0.25]", "[0.50 -0.26]"),  # padding inside the bracket
    ("[1.5 2. ]", "[1.5 2.1]"),
    ("tensor([ 0.0000, -0.5000])", "tensor([-0.0000, -0.5001])"),
    ("MAE   2.0  ", "MAE 2.0"),  # runs of blanks, blanks at the end
    (" 9.99\n10.00", "10.00\n10.00"),  # blanks at the start, as a fixed width makes them
    ("<td>0.123</td>", "<td>0.124</td>"),
    ("loss=0.25, accuracy 67.3%.", "loss=0.26, accuracy 67.2%."),
    ("1.20x", "1.21x"),
    ("", ""),
]
DIFFER = [
    ("12", "13"),
    ("2", "2."),  # an integer became a float
    ("2", "2.0"),
    ("0.2877", "0.2879"),  # two units
    ("2.", "3."),
    ("0.5", "0.5999"),  # 0.0999 is 999 units of the finer
    ("1e-05", "1.2e-05"),
    ("1e-05", "1e-04"),
    ("0.25", "-0.25"),
    ("nan", "0.0"),
    ("inf", "-inf"),
    ("inf", "1e308"),
    ("2.13.0", "2.14.0"),  # a version is no number
    ("float32", "float64"),
    ("loss 0.25", "cost 0.25"),
    ("0.25", "0.25 0.25"),
    ("a b", "ab"),
    ("1 2", "12"),
    ("one\ntwo", "one"),
    ("one", "one\ntwo"),
    ("one\n", "one"),
    ("1.5", "1,5"),
    ("0." + "1" * 60, "0." + "1" * 59 + "2"),  # too long to be a printed result: text
    ("1.0e99999", "1.1e99999"),  # no float either
]


@pytest.mark.parametrize(("expected", "got"), AGREE)
def test_within_one_unit_agrees(expected, got):
    assert agree(expected, got)
    assert agree(got, expected)


@pytest.mark.parametrize(("expected", "got"), DIFFER)
def test_anything_else_differs(expected, got):
    assert not agree(expected, got)
    assert not agree(got, expected)


@given(st.text())
def test_a_text_agrees_with_itself(text):
    assert agree(text, text)


@given(st.text(), st.text())
def test_the_order_does_not_matter(one, other):
    assert agree(one, other) == agree(other, one)


@given(st.text("ab .[]", max_size=8), st.text("ab .[]", max_size=8))
def test_without_digits_only_blanks_are_forgiven(one, other):
    if agree(one, other):
        assert one.replace(" ", "") == other.replace(" ", "")


@given(st.integers(-(10**9), 10**9), st.integers(0, 6), st.integers(-4, 4))
def test_units_of_the_last_digit_are_counted(number, digits, units):
    """Built from integers, so that what the rule must say is exact."""

    def printed(n):
        return f"{'-' if n < 0 else ''}{abs(n) // 10**digits}.{abs(n) % 10**digits:0{digits}d}" if digits else f"{n}.0"

    limit = 1 if digits else 0  # "7.0" moves by whole numbers here: ten units
    assert agree(f"a {printed(number)} b", f"a {printed(number + units)} b") == (abs(units) <= limit)


@given(st.integers(), st.integers())
def test_integers_are_exact(one, other):
    assert agree(f"n={one}", f"n={other}") == (one == other)


@given(st.floats(1e-9, 1e9), st.sampled_from(["", "-"]), st.sampled_from([".4f", ".3e"]))
def test_a_last_bit_never_shows(x, sign, style):
    """A float and its neighbour round to the same digits, or to digits one unit apart."""
    assert agree(sign + format(x, style), sign + format(math.nextafter(x, math.inf), style))


def test_the_reason_names_the_line():
    assert disagreement("a 1.00\nb 2.00", "a 1.01\nb 2.02") == "line 2: expected 'b 2.00', got 'b 2.02'"
    assert disagreement("a\nb", "a") == "line 2: expected 'b', the output ends before it"
    assert disagreement("a", "a\nb") == "line 2: nothing more was expected, got 'b'"


def test_hostile_numbers_cost_nothing():
    assert not agree("1" * 200_000 + ".5", "1" * 200_000 + ".6")
    assert not agree("1e9999", "2e-9999")
