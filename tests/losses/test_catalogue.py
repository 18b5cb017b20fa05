"""Every loss of the catalogue through the same checks: what its file claims is what its code does."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossbook import losses, parity
from lossbook.domains import flat
from lossbook.frameworks import value_and_gradient
from lossbook.parity import Inputs, compare, draw, near_a_kink, tolerance

EXAMPLES = int(os.environ.get("LOSSBOOK_EXAMPLES", "20"))
every_loss = pytest.mark.parametrize("name", losses.names())
cases = [(n, i) for n in losses.names() for i in range(len(losses.get(n).known + losses.get(n).edges))]
every_case = pytest.mark.parametrize(("name", "index"), cases)
every_kink = pytest.mark.parametrize(
    ("name", "index"), [(n, i) for n in losses.names() for i in range(len(losses.get(n).kinks))]
)
random_inputs = given(seed=st.integers(0, 2**32 - 1))
few = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)


def case_of(loss, index):
    return (loss.known + loss.edges)[index]


@every_loss
def test_description_is_complete(name):
    loss = losses.get(name)
    assert loss.name == name
    assert loss.formula
    assert loss.source
    assert loss.known
    for case in loss.known:
        assert case.value is not None
        assert case.arithmetic, "a hand-computed value carries its arithmetic"
    for dtype, (_, reason) in loss.tolerance.items():
        assert reason, f"the tolerance for {dtype} needs a reason"
    assert set(loss.apart) <= {"torch", "keras"}
    assert not loss.apart or loss.differences, "a framework that is apart needs a Difference that shows it"


@every_loss
def test_native_calls_exist(name):
    import keras
    import torch

    roots = {"nn": torch.nn, "F": torch.nn.functional, "losses": keras.losses, "ops": keras.ops}
    for call in (call.split("(")[0] for calls in losses.get(name).api.values() for call in calls.split(", ")):
        root, attribute = call.split(".")
        assert hasattr(roots[root], attribute), call


@every_case
def test_hand_computed(name, index):
    loss = losses.get(name)
    holds(loss, case_of(loss, index))


def holds(loss, case):
    """The reference gives the value and the gradient that the case states."""
    if case.value is not None:
        np.testing.assert_allclose(
            loss.value(case.y_true, case.y_pred, **case.params), case.value, rtol=1e-5, atol=1e-6
        )
    if case.gradient is not None:
        got = loss.gradient(case.y_true, case.y_pred, **case.params)
        for want, g in zip(flat(case.gradient), flat(got), strict=True):
            if want is not None:
                np.testing.assert_allclose(g, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@every_case
def test_cases_in_both_frameworks(name, index, dtype):
    loss = losses.get(name)
    case = case_of(loss, index)
    for row in compare(loss, Inputs(case.y_true, case.y_pred, dict(case.params)), dtype):
        if row.framework not in case.differs:
            assert row.error <= tolerance(loss, dtype, row.framework), (
                f"{row.framework} {row.what}: {row.expected} != {row.got}"
            )


@every_case
def test_a_case_that_differs_really_does(name, index):
    loss = losses.get(name)
    case = case_of(loss, index)
    expected = loss.value(case.y_true, case.y_pred, **case.params)
    slopes = flat(loss.gradient(case.y_true, case.y_pred, **case.params))
    for framework in case.differs:
        assert loss.differences
        value, gradient = value_and_gradient(framework, loss, case.y_true, case.y_pred, **case.params)
        pairs = [
            (expected, value),
            *((w, g) for w, g in zip(slopes, flat(gradient), strict=True) if w is not None),
        ]
        assert not all(np.allclose(w, g, rtol=1e-6, atol=1e-9, equal_nan=True) for w, g in pairs)


@every_loss
@few
@random_inputs
def test_gradient_is_the_derivative(name, seed):
    """Central differences, away from kinks. Step 1e-6: truncation 1e-12, cancellation 1e-10 of values near 1."""
    loss = losses.get(name)
    inputs = draw(loss, np.random.default_rng(seed))
    y_true, y_pred, params = loss.validate(inputs.y_true, inputs.y_pred, inputs.params)
    if near_a_kink(loss, y_true, y_pred, params).any():
        return
    gradients = flat(loss.functions.gradient(y_true, y_pred, **params))
    for k, gradient in enumerate(gradients):
        if gradient is not None:
            numeric = central_differences(loss, y_true, y_pred, params, k)
            np.testing.assert_allclose(gradient, numeric, rtol=2e-5, atol=2e-6)


def central_differences(loss, y_true, y_pred, params, k, step=1e-6):
    parts = list(flat(y_pred))
    numeric = np.zeros_like(parts[k])

    def total(x):
        shifted = tuple([*parts[:k], x, *parts[k + 1 :]])
        return loss.functions.value(y_true, shifted if isinstance(y_pred, tuple) else x, **params).sum()

    for i in np.ndindex(parts[k].shape):
        up, down = parts[k].copy(), parts[k].copy()
        up[i] += step
        down[i] -= step
        numeric[i] = (total(up) - total(down)) / (2 * step)
    return numeric


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@every_loss
@few
@random_inputs
def test_parity_on_random_inputs(name, dtype, seed):
    agree(losses.get(name), draw(losses.get(name), np.random.default_rng(seed)), dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@every_loss
@few
@random_inputs
def test_parity_at_the_edges(name, dtype, seed):
    agree(losses.get(name), draw(losses.get(name), np.random.default_rng(seed), extreme=True), dtype)


def agree(loss, inputs, dtype):
    for row in compare(loss, inputs, dtype):
        assert row.error <= tolerance(loss, dtype, row.framework), (
            f"{row.framework} {row.what} off by {row.error:.1e} at {inputs}: expected {row.expected}, got {row.got}"
        )


@every_kink
def test_answers_at_kinks_are_recorded(name, index):
    loss = losses.get(name)
    kink = loss.kinks[index]
    case = kink.at
    y_true, y_pred, params = loss.validate(case.y_true, case.y_pred, dict(case.params))
    assert (np.asarray(kink.distance(y_true, y_pred, **params)) < parity.NEAR_A_KINK).any()
    holds(loss, case)
    for framework, recorded in (("torch", kink.torch), ("keras", kink.keras)):
        _, gradient = value_and_gradient(framework, loss, y_true, y_pred, **params)
        for want, got in zip(flat(recorded), flat(gradient), strict=True):
            if want is not None:
                np.testing.assert_allclose(got, want, atol=1e-9, err_msg=framework)


@every_loss
def test_differences_are_shown_by_running(name):
    for difference in losses.get(name).differences:
        torch_answer, keras_answer = difference.shown_by()
        words = isinstance(torch_answer, str) or isinstance(keras_answer, str)  # "ValueError" beside a number
        same = np.array_equal(np.asarray(torch_answer), np.asarray(keras_answer), equal_nan=not words)
        assert not same, difference.title


@every_loss
def test_bad_input_is_refused(name):
    loss = losses.get(name)
    inputs = draw(loss, np.random.default_rng(1))
    with pytest.raises(ValueError, match=f"{name}: unknown parameter 'no_such'"):
        loss.value(inputs.y_true, inputs.y_pred, no_such=1)
    first = np.array(flat(inputs.y_pred)[0], dtype=float)
    with pytest.raises(ValueError, match=f"{name}.*(expected|must)"):
        loss.value(inputs.y_true, with_first(inputs.y_pred, first[None, None, None, None]), **inputs.params)
    first.flat[0] = np.nan
    with pytest.raises(ValueError, match=f"{name}.*NaN"):
        loss.value(inputs.y_true, with_first(inputs.y_pred, first), **inputs.params)


@every_loss
def test_inputs_outside_the_domain_are_refused(name):
    loss = losses.get(name)
    inputs = draw(loss, np.random.default_rng(2))
    form = loss.form_of(inputs.y_true, inputs.y_pred, **inputs.params)
    for side, arrays, given_ in (
        ("y_true", form.y_true, inputs.y_true),
        ("y_pred", form.y_pred, inputs.y_pred),
    ):
        if arrays is None:
            continue
        outside = outsider(flat(arrays)[0].domain)
        if outside is None:
            continue
        first = np.array(flat(given_)[0], dtype=float)
        first.flat[0] = outside
        sides = {"y_true": inputs.y_true, "y_pred": inputs.y_pred, side: with_first(given_, first)}
        with pytest.raises(ValueError, match=f"{name}: .* must be .*; got"):
            loss.value(sides["y_true"], sides["y_pred"], **inputs.params)


def outsider(domain):
    """A number outside the domain, or None where every finite number is inside."""
    for x in (-7.5, 7.5, 1e9):
        if not domain.contains(np.array(x), below=3 if domain.below else None):
            return x
    return None


def with_first(given_, first):
    return (first, *given_[1:]) if isinstance(given_, tuple) else first
