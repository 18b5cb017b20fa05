"""The table that chapters show: columns that stand below each other, whatever the prediction is called."""

import numpy as np
import pytest

from lossbook.parity import Comparison, Table


@pytest.mark.parametrize("name", ["p", "y_pred", "the log-probabilities"])
def test_columns_are_aligned(name):
    one = np.array([1.0])
    rows = tuple(Comparison("torch", what, one, one, np.False_) for what in ("value", f"gradient by {name}"))
    head, *lines = repr(Table("mse", "float64", rows, (1e-9, 1e-9))).splitlines()
    assert {line.index("yes") for line in lines} == {head.index("agree")}
    assert {line.index("1.0000") + 6 for line in lines} == {head.index("reference") + 9}
