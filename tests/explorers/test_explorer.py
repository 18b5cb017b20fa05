"""The Python side of an explorer: values, listeners, errors, the static twin, any loss of the catalogue."""

import asyncio
import re
import time

import numpy as np
import pytest

import lossbook
from lossbook import explorers, losses
from lossbook.explorers import Choice, Explorer, Slider, Toggle
from lossbook.explorers.outlier import NAMES, X, Y, fit_line
from lossbook.explorers.regression_losses import figure as four_losses
from lossbook.figures import Axis, Figure, Line, Panel, has_curve

WITH_CURVE = [name for name in losses.names() if has_curve(losses.get(name))]


def flat(x, kind="a", on=False):
    line = Line([0, 1], [x, x])
    return Figure(Panel(Axis("x"), Axis("y", 0, 10), (line,)), alt="A flat line.", says=f"x is {x:g}, {kind}, {on}.")


def three():
    return Explorer(flat, [Slider("x", 0, 5, 2, steps=10), Choice("kind", "ab"), Toggle("on")], title="flat lines")


def one(function=flat):
    return Explorer(function, [Slider("x", 0, 5, 2, steps=10)], title="flat lines")


def test_values_are_read_set_and_reset():
    explorer = three()
    explorer.set(x=3.5, kind="b", on=True)
    assert explorer.values == {"x": 3.5, "kind": "b", "on": True}
    assert explorer.figure.says == "x is 3.5, b, True."
    explorer.widgets["x"].value = 1.0  # as the page does
    assert explorer.values["x"] == 1.0
    explorer.reset()
    assert explorer.values == {"x": 2, "kind": "a", "on": False}


def test_listeners_hear_each_move_once():
    explorer, heard = three(), []
    stop = explorer.observe(heard.append)
    explorer.set(x=3, on=True)
    explorer.set(x=3)  # no move
    explorer.widgets["kind"].index = 1
    assert heard == [{"x": 3, "kind": "a", "on": True}, {"x": 3, "kind": "b", "on": True}]
    stop()
    explorer.reset()
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"y": 1}, "no control 'y'; expected x, kind, on"),
        ({"x": 7}, "between 0 and 5; got 7"),
        ({"kind": "z"}, "one of a, b"),
    ],
)
def test_wrong_values_change_nothing(values, words):
    explorer = three()
    with pytest.raises(ValueError, match=words):
        explorer.set(**{"on": True} | values)
    assert explorer.values == {"x": 2, "kind": "a", "on": False}


def test_one_slider_sends_its_frames_and_is_not_asked_again():
    asked = []

    def counted(x):
        asked.append(x)
        return flat(x)

    explorer = one(counted)
    assert len(explorer.view.frames["changes"]) == 11
    explorer.set(x=4)
    assert len(asked) == 11
    assert explorer.view.live == {}


def test_several_are_answered_with_arrays():
    explorer = three()
    assert explorer.view.frames == {}
    explorer.set(x=4.5)
    assert 4.5 in np.frombuffer(explorer.view.live["data"], dtype="<f4")
    assert explorer.view.live["base"]["says"] == "x is 4.5, a, False."


def resting(explorer, then=lambda: None):
    """Let the explorer look ahead in an event loop, as in a kernel, and do ``then`` in it."""

    async def rest():
        explorer.lookahead.rest()
        await explorer.lookahead._task
        then()

    asyncio.run(rest())


def test_at_rest_the_next_moves_are_sent_ahead():
    explorer = three()
    answered = explorer.view.live
    resting(explorer)
    assert explorer.view.near["at"] == [4, 0, 0]  # x = 2 is the fifth stop
    assert len(explorer.view.near["changes"]) == 11 + 2 + 2
    explorer.set(x=4.5)
    assert explorer.view.live is answered  # the page has that frame
    explorer.set(on=True)
    assert explorer.view.live["base"]["says"] == "x is 4.5, a, True."  # two moves away


def test_of_frames_too_many_only_the_latest_control_s_are_sent():
    def many(x, y):
        line = Line(np.linspace(0, 1, 400), x + np.linspace(0, y, 400) ** 2)
        return Figure(Panel(Axis("x"), Axis("y", 0, 10), (line,)), alt="A curve.", says=f"{x}, {y}")

    explorer = Explorer(many, [Slider("x", 0, 5, 1, steps=50), Slider("y", 0, 5, 1, steps=50)], title="many")
    resting(explorer, then=lambda: setattr(explorer.widgets["x"], "value", 3.0))
    assert explorer.view.near["lines"] == [1]
    resting(explorer)
    assert explorer.view.near["lines"] == [0]
    explorer.set(x=4)
    assert explorer.lookahead.covers()
    explorer.set(y=2)
    assert not explorer.lookahead.covers()


