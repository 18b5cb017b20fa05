"""What a test sees of an explorer in a page: its pixels, its spoken sentence, its note, its controls."""

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

PIXELS = "(canvas) => canvas.toDataURL()"
#: Handles of ipywidgets' sliders and the other controls that a key moves.
HANDLES = ".lossbook-controls .noUi-handle, .lossbook-controls select, .lossbook-controls input[type=checkbox]"
BUTTONS = ".lossbook-controls .widget-toggle-button"


class Seen:
    """One explorer in a page."""

    def __init__(self, page, root):
        self.page, self.root = page, root
        self.canvas = root.locator("canvas.lossbook-canvas")
        expect(self.canvas).to_be_attached()

    @property
    def pixels(self) -> str:
        """The picture as it is now."""
        return self.canvas.evaluate(PIXELS)

    @property
    def spoken(self) -> str:
        """What the live region says."""
        return self.root.locator(".lossbook-spoken").inner_text()

    @property
    def note(self) -> str:
        """The note on the picture: an error, or a kernel that is gone; empty where there is none."""
        note = self.root.locator(".lossbook-note")
        return note.inner_text() if note.is_visible() else ""

    def must_change(self, act, what: str) -> None:
        """After ``act()`` the picture and the sentence are other ones."""
        self.until_painted()
        pixels, spoken = self.pixels, self.spoken
        act()
        try:
            self.page.wait_for_function(
                """([canvas, region, pixels, spoken]) =>
                     canvas.toDataURL() !== pixels && region.textContent !== spoken""",
                arg=[self.canvas.element_handle(), self._region(), pixels, spoken], timeout=20000,
            )  # fmt: skip
        except PlaywrightTimeout:
            same = "picture" if self.pixels == pixels else "sentence"
            raise AssertionError(f"{what}: the {same} stayed; it says {self.spoken!r}, note {self.note!r}") from None
        assert self.note == "", what

    def until_painted(self) -> None:
        """Wait for the first picture and the first sentence."""
        self.page.wait_for_function(
            "([canvas, region]) => canvas.width > 300 && region.textContent",
            arg=[self.canvas.element_handle(), self._region()], timeout=30000,
        )  # fmt: skip

    def until_spoken(self, words: str, timeout: float = 20) -> None:
        """Wait until the live region says ``words``."""
        expect(self.root.locator(".lossbook-spoken")).to_contain_text(words, timeout=timeout * 1000)

    def _region(self):
        return self.root.locator(".lossbook-spoken").element_handle()


def explorers_in(page) -> list[Seen]:
    """All explorers of a page, in order."""
    roots = page.locator(".lossbook-explorer")
    return [Seen(page, roots.nth(k)) for k in range(roots.count())]
