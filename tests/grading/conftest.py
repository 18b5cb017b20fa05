"""One warm parent, without frameworks, for all tests of the grader: it is up in two seconds."""

import pytest

from lossbook.grading.places import Limits
from lossbook.grading.warm import Warm

LIMITS = Limits(memory=400, processes=48, file_size=16, scratch=32)


@pytest.fixture(scope="session")
def parent():
    with Warm(number=7, preload=(), limits=LIMITS) as warm:
        yield warm
