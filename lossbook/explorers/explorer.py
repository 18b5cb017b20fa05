"""An explorer: a function from values to a figure, with sliders that a learner moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

import anywidget
import ipywidgets
import traitlets

from lossbook import plots
from lossbook.explorers.controls import Control
from lossbook.explorers.lookahead import LookAhead
from lossbook.explorers.packing import LOOKS, explain, pack
from lossbook.figures import Figure

HERE = Path(__file__).parent
#: With one control, as many frames are sent ahead at most; beyond it the kernel answers.
MOST_FRAMES = 201


class View(anywidget.AnyWidget):
    """The picture in the page; ``explorer.js`` draws what these traits hold."""

    _esm = HERE / "explorer.js"
    _css = HERE / "explorer.css"
    title = traitlets.Unicode().tag(sync=True)
    look_for = traitlets.Unicode().tag(sync=True)
    looks = traitlets.Dict(LOOKS).tag(sync=True)
    controls = traitlets.List().tag(sync=True)
    frames = traitlets.Dict().tag(sync=True)
    near = traitlets.Dict().tag(sync=True)
    live = traitlets.Dict().tag(sync=True)


class Explorer:
    """A figure that follows its controls.

    ``function`` gets one keyword a control and returns a ``Figure``. With one control the frames for all of its
    stops are computed now and sent once. With several, each move asks the function, and while all rest the frames
    that one move can reach are sent ahead (``lookahead.py``). An error of the function is shown in the picture's
    place, until a value works again.
    """

    def __init__(self, function: Callable[..., Figure], controls: Sequence[Control], *, title: str, look_for: str = ""):
        self.function, self.title, self.look_for = function, title, look_for
        self.controls = {control.name: control for control in controls}
        if not self.controls or len(self.controls) < len(controls):
            raise ValueError(f"Explorer {title!r}: controls must be one or more, each with a name of its own.")
        self.widgets = {name: control.widget() for name, control in self.controls.items()}
        self._listeners: list[Callable[[dict], None]] = []
        self._held = False
        self._twin: tuple[dict, dict] | None = None
        self.view = View(
            title=title, look_for=look_for, controls=[self.spec(name) for name in self.controls], frames=self._ahead()
        )  # fmt: skip
        self.lookahead = LookAhead(self)
        self._answer()
        self.lookahead.rest()
        for name, widget in self.widgets.items():
            widget.observe(self._moved, names=self.controls[name].trait)
        self.widget = ipywidgets.VBox([self.view, self._box()])
        self.widget.add_class("lossbook-explorer")

    def _box(self) -> ipywidgets.Widget:
        box = ipywidgets.VBox(list(self.widgets.values()))
        box.add_class("lossbook-controls")
        return box

    def spec(self, name: str) -> dict:
        """What the page knows of one control."""
        control = self.controls[name]
        return {
            "id": self.widgets[name].model_id,
            "trait": control.trait,
            "start": control.to_widget(control.value),
            "stops": [float(stop) for stop in control.stops],
            "drag": control.drag,
            "panels": list(control.panels),
        }

    # ---- values

    @property
    def values(self) -> dict:
        """What the controls stand at."""
        return {
            name: control.from_widget(getattr(self.widgets[name], control.trait))
            for name, control in self.controls.items()
        }

    def set(self, **values) -> None:
        """Move controls from Python, several at once, to the nearest stops; ValueError where out of range."""
        for name in values:
            if name not in self.controls:
                raise ValueError(f"{self.title}: no control {name!r}; expected {', '.join(self.controls)}.")
        placed = {name: self.controls[name].to_widget(value) for name, value in values.items()}
        with self._hold():
            for name, place in placed.items():
                setattr(self.widgets[name], self.controls[name].trait, place)

    def reset(self) -> None:
        """Move all controls back to where they started."""
        self.set(**{name: control.value for name, control in self.controls.items()})

    def observe(self, listener: Callable[[dict], None]) -> Callable[[], None]:
        """Call ``listener(values)`` after each move, from the page or from Python; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @contextmanager
    def _hold(self):
        """Several moves count as one."""
        before, self._held = self.values, True
        try:
            yield
        finally:
            self._held = False
            if self.values != before:
                self._moved()

    def _moved(self, change=None) -> None:
        if self._held:
            return
        if change is not None:
            self.lookahead.latest = next(name for name, widget in self.widgets.items() if widget is change.owner)
        if not self.lookahead.covers():
            self._answer()
        self.lookahead.rest()
        for listener in list(self._listeners):
            listener(self.values)

    # ---- figures

    @property
    def figure(self) -> Figure:
        """The figure for the present values; raises what the function raises."""
        return self.draw(**self.values)

    def draw(self, **values) -> Figure:
        """The figure for ``values``; what is left out stands at its start."""
        values = {name: values.get(name, control.value) for name, control in self.controls.items()}
        figure = self.function(**values)
        if not isinstance(figure, Figure):
            raise TypeError(f"the function must return a Figure; got {type(figure).__name__}.")
        return figure

    def try_draw(self, **values) -> Figure | Exception:
        """The figure, or the error in its place: a learner's function must not end the explorer."""
        try:
            return self.draw(**values)
        except Exception as error:
            return error

    def _ahead(self) -> dict:
        (name, control), *others = self.controls.items()
        if others or len(control.stops) > MOST_FRAMES:
            return {}
        values = [control.from_widget(stop) for stop in control.stops]
        frames, data = pack([self.try_draw(**{name: value}) for value in values])
        return frames | {"data": data}

    def _answer(self) -> None:
        if self.view.frames:
            return  # the page has them all
        start = time.perf_counter()
        packed, data = pack([self.try_draw(**self.values)])
        self.lookahead.cost = time.perf_counter() - start
        self.view.live = packed | {"data": data}

    # ---- showing

    def static(self) -> tuple[dict, dict]:
        """The picture at the start and one sentence: what shows where there is no browser."""
        if self._twin is None:
            figure = self.try_draw()
            if isinstance(figure, Exception):
                self._twin = {"text/plain": f"Explorer: {self.title}. {explain(figure)}"}, {}
            else:
                picture, metadata = plots.show(figure)._repr_mimebundle_()
                self._twin = picture | {"text/plain": f"Explorer: {self.title}. {figure.says}".strip()}, metadata
        return self._twin

    def _repr_mimebundle_(self, include=None, exclude=None):
        data, metadata = self.static()
        return self.widget._repr_mimebundle_() | data, metadata

    def __repr__(self) -> str:
        return f"Explorer({self.title!r}, {', '.join(f'{name}={value!r}' for name, value in self.values.items())})"

    def save_html(self, path) -> Path:
        """Save as one page that works without kernel and network; returns its path."""
        from lossbook.explorers.page import save

        return save(self, path)
