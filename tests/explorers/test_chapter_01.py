"""The explorers of chapter 01 as pure functions: each slider at its least, middle and greatest value, by hand."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from lossbook import plots
from lossbook.explorers.descent_on_a_line import B, W, X, Y
from lossbook.figures import Figure, Heatmap, Line, Points

descent, reductions, surrogates, convexity = (
    import_module(f"lossbook.explorers.{name}")
    for name in ("descent_on_a_line", "reduction", "surrogates", "convexity")
)


def marks(panel, kind, label=None):
    return [mark for mark in panel.marks if isinstance(mark, kind) and (label is None or mark.label == label)]


# ---- gradient descent on a line


@pytest.mark.parametrize(
    ("rate", "w", "b"),
    [
        (0.01, 0.13, 0.07),  # from (0, 0) the slopes are -13 and -7: 0.01 * 13, 0.01 * 7
        (0.18, 2.34, 1.26),
        (0.35, 4.55, 2.45),
    ],
)
def test_descent_one_step(rate, w, b):
    path = np.array(descent.descend(rate, 1))
    np.testing.assert_allclose(path, [[0, w], [0, b]], rtol=1e-12)


def test_descent_slopes_at_the_start():
    # errors are -y: 2/5 * sum(-y x) = -0.4 * (-0.7 + 0 + 3.7 + 9.4 + 20.1) = -13; 2/5 * sum(-y) = -0.4 * 17.5 = -7
    assert -0.4 * (Y * X).sum() == pytest.approx(-13)
    assert -0.4 * Y.sum() == pytest.approx(-7)


@pytest.mark.parametrize(
    ("w", "b", "loss"),
    [
        (0, 0, 16.81),  # (0.49 + 2.89 + 13.69 + 22.09 + 44.89) / 5
        (1, 2, 0.81),  # errors 0.3, 0.3, -0.7, -0.7, -1.7
        (1.5, 2, 0.06),  # errors -0.2, 0.3, -0.2, 0.3, -0.2
    ],
)
def test_descent_loss_of_a_line(w, b, loss):
    assert descent.loss_of(w, b) == pytest.approx(loss)


def test_descent_best_line_is_the_minimum():
    best = descent.loss_of(1.5, 2.0)
    assert all(descent.loss_of(1.5 + dw, 2 + db) > best for dw, db in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)))


@pytest.mark.parametrize(("step", "says"), [(1, "w = 1.30, b = 0.70, loss 2.39"), (15, "loss 0.08"), (30, "loss 0.06")])
def test_descent_over_the_steps(step, says):
    # after step 1 the errors are -1.3, -1, -1.7, -1.4, -2.1: (1.69 + 1 + 2.89 + 1.96 + 4.41) / 5 = 2.39
    figure = descent.figure(0.1, step)
    assert f"step {step}: w" in figure.says
    assert says in figure.says
    (path,) = marks(figure.panels[1], Line, "path")
    assert path.x.size == step + 1


@pytest.mark.parametrize(("rate", "arrives"), [(0.01, False), (0.1, True), (0.29, False), (0.3, False), (0.35, False)])
def test_descent_after_the_last_step(rate, arrives):
    assert (descent.loss_of(*np.array(descent.descend(rate, descent.MOST))[:, -1]) < 0.07) == arrives


def test_descent_turns_at_the_steepest_curvature():
    """Along the steepest direction the error is multiplied by 1 - rate * curvature: it grows beyond 2 / curvature."""
    curvature = 2 * np.array([[np.mean(X * X), X.mean()], [X.mean(), 1.0]])  # 2 * [[3, 1], [1, 1]]
    limit = 2 / np.linalg.eigvalsh(curvature).max()  # 2 / (4 + sqrt(8)) = 0.2929
    assert limit == pytest.approx(2 / (4 + np.sqrt(8)))
    early, late = (descent.loss_of(*np.array(descent.descend(0.29, n))[:, -1]) for n in (10, 30))
    assert late < early
    early, late = (descent.loss_of(*np.array(descent.descend(0.30, n))[:, -1]) for n in (10, 30))
    assert late > early


def test_descent_beyond_that_rate_each_step_lands_higher():
    rises = {rate: np.diff(descent.loss_of(*np.array(descent.descend(rate, descent.MOST)))) > 0 for rate in (0.29, 0.3)}
    assert not rises[0.29].any()
    assert rises[0.3].all()


def test_descent_surface_and_path_lie_on_the_same_cells():
    panel = descent.figure(0.1, 1).panels[1]
    (surface,) = marks(panel, Heatmap)
    assert surface.values.shape == (B.size, W.size)
    row, column = list(B).index(2.0), list(W).index(1.0)
    assert surface.values[row, column] == pytest.approx(0.9)  # the root of 0.81 at w = 1, b = 2
    (now,) = marks(panel, Points, "this line")
    assert W[0] + descent.CELL * now.x[0] == pytest.approx(1.3)
    assert B[0] + descent.CELL * now.y[0] == pytest.approx(0.7)
    assert dict((text, at) for at, text in panel.x.ticks)["1"] == column


def test_descent_surface_has_no_numbers_and_no_gaps():
    panel = descent.figure(0.1, 1).panels[1]
    (surface,) = marks(panel, Heatmap)
    assert {text for row in surface.cells for text, _, _ in row} == {""}
    cells = plots.draw(Figure(panel, alt="The surface.")).patches
    assert len(cells) == B.size * W.size
    assert {cell.get_linewidth() for cell in cells} == {0}


def test_descent_residuals_reach_from_the_points_to_the_line():
    (sticks,) = marks(descent.figure(0.1, 1).panels[0], Line, "residual")
    ends = sticks.y.reshape(-1, 3)
    np.testing.assert_allclose(ends[:, 0], Y)
    np.testing.assert_allclose(ends[:, 1], 1.3 * X + 0.7)


def test_descent_far_away_is_said_in_words():
    assert "loss beyond 1000" in descent.figure(0.35, 30).says


# ---- mean or sum


@pytest.mark.parametrize(
    ("size", "rate", "mean", "total"),
    [
        (1, 0.02, 0.04, 0.04),  # slope -2: 0.02 * 2; with one sample both are the same
        (8, 0.02, 0.04, 0.32),  # 8 times as far
        (64, 0.02, 0.04, 2.56),
        (8, 0.005, 0.01, 0.08),
        (8, 0.04, 0.08, 0.64),
        (8, 0.32, 0.64, 5.12),
    ],
)
def test_reduction_first_step(size, rate, mean, total):
    assert reductions.descend("mean", size, rate)[1] == pytest.approx(mean)
    assert reductions.descend("sum", size, rate)[1] == pytest.approx(total)


def test_reduction_half_the_rate_undoes_twice_the_batch():
    np.testing.assert_allclose(reductions.descend("sum", 16, 0.01), reductions.descend("sum", 8, 0.02))
    np.testing.assert_allclose(reductions.descend("mean", 64, 0.02), reductions.descend("mean", 1, 0.02))


def test_reduction_says_where_the_paths_end():
    # mean: 1 - (1 - 2 * 0.02)^20 = 1 - 0.442 = 0.56; sum of 8: 1 - (1 - 0.32)^20 = 1.00; of 64: |1 - 2.56| > 1
    assert "mean is at 0.56, sum is at 1.00" in reductions.figure(8, 0.02).says
    assert "mean is at 0.56, sum has run away" in reductions.figure(64, 0.02).says
    assert "would at 1.28" in reductions.figure(64, 0.02).says


def test_reduction_draws_until_the_path_leaves():
    (path,) = marks(reductions.figure(64, 0.02).panels[0], Line, 'reduction="sum"')
    assert path.y.tolist() == pytest.approx([0, 2.56])
    (path,) = marks(reductions.figure(8, 0.02).panels[0], Line, 'reduction="sum"')
    assert path.y.size == reductions.STEPS + 1


# ---- 0-1 loss and its surrogates


@pytest.mark.parametrize(
    ("margin", "losses", "slopes"),
    [
        (-3, (1, 4, 3.048587, 20.085537), (0, -1, -0.952574, -20.085537)),  # log(1 + e^3), e^3
        (0, (1, 1, 0.693147, 1), (0, -1, -0.5, -1)),  # on the border counts as wrong; log 2
        (3, (0, 0, 0.048587, 0.049787), (0, 0, -0.047426, -0.049787)),
    ],
)
def test_surrogates_over_the_margin(margin, losses, slopes):
    found = surrogates.curves([margin])
    assert [found[name][0][0] for name in surrogates.NAMES] == pytest.approx(losses, abs=1e-6)
    assert [found[name][1][0] for name in surrogates.NAMES] == pytest.approx(slopes, abs=1e-6)


def test_surrogates_fall_and_bound_the_mistakes():
    found = surrogates.curves(surrogates.MARGINS)
    mistakes = found["0–1 loss"][0]
    for name, scale in (("hinge", 1), ("logistic", np.log(2)), ("exponential", 1)):
        value, slope = found[name]
        assert (np.diff(value) <= 0).all(), name
        assert (slope <= 0).all(), name
        assert (value / scale >= mistakes - 1e-12).all(), name


def test_surrogates_points_sit_on_their_curves():
    figure = surrogates.figure(-1.0)
    assert "Margin −1, wrong. Loss: 0–1 loss 1, hinge 2, logistic 1.313, exponential 2.718." in figure.says
    for panel, heights in zip(figure.panels, ((1, 2, 1.313262, 2.718282), (0, -1, -0.731059, -2.718282)), strict=True):
        assert [point.y[0] for point in marks(panel, Points)] == pytest.approx(heights, abs=1e-6)
    assert "Margin 0.1, right." in surrogates.figure(0.1).says


# ---- convex in what?


@pytest.mark.parametrize(
    ("left", "right", "halfway", "chord", "rises"),
    [
        # (halfway², chord) for the weights: loss (w² - 1)²
        (-1.5, 1.4, (0.05**2 - 1) ** 2, (1.5625 + 0.9216) / 2, False),  # (2.25 - 1)² and (1.96 - 1)²
        (0.0, 1.4, (0.49 - 1) ** 2, (1 + 0.9216) / 2, False),
        (1.5, 1.4, (1.45**2 - 1) ** 2, (1.5625 + 0.9216) / 2, False),
        (0.6, -1.5, (0.45**2 - 1) ** 2, (0.4096 + 1.5625) / 2, False),
        (0.6, 0.0, (0.09 - 1) ** 2, (0.4096 + 1) / 2, True),
        (-1.0, 1.0, 1.0, 0.0, True),  # two perfect networks, and 0 halfway
        (-1.0, 0.5, (0.0625 - 1) ** 2, (0 + 0.5625) / 2, True),
        (0.6, 1.5, (1.05**2 - 1) ** 2, (0.4096 + 1.5625) / 2, False),
    ],
)
def test_convexity_of_the_weights(left, right, halfway, chord, rises):
    figure = convexity.figure(left, right)
    (point,), (line,) = marks(figure.panels[1], Points, "halfway"), marks(figure.panels[1], Line, "chord")
    assert point.y[0] == pytest.approx(halfway)
    assert line.y.mean() == pytest.approx(chord)
    assert (halfway > chord) == rises
    assert ("is above" in figure.says.partition("Weights")[2]) == rises


@pytest.mark.parametrize("left", [-1.5, 0.0, 1.5])
@pytest.mark.parametrize("right", [-1.5, 0.0, 1.5])
def test_convexity_in_the_prediction_holds_everywhere(left, right):
    figure = convexity.figure(left, right)
    assert "is not above" in figure.says.partition("Weights")[0]
    (point,), (line,) = marks(figure.panels[0], Points, "halfway"), marks(figure.panels[0], Line, "chord")
    assert point.y[0] == pytest.approx(((left + right) / 2 - 1) ** 2)
    assert line.y.mean() == pytest.approx(((left - 1) ** 2 + (right - 1) ** 2) / 2)


# ---- what all of them keep to


CHAPTER = Path(__file__).parents[2] / "notebooks" / "src" / "01_what_is_a_loss.md"


@pytest.mark.parametrize("name", ["descent_on_a_line", "reduction", "surrogates", "convexity"])
def test_picture_and_chapter_ask_for_the_same(name):
    explorer = getattr(import_module(f"lossbook.explorers.{name}"), name)()
    assert f"**Look for**: {explorer.look_for}" in CHAPTER.read_text(encoding="utf-8").replace("$", "")


@pytest.mark.parametrize("name", ["descent_on_a_line", "reduction", "surrogates", "convexity"])
def test_every_stop_gives_a_sentence_of_its_own(name):
    """Each control alone through all its stops, the others at their start."""
    explorer = getattr(import_module(f"lossbook.explorers.{name}"), name)()
    assert explorer.look_for
    for control in explorer.controls.values():
        said = [explorer.draw(**{control.name: control.from_widget(stop)}).says for stop in control.stops]
        assert len(set(said)) == len(said), control.name
