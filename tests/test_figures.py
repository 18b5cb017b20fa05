"""Figures as data: what they accept, what they refuse, ticks, ranges, and the curves of the catalogue."""

import numpy as np
import pytest

from lossbook import losses
from lossbook.figures import (
    PALETTE,
    SERIES,
    Axis,
    Bars,
    Figure,
    Heatmap,
    Line,
    Note,
    Panel,
    Points,
    Rule,
    curves,
    has_curve,
    loss_curve,
    nice_ticks,
    text,
)
from lossbook.figures.curves import broken

X, Y = Axis("x"), Axis("y")
WITH_CURVE = [name for name in losses.names() if has_curve(losses.get(name))]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Line([0, 1], [0, np.nan], "a"), "Line 'a': y must be finite; got nan at place 1"),
        (lambda: Line([0, 1], [0, 1, 2]), "equally long; got 2 and 3"),
        (lambda: Line([[0, 1]], [[0, 1]]), r"shape \(n,\); got shape \(1, 2\)"),
        (lambda: Line([], []), r"got shape \(0,\)"),
        (lambda: Line([0, 1], ["a", "b"]), "must be numbers; got list"),
        (lambda: Line([0, 1], [np.nan, np.nan], gaps=True), "at least one finite number"),
        (lambda: Line([0, 1], [0, 1], colour="red"), "colour must be one of blue, .*; got 'red'"),
        (lambda: Line([0, 1], [0, 1], style="wavy"), "style must be one of solid"),
        (lambda: Points([0], [np.inf]), "finite"),
        (lambda: Points([0], [0], marker="star"), "marker must be one of circle"),
        (lambda: Heatmap([[0, np.nan]]), "must be finite"),
        (lambda: Heatmap([0, 1]), r"shape \(rows, columns\)"),
        (lambda: Heatmap([[0, 1]], low=1, high=1), "low must be below high"),
        (lambda: Rule("z", 0), "axis must be one of x, y"),
        (lambda: Note(np.nan, 0, "here"), "finite"),
        (lambda: Panel(Axis("x", 2, 1), Y, ()), "low must be below high; got 2 and 1"),
        (lambda: Panel(Axis("x", 0, 1, log=True), Y, ()), "range above 0"),
        (lambda: Panel(X, Y, ("line",)), "got str"),
        (lambda: Figure((), alt="a"), "one Panel or more"),
        (lambda: Figure(Panel(X, Y, ()), alt=" "), "alt must say"),
    ],
)
def test_what_is_wrong_is_said(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    ("low", "high", "places"),
    [
        (-3, 3, [-3, -2, -1, 0, 1, 2, 3]),  # 6 / 6 = 1: a step of 1
        (0, 0.73, [0, 0.2, 0.4, 0.6]),  # 0.73 / 6 = 0.12: the next round step is 0.2
        (-1000, 4000, [-1000, 0, 1000, 2000, 3000, 4000]),  # 5000 / 6 = 833: 1000
    ],
)
def test_ticks_are_round_and_inside(low, high, places):
    assert [at for at, _ in nice_ticks(low, high)] == pytest.approx(places)


def test_ticks_of_a_log_axis_are_powers_of_ten():
    assert nice_ticks(2e-3, 50, log=True) == [(0.01, "0.01"), (0.1, "0.1"), (1.0, "1"), (10.0, "10")]
    assert len(nice_ticks(1e-12, 1, log=True)) <= 7


def test_numbers_as_text():
    assert (text(-0.5), text(2.0), text(1 / 3), text(-1e-9, 2), text(1234.5678)) == (
        "−0.5",
        "2",
        "0.3333",
        "0.00",
        "1235",
    )


def test_ranges_come_from_the_marks():
    panel = Panel(X, Y, (Line([0, 10], [2, 4]), Points([5], [0])))
    assert (panel.x.low, panel.x.high) == pytest.approx((-0.5, 10.5))  # 5 % of 10 at each end
    assert (panel.y.low, panel.y.high) == pytest.approx((-0.2, 4.2))  # 5 % of 4
    bars = Panel(X, Y, (Bars([1, 2], [3, 5], width=0.8),))
    assert bars.y.low < 0 < bars.y.high  # bars stand on 0
    assert bars.x.low == pytest.approx(0.6 - 0.05 * 1.8)
    table = Panel(X, Axis("y", flip=True), (Heatmap([[0, 1, 0], [1, 0, 1]]),))
    assert (table.x.low, table.x.high, table.y.high) == pytest.approx((-0.65, 2.65, 1.6))