def test_a_slow_function_is_not_asked_ahead():
    def slow(x, on):
        time.sleep(0.03)
        return flat(x)

    explorer = Explorer(slow, [Slider("x", 0, 5, 2), Toggle("on")], title="slow")

    async def rest():
        explorer.lookahead.rest()
        assert explorer.lookahead._task is None

    asyncio.run(rest())


@pytest.mark.parametrize(
    "make", [one, lambda f: Explorer(lambda x, on: f(x), [Slider("x", 0, 5, 2), Toggle("on")], title="t")]
)
def test_an_error_of_the_function_ends_nothing(make):
    def picky(x):
        if x > 3:
            raise RuntimeError("too high")
        return flat(x) if x else "no figure"

    explorer = make(picky)
    explorer.set(x=5)
    with pytest.raises(RuntimeError, match="too high"):
        _ = explorer.figure
    explorer.set(x=0)
    with pytest.raises(TypeError, match="must return a Figure; got str"):
        _ = explorer.figure
    explorer.set(x=1)
    assert explorer.figure.says.startswith("x is 1")


def test_static_twin_is_the_start_whatever_the_slider_shows():
    explorer = one()
    before = explorer._repr_mimebundle_()
    explorer.set(x=5)
    data, metadata = explorer._repr_mimebundle_()
    assert data["text/plain"] == "Explorer: flat lines. x is 2, a, False."
    assert data["image/png"] == before[0]["image/png"] == one()._repr_mimebundle_()[0]["image/png"]
    assert metadata["image/png"]["alt"] == "A flat line."
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_function_that_fails_at_the_start_says_so_in_the_twin():
    explorer = one(lambda x: 1 / 0)
    assert explorer.static() == ({"text/plain": "Explorer: flat lines. ZeroDivisionError: division by zero"}, {})
    with pytest.raises(ValueError, match="no picture at its start"):
        explorer.save_html("never.html")


def test_controls_must_be_named_apart():
    for controls in ([], [Toggle("a"), Toggle("a")]):
        with pytest.raises(ValueError, match="each with a name of its own"):
            Explorer(flat, controls, title="t")


# Chapters and catalogue: pure functions at minimum, middle and maximum of every control


def settings(explorer):
    yield {}
    for name, control in explorer.controls.items():
        stops = control.stops
        for stop in {stops[0], stops[len(stops) // 2], stops[-1]}:
            yield {name: control.from_widget(stop)}


@pytest.mark.parametrize("make", explorers.COURSE, ids=lambda make: make.__name__)
def test_explorers_of_the_course_at_all_ends(make):
    explorer = make()
    start = explorer.draw()
    sentences = {explorer.draw(**values).says for values in settings(explorer)}
    assert len(sentences) > len(explorer.controls)  # each control changes what is said
    assert explorer.look_for.endswith((".", "?"))
    for values in settings(explorer):
        figure = explorer.draw(**values)
        assert re.fullmatch(r"[^\n]+[.]", figure.says)
        assert len(figure.panels) == len(start.panels)


@pytest.mark.parametrize("name", WITH_CURVE)
def test_explore_every_loss_at_all_ends(name):
    explorer = lossbook.explore(name)
    ranges = [(p.y.low, p.y.high) for p in explorer.draw().panels]
    for values in settings(explorer):
        figure = explorer.draw(**values)
        assert [(p.y.low, p.y.high) for p in figure.panels] == ranges  # axes stand still
        for panel in figure.panels:
            y = panel.marks[0].y
            shown = (y >= panel.y.low) & (y <= panel.y.high)
            assert shown.any(), f"{values}: the curve lies outside the picture"
    whole = explorer.draw().panels[0]
    y = whole.marks[0].y
    assert ((y >= whole.y.low) & (y <= whole.y.high)).sum() > 0.8 * np.isfinite(y).sum()


def test_explore_moves_every_parameter_that_has_a_range():
    for name in WITH_CURVE:
        ranged = {
            p.name for p in losses.get(name).params if p.low is not None and not p.shape and p.default is not None
        }
        assert ranged <= set(lossbook.explore(name).controls), name


def test_point_and_tangent_by_hand():
    values = lossbook.explore("mse").draw(point=2.0)
    tangent, point = values.panels[0].marks[1:]
    assert (point.x[0], point.y[0]) == (2, 4)  # 2² = 4
    slope = (tangent.y[1] - tangent.y[0]) / (tangent.x[1] - tangent.x[0])
    assert slope == pytest.approx(4)  # 2·2
    assert "the loss is 4 and its slope 4" in values.says


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mse", "its slope 6 (target y = 0)."),  # the only one: no control names it
        ("hinge", "its slope 0 (y = 1)."),  # the control says that it is a target
        ("triplet_margin", "its slope 0.09197 (margin"),  # no targets at all, only parameters
    ],
)
def test_explore_names_the_target(name, says):
    said = lossbook.explore(name).draw(point=3.0).says
    assert says in said
    assert ("target" in said) == (name == "mse")


