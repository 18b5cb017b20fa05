"""Where a check's random inputs come from: a public seed in the course, a key of the grader's in grading."""

import hashlib
import hmac
import re

import numpy as np

PUBLIC = b"lossbook"
_laid: dict[str, bytes] = {}


def inputs(question: str) -> np.random.Generator:
    """A fresh NumPy generator for the checks of one question, "2.1": the same numbers at every call.

    In the course it starts from a public seed. In grading the grader lays a key for this question first, so that an
    answer which only knows the course's numbers fails. Raises ValueError where ``question`` is not like "2.1".
    """
    if not is_question(question):
        raise ValueError(f'inputs: a question is a text like "2.1"; got {question!r}.')
    return np.random.default_rng(int.from_bytes(_laid.get(question) or key_of(PUBLIC, question), "big"))


def is_question(given: object) -> bool:
    """Whether this is the name of a question, such as "2.1"."""
    return isinstance(given, str) and re.fullmatch(r"\d+\.\d+", given) is not None


def key_of(secret: bytes, question: str) -> bytes:
    """HMAC-SHA256 of a question under a secret; it reveals nothing about any other question's key."""
    return hmac.new(secret, question.encode(), hashlib.sha256).digest()


def lay(question: str, key: str) -> None:
    """Use this key (hexadecimal) for one question's inputs from now on: the grader's first line in a check cell."""
    _laid[question] = bytes.fromhex(key)
