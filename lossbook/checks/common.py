"""Mistakes that any question can meet, known by the error or by the form of what the check shows."""

import re

from lossbook.agreement import agree

# The first pattern that is found in an error, "Name: message", gives the message; {1} is its first group.
ERRORS = (
    (
        r"^(?:NameError|UnboundLocalError): .*?name '(\w+)'",
        "The name `{1}` is not defined here. Import or define it inside your answer cell: in grading, only answer "
        "cells count.",
    ),
    (r"^(?:SyntaxError|IndentationError|TabError): ", "Your answer cell is no valid Python, so nothing of it was run."),
    (r"^(?:KeyboardInterrupt|Timeout)", "Stopped: your function did not come to an end."),
    (
        r"grad can be implicitly created only for scalar",
        "Your loss is not one number yet: reduce it, with a mean or a sum.",
    ),
    (
        r"'(?:int|float|numpy\.\w+|numpy\.ndarray|ndarray)' object has no attribute '(?:backward|_id)'",
        "You return plain numbers: `.item()`, `float()` and NumPy cut them off from the graph: no gradient.",
    ),
    (
        r"does not require grad",
        "Your result has no gradient: `.detach()`, `torch.tensor(…)` or NumPy inside cuts it off from the graph.",
    ),
    (
        r"'NoneType'",
        "Something is None where a number is needed: is a `return` missing, or a gradient that was not found?",
    ),
    (
        r"EagerTensor\S* object has no attribute '(\w+)'",
        "TensorFlow's tensors have no `.{1}`: use a function of keras.ops.",
    ),
    (
        r"float tensor but is a (?:double|half) tensor|double tensor but is a float tensor"
        r"|expected \w+ but got (?:Float|Double)|same dtype|incompatible (?:dtype|type)",
        "float32 meets float64: the check's numbers are float64. Make your own tensors with `dtype=x.dtype`.",
    ),
    (
        r"In\[\d\].* ndims",
        "TensorFlow's `@` needs two tables: use `keras.ops.matmul`, which takes a table and a row of numbers.",
    ),
    (
        r"Invalid reduction dimension|Incompatible shapes|must match the size of tensor",
        "Two shapes do not fit: print the shapes of what you combine. Keras's losses need at least one axis.",
    ),
    (
        r"Boolean value of Tensor|truth value of an array",
        "An `if` can't decide for a whole batch: choose element by element with `where`.",
    ),
)


def of_error(error: str) -> str:
    """The message that fits an error."""
    for pattern, message in ERRORS:
        if found := re.search(pattern, error):
            return message.replace("{1}", found[1] if found.groups() else "")
    return "Your code raised an error on the check's inputs."


def of_output(expected: str, got: str) -> str:
    """The message that fits what the check showed in place of what was expected."""
    for want, have in zip(expected.split("\n"), got.split("\n"), strict=False):
        if agree(want, have):
            continue
        if have == "None":
            return "You return None there: is a `return` missing, or is there no gradient?"
        if _depth(have) > _depth(want) == 0:
            return "There is one number for each element where one number is expected: reduce, with a mean or a sum."
        if agree(_numbers(want), _numbers(have)):
            return "The numbers are right, but not their shape: compare the brackets."
        return "The check shows something else."
    return "The check shows something else."


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip("["))


def _numbers(line: str) -> str:
    return " ".join(re.sub(r"[\[\],]", " ", line).split())