def test_explore_says_what_a_chapter_asks_for():
    assert lossbook.explore("mae", look_for="the corner.").view.look_for == "the corner."
    assert "tangent" in lossbook.explore("mae").view.look_for


def test_frames_of_typical_losses_take_less_than_a_second():
    for make in (lambda: lossbook.explore("mse"), explorers.regression_losses):
        make()
        start = time.perf_counter()
        make()
        assert time.perf_counter() - start < 1


# The numbers that chapter 02's explorers teach


def test_huber_turns_into_mae_and_mse():
    mae, mse, huber, _ = (mark.y for mark in four_losses(0.1).panels[0].marks)
    np.testing.assert_allclose(huber[:60], 0.1 * mae[:60] - 0.005)  # δ(|e| − δ/2), where |e| > δ
    mae, mse, huber, _ = (mark.y for mark in four_losses(3.0).panels[0].marks)
    np.testing.assert_allclose(huber, mse / 2)  # |e| <= 3 = δ everywhere


@pytest.mark.parametrize("name", NAMES)
def test_fitted_line_has_the_least_loss(name):
    x, y = np.append(X, 9.0), np.append(Y, 12.0)
    loss = losses.get(name)

    def mean(a, b):
        return loss.value(y, a + b * x).mean()

    a, b = fit_line(name, x, y)
    steps = [(da, db) for da in (-0.01, 0, 0.01) for db in (-0.002, 0, 0.002)]
    assert mean(a, b) <= min(mean(a + da, b + db) for da, db in steps) + 1e-6


def test_mae_forgets_the_outlier_and_mse_runs_after_it():
    lines = {h: {n: fit_line(n, np.append(X, 9.0), np.append(Y, h))[1] for n in NAMES} for h in (9.0, 15.0)}
    assert lines[9.0]["mae"] == pytest.approx(lines[15.0]["mae"], abs=1e-4)
    assert lines[15.0]["mse"] - lines[9.0]["mse"] > 0.1


def test_wrong_shapes_cost_1_333_for_a_perfect_prediction():
    says = explorers.shapes().draw(size=3, off=0).says
    assert "is 0.000" in says
    assert "becomes 1.333" in says  # (1 + 4 + 1 + 1 + 4 + 1) / 9


def test_a_slider_bears_the_letter_of_the_formula():
    assert lossbook.explore("smooth_l1").controls["beta"].label == "β"
    assert lossbook.explore("pinball").controls["quantile"].label == "quantile"


def test_mean_of_batch_rmses():
    explorer = explorers.batch_rmse()
    # Batches of 1 give the mean absolute error, (10.9 + 6) / 12 = 1.408; sqrt((13.51 + 36) / 12) = 2.031.
    assert (
        "mean of the RMSEs is 1.408; the RMSE of all is 2.031: 30.7 % too low" in explorer.draw(size=1, largest=6).says
    )
    assert "The MAE of all is 1.408." in explorer.draw(size=3, largest=6).says
    assert "the same" in explorer.draw(size=12).says


@pytest.mark.parametrize(("size", "meets"), [(1, "MAE of all"), (12, "RMSE of all")])
def test_mean_of_batch_rmses_lies_on_another_line(size, meets):
    lines = {mark.label: mark.y for mark in explorers.batch_rmse().draw(size=size).panels[0].marks}
    assert lines["mean of the batch RMSEs"] == pytest.approx(lines[meets])


def test_mae_ends_up_jumping():
    from lossbook.explorers.near_the_optimum import descend

    errors, slopes = descend("mae", 20, 0.3)
    assert set(np.round(np.abs(errors[-6:]), 9)) == {0.137, 0.163}  # 1.937 − 6·0.3 = 0.137, then −0.163, 0.137, …
    assert set(np.abs(slopes)) == {1.0}
    assert abs(descend("mse", 20, 0.3)[0][-1]) == pytest.approx(1.937 * 0.4**20)  # each step leaves 1 − 2·0.3
    says = explorers.near_the_optimum().draw(rate=0.3, steps=20).says
    assert "MAE is 0.137 from the optimum and its next step is 0.3 long; MSE is 0 from it" in says


def test_mae_lands_on_0_at_no_rate_of_the_slider():
    from lossbook.explorers.near_the_optimum import MOST, descend

    rates = explorers.near_the_optimum().controls["rate"].stops
    assert len(rates) == 100
    # Every rate is a multiple of 0.01, and 1.937 is 0.003 away from one.
    assert min(np.abs(descend("mae", MOST, rate)[0]).min() for rate in rates) == pytest.approx(0.003)
