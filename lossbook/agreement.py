"""When two outputs say the same: the number rule that nbval, checks and grading share."""

import re
from decimal import Decimal, localcontext
from itertools import zip_longest

# A number does not continue a word, a version (2.13.0) or another number: those are text, and exact.
_NUMBER = re.compile(
    r"(?<![\w.])([-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]{1,4})?)(?!\.?[0-9]|[eE][-+]?[0-9])"
)
_LONGEST_NUMBER = 40  # longer ones are compared as text, so that no output makes the arithmetic slow


def agree(expected: str, got: str) -> bool:
    """Whether two outputs say the same: see ``disagreement``."""
    return disagreement(expected, got) is None


def disagreement(expected: str, got: str) -> str | None:
    """The first line in which ``got`` is not what was ``expected``, as a sentence; None where they agree.

    Text must be equal; a run of blanks counts as one, and blanks at the edge of a line or just inside a bracket do
    not count. Integers must be equal. Other numbers may differ by one unit of the last digit printed, taken from
    the one with more digits (printers drop zeros at the end); ``2.`` counts as ``2.0``. ``nan`` and ``inf`` are text.
    """
    for number, (want, have) in enumerate(zip_longest(expected.split("\n"), got.split("\n")), start=1):
        if want is None:
            return f"line {number}: nothing more was expected, got {have!r}"
        if have is None:
            return f"line {number}: expected {want!r}, the output ends before it"
        if want != have and not _lines_agree(want, have):
            return f"line {number}: expected {want!r}, got {have!r}"
    return None


def _lines_agree(expected: str, got: str) -> bool:
    want, have = (_NUMBER.split(_without_padding(line)) for line in (expected, got))
    if len(want) != len(have) or want[::2] != have[::2]:
        return False
    return all(map(_numbers_agree, want[1::2], have[1::2]))


def _without_padding(line: str) -> str:
    line = re.sub(r"[ \t]+", " ", line).strip(" ")
    return re.sub(r"(?<=[\[(]) | (?=[\])])", "", line)


def _numbers_agree(expected: str, got: str) -> bool:
    if expected == got:
        return True
    if _is_integer(expected) or _is_integer(got) or max(len(expected), len(got)) > _LONGEST_NUMBER:
        return False
    with localcontext() as context:
        context.prec = 2 * _LONGEST_NUMBER  # exact for two numbers that are close
        a, b = (Decimal(re.sub(r"\.(?![0-9])", ".0", number)) for number in (expected, got))
        unit = Decimal((0, (1,), min(a.as_tuple().exponent, b.as_tuple().exponent)))
        return abs(a - b) <= unit


def _is_integer(number: str) -> bool:
    return number.lstrip("+-").isdigit()