def test_a_figure_does_not_change_under_its_reader():
    numbers = np.array([0.0, 1.0])
    line = Line([0, 1], numbers)
    numbers[0] = 9
    assert line.y[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        line.y[0] = 1


def test_series_differ_in_colour_and_in_style():
    assert len({s["colour"] for s in SERIES}) == len({s["style"] for s in SERIES}) == len(SERIES)


# sRGB to linear light, and what each kind of colour blindness leaves of it (Machado, Oliveira, Fernandes 2009).
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


# Linear light to OKLab, in which equal distances look equally large (B. Ottosson 2020).
TO_CONES = [[0.4122, 0.5363, 0.0515], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
TO_LAB = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]


def light(colour):
    part = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def contrast(colour, page):
    one, other = (light(c) @ [0.2126, 0.7152, 0.0722] + 0.05 for c in (colour, page))
    return max(one, other) / min(one, other)


@pytest.mark.parametrize(("theme", "page"), [(0, "#ffffff"), (1, "#111111")])
def test_colours_stand_out_from_the_page(theme, page):
    for name, pair in PALETTE.items():
        assert contrast(pair[theme], page) >= 3, name  # WCAG 1.4.11: graphics


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("theme", [0, 1])
def test_colours_of_series_stay_apart(kind, theme):
    seen = [np.clip(BLINDNESS[kind] @ light(PALETTE[series["colour"]][theme]), 0, 1) for series in SERIES]
    seen = [TO_LAB @ np.cbrt(TO_CONES @ part) for part in seen]
    nearest = min(np.linalg.norm(a - b) for k, a in enumerate(seen) for b in seen[:k])
    assert nearest > 0.11  # 0.02 is just noticeable


# Curves of the catalogue


def test_curve_of_huber_by_hand():
    values, slopes = loss_curve(losses.get("huber"), "y = 0", [-3.0, 0.5, 3.0], delta=2.0)
    assert values == pytest.approx([4, 0.125, 4])  # 2·(3 − 1) = 4; 0.5²/2 = 0.125
    assert slopes == pytest.approx([-2, 0.5, 2])


@pytest.mark.parametrize("name", WITH_CURVE)
def test_curve_at_once_is_the_curve_place_by_place(name):
    loss = losses.get(name)
    x = np.linspace(loss.curve.low, loss.curve.high, 7)
    for target in loss.curve.targets:
        values, slopes = loss_curve(loss, target, x)
        single = [loss_curve(loss, target, place) for place in x]
        # float64 both ways; only the order of additions differs
        np.testing.assert_allclose(values, [v[0] for v, _ in single], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(slopes, [s[0] for _, s in single], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", WITH_CURVE)
def test_curves_of_every_loss(name):
    figure = curves(losses.get(name))
    assert [panel.marks[0].x.size >= 200 for panel in figure.panels] == [True, True]
    assert losses.get(name).title in figure.alt


def test_no_curve_says_what_to_look_at():
    without = [name for name in losses.names() if not has_curve(losses.get(name))]
    for name in without:
        loss = losses.get(name)
        with pytest.raises(ValueError, match="has no curve") as caught:
            curves(loss)
        assert loss.curve.instead in str(caught.value)


def test_unknown_target_names_the_known():
    with pytest.raises(ValueError, match="no target 'y = 9'; expected one of 'y = 0'"):
        loss_curve(losses.get("huber"), "y = 9", 0.0)


def test_a_jump_is_a_gap_and_a_slope_is_none():
    x = np.linspace(-1, 1, 10)
    stepped, steep = broken(x, np.sign(x)), broken(x, 50 * x)
    assert np.isnan(stepped[1]).sum() == 1
    assert stepped[0].size == 11
    assert np.isnan(steep[1]).sum() == 0
