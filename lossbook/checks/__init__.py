"""Checks: a piece of code and the output it must show.

``inputs("2.1")``            the random numbers that question's checks run on
``check("2.1")``             is my answer right? In a live notebook, at once
``check("2.1", hint=1)``     the same, with the first hint
``show(loss, gradient)``     what a check shows of an answer: rounded numbers
"""

from lossbook.checks.live import Unsolved, check
from lossbook.checks.numbers import show
from lossbook.checks.seeds import inputs

__all__ = ["Unsolved", "check", "inputs", "show"]
