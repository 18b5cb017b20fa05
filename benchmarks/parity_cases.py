"""How much of the catalogue is compared: names, frameworks, inputs and numbers; the worst error of each dtype."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from tqdm import tqdm

from lossbook import losses
from lossbook.parity import Inputs, compare, draw, tolerance

DRAWS = 10


def inputs_of(loss):
    """The loss's own cases, then random and extreme draws from its domains."""
    yield from (Inputs(case.y_true, case.y_pred, dict(case.params)) for case in loss.known)
    for seed in range(DRAWS):
        for extreme in (False, True):
            yield draw(loss, np.random.default_rng(seed), extreme=extreme)


def main() -> None:
    """Compare everything in both dtypes and print the counts."""
    calls = numbers = left_out = outside = 0
    worst = {}
    for name in tqdm(losses.names(), leave=False):
        loss = losses.get(name)
        for given in inputs_of(loss):
            for dtype in ("float64", "float32"):
                for row in compare(loss, given, dtype):
                    calls += 1
                    size = row.expected.size
                    skipped = int(np.broadcast_to(row.left_out, row.expected.shape).sum())
                    numbers, left_out = numbers + size, left_out + skipped
                    outside += row.error > tolerance(loss, dtype, row.framework)
                    worst[dtype] = max(worst.get(dtype, (0.0, "")), (row.error, f"{name} {row.framework} {row.what}"))
    print(f"{len(losses.names())} losses x 2 frameworks: {calls} values and gradients, {numbers} numbers compared")
    print(f"{left_out} numbers left out: at a kink, or where a ledger row says that the framework differs")
    print(f"{outside} outside the tolerance")
    for dtype, (error, where) in worst.items():
        print(f"worst in {dtype}: {error:.1e} of 1 + |expected| ({where})")


if __name__ == "__main__":
    main()
