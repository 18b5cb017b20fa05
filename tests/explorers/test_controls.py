"""Sliders, choices and toggles: stops, values from Python and from the page, ipywidgets."""

import ipywidgets
import pytest

from lossbook.explorers import Choice, Slider, Toggle


def test_stops_of_a_slider():
    assert Slider("a", 0, 1, 0.5, steps=4).stops == [0, 0.25, 0.5, 0.75, 1]
    assert Slider("a", 1, 5, 3, steps=4).stops == [1, 2, 3, 4, 5]
    assert all(isinstance(stop, int) for stop in Slider("a", 1, 5, 3, steps=4).stops)
    assert Slider("a", 1e-4, 1, 0.01, steps=4, log=True).stops == [1e-4, 1e-3, 1e-2, 1e-1, 1]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Slider("a", 1, 1, 1), "low must be below high"),
        (lambda: Slider("a", 0, 1, 0.5, log=True), "starts above 0"),
        (lambda: Slider("a", 0, 1, 2, steps=4), "between 0 and 1; got 2"),
        (lambda: Slider("a", 0, 1, 0.3, steps=4), "must be one of its stops; 0.3 is not, 0.25 is"),
        (lambda: Slider("a", 0, 1, 0.5, steps=4, drag="z"), "drag must be"),
        (lambda: Choice("a", []), "options must not be empty"),
        (lambda: Choice("a", ["b", "c"], "d"), "one of b, c; got 'd'"),
        (lambda: Toggle("a").check("yes"), "True or False; got 'yes'"),
    ],
)
def test_what_is_wrong_is_said(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_a_value_goes_to_the_nearest_stop():
    slider = Slider("a", 0, 3, 1, steps=30)
    assert slider.to_widget(0.26) == 0.3
    assert slider.from_widget(0.30000000000000004) == 0.3  # what the page's own arithmetic sends


@pytest.mark.parametrize(
    ("control", "kind"),
    [
        (Slider("a", 0, 1, 0.5), ipywidgets.FloatSlider),
        (Slider("a", 0, 60, 5), ipywidgets.IntSlider),
        (Slider("a", 0.01, 1, 0.1, log=True), ipywidgets.FloatLogSlider),
        (Choice("a", ["b", "c"]), ipywidgets.ToggleButtons),
        (Choice("a", ["a long option " * 3, "c"]), ipywidgets.Dropdown),
        (Choice("a", [1, 2, 4], ordered=True), ipywidgets.SelectionSlider),
        (Toggle("a"), ipywidgets.Checkbox),
    ],
)
def test_widgets_stand_at_the_start(control, kind):
    widget = control.widget()
    assert isinstance(widget, kind)
    assert control.from_widget(getattr(widget, control.trait)) == control.value
    assert widget.description == "a"
