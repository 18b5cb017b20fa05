"""A saved page, opened from a file with the network off."""

import pytest

from lossbook import explorers
from lossbook.explorers import Choice, Explorer, Slider, Toggle
from lossbook.explorers.page import MOST_BYTES
from lossbook.figures import Axis, Figure, Line, Panel

from playwright.sync_api import expect  # isort: skip

pytestmark = pytest.mark.browser
PIXELS = "(canvas) => canvas.toDataURL()"


def opened(open_page, explorer, folder, **options):
    """The saved page of an explorer, painted."""
    path = explorer.save_html(folder / "page with space.html")
    page = open_page(offline=True, **options)
    page.goto(path.as_uri())
    expect(page.locator(".lossbook-spoken")).not_to_be_empty(timeout=20_000)
    return page


def test_every_control_moves_the_picture(open_page, tmp_path):
    def draw(x, kind, on):
        y = [x, 2 * x if kind == "double" else x + 3]
        line = Line([0, 1], y, colour="orange" if on else "blue")
        return Figure(Panel(Axis("x"), Axis("y", 0, 10), (line,)), alt="A line.", says=f"{x:g}, {kind}, {on}")

    controls = [Slider("x", 1, 5, 3, steps=4), Choice("kind", ["double", "plus"]), Toggle("on")]
    page = opened(open_page, Explorer(draw, controls, title="three <controls>"), tmp_path)
    canvas, says = page.locator("canvas"), page.locator(".lossbook-says")
    moves = [
        ("#x", "ArrowRight", "4, double, False"),
        ("#x", "Home", "1, double, False"),
        ("#kind", "p", "1, plus, False"),
        ("#on", "Space", "1, plus, True"),
    ]
    for control, key, words in moves:
        before = canvas.evaluate(PIXELS)
        page.locator(control).press(key)
        expect(says).to_have_text(words)
        expect(page.locator(".lossbook-spoken")).to_have_text(words)
        assert canvas.evaluate(PIXELS) != before
    page.locator(".lossbook-reset").click()
    expect(says).to_have_text("3, double, False")
    assert page.locator("#x").input_value() == "2"


def test_mouse_and_touch(open_page, tmp_path):
    explorer = explorers.outlier()
    page = opened(open_page, explorer, tmp_path, has_touch=True)
    says, canvas = page.locator(".lossbook-says"), page.locator("canvas")
    slider = page.locator("#y").bounding_box()
    page.mouse.click(slider["x"] + 4, slider["y"] + slider["height"] / 2)
    expect(says).to_contain_text("y = −5")
    box = canvas.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(says).not_to_contain_text("y = −5")


@pytest.mark.parametrize("sharpness", [1, 2, 1.5])
def test_sharp_on_dense_screens_and_without_a_jump(open_page, tmp_path, sharpness):
    page = opened(open_page, explorers.regression_losses(), tmp_path, device_scale_factor=sharpness)
    canvas = page.locator("canvas")
    width, height, wide, tall = canvas.evaluate("(c) => [c.width, c.height, c.clientWidth, c.clientHeight]")
    assert abs(width - wide * sharpness) <= 1
    assert abs(height - tall * sharpness) <= 1
    page.evaluate("""() => { window.jumps = 0; new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.jumps += entry.value; }).observe({type: "layout-shift"}); }""")
    for key in ["Home", *["ArrowRight"] * 10, "End"]:
        page.locator("#delta").press(key)
    page.wait_for_timeout(100)
    assert page.evaluate("() => window.jumps") == 0


def test_narrow_page_stacks_the_panels(open_page, tmp_path):
    page = opened(open_page, explorers.regression_losses(), tmp_path, viewport={"width": 390, "height": 844})
    width, height = page.locator("canvas").evaluate("(c) => [c.clientWidth, c.clientHeight]")
    assert width <= 390 - 32
    assert height > 500
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_what_is_too_large_stays_fixed_and_says_so(open_page, tmp_path):
    def draw(a, b, c, d):
        x = [k / 900 for k in range(900)]
        y = [a + b * v + c * v**2 + d * v**3 for v in x]
        return Figure(
            Panel(Axis("x"), Axis("y", -9, 9), (Line(x, y),)), alt="A curve.", says=f"{a:g} {b:g} {c:g} {d:g}"
        )

    explorer = Explorer(draw, [Slider(n, -2, 2, 1, steps=40) for n in "abcd"], title="too large")
    page = opened(open_page, explorer, tmp_path)
    assert (tmp_path / "page with space.html").stat().st_size < MOST_BYTES
    assert page.locator("input").count() == 1
    assert "b = 1, c = 1, d = 1" in page.locator(".lossbook-page-note").inner_text()
    page.locator("#a").press("End")
    expect(page.locator(".lossbook-says")).to_have_text("2 1 1 1")
