"""The matplotlib side: Axes come back, nothing is shown, pictures carry their alt text."""

import io

import numpy as np
import pytest
from matplotlib import image, pyplot
from matplotlib.axes import Axes

from lossbook import losses, plots
from lossbook.figures import LAYOUT, WIDTH, Axis, Figure, Heatmap, Line, Panel, curves

ONE = Figure(
    Panel(Axis("time (s)"), Axis("size (m)"), (Line([0, 1], [1, 3], "growth"),)), alt="A line.", says="It grows."
)


def test_draw_returns_axes_and_opens_no_window():
    ax = plots.draw(ONE)
    assert isinstance(ax, Axes)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "size (m)")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["growth"]
    assert pyplot.get_fignums() == []


def test_draw_into_given_axes():
    figure, axes = pyplot.subplots(1, 2)
    try:
        drawn = plots.draw(curves(losses.get("huber")), axes)
        assert list(drawn) == list(axes)
        assert axes[0].lines[0].get_ydata().max() == pytest.approx(3.5)  # δ = 1: 1·(4 − 0.5)
        with pytest.raises(ValueError, match="needs 2 Axes, one a panel; got 1"):
            plots.draw(curves(losses.get("huber")), axes[0])
    finally:
        pyplot.close(figure)


def test_show_gives_png_text_and_alt():
    data, metadata = plots.show(ONE)._repr_mimebundle_()
    pixels = image.imread(io.BytesIO(data["image/png"]))
    assert pixels.shape[1] == round(WIDTH * plots.SHARPNESS)
    assert data["text/plain"] == "It grows."
    assert metadata["image/png"] == {"alt": "A line.", "width": WIDTH}
    assert np.all(pixels[0, 0, :3] == 1)  # white, also on a dark page


def test_show_is_the_same_each_time():
    assert plots.show(ONE).png == plots.show(ONE).png


def test_show_takes_matplotlib_with_alt_text():
    figure, ax = pyplot.subplots()
    pyplot.close(figure)
    assert plots.show(ax, alt="Empty axes.").text == "Empty axes."
    with pytest.raises(ValueError, match="alt is missing"):
        plots.show(ax)
    with pytest.raises(ValueError, match="got str"):
        plots.show("picture", alt="a")


def test_the_notebook_formatter_takes_the_picture():
    from IPython.core.formatters import DisplayFormatter

    data, metadata = DisplayFormatter().format(plots.show(ONE))
    assert set(data) == {"image/png", "text/plain"}
    assert metadata["image/png"]["alt"] == "A line."


def test_row_0_of_a_heatmap_is_on_top():
    ax = plots.draw(Figure(Panel(Axis("c"), Axis("r", flip=True), (Heatmap([[0.25], [1]]),)), alt="Two cells."))
    first, second = ax.texts
    assert (first.get_text(), second.get_text()) == ("0.25", "1.00")
    assert ax.transData.transform(first.get_position())[1] > ax.transData.transform(second.get_position())[1]


def test_panels_leave_the_room_that_the_layout_says():
    left, right = plots.draw(curves(losses.get("mse")))
    width = left.figure.bbox.width / plots.SHARPNESS
    gap = (right.get_position().x0 - left.get_position().x1) * width
    assert gap == pytest.approx(LAYOUT["between"])
    assert left.get_position().x0 * width == pytest.approx(LAYOUT["left"])
