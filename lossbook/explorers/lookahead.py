"""Frames for the next move, computed while all controls rest: so several sliders answer within a frame as well."""

from __future__ import annotations

import asyncio
import json
import time

from lossbook.explorers.packing import pack

#: Seconds without a move before the kernel looks ahead, and how long it computes before it listens again.
REST, SLICE = 0.1, 0.01
#: A function slower than this, in seconds, is only asked for what is shown.
SLOWEST = 0.01
#: No more frames, and no more bytes, than this are sent at once.
MOST_FRAMES, MOST_BYTES = 500, 160_000


class LookAhead:
    """What the page can show without asking: all frames that a move of one control reaches from where they stand."""

    def __init__(self, explorer):
        self.explorer = explorer
        self.on = True
        #: Seconds that the latest answer took.
        self.cost = 0.0
        self._task: asyncio.Task | None = None
        #: The control that moved last: where the frames of all are too many, its own are sent.
        self.latest = list(explorer.controls)[-1]

    def places(self) -> list[int]:
        """The place of each control's value among its stops."""
        values = self.explorer.values
        return [
            list(control.stops).index(control.to_widget(values[name]))
            for name, control in self.explorer.controls.items()
        ]

    def covers(self) -> bool:
        """Whether the page already holds the frame for where the controls stand."""
        near = self.explorer.view.near
        if not near:
            return False
        moved = [k for k, place in enumerate(self.places()) if place != near["at"][k]]
        return not moved or (len(moved) == 1 and moved[0] in near["lines"])

    def rest(self) -> None:
        """Start over: look ahead once the controls have rested, if there is an event loop to do it in."""
        if self._task is not None:
            self._task.cancel()
        if not self.on or self.explorer.view.frames or self.cost > SLOWEST:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # a script or a test: no page will move
        self._task = loop.create_task(self._look())

    async def _look(self) -> None:
        await asyncio.sleep(REST)
        names = list(self.explorer.controls)
        for lines in (range(len(names)), [names.index(self.latest)]):
            near = await self._frames(list(lines))
            if near:
                self.explorer.view.near = near
                return

    async def _frames(self, lines: list[int]) -> dict:
        """All frames along these controls, or nothing where they are too many to send."""
        near, now, start = {"at": self.places(), "lines": lines}, self.explorer.values, time.perf_counter()
        figures = []
        for name, control in [list(self.explorer.controls.items())[k] for k in lines]:
            if len(figures) + len(control.stops) > MOST_FRAMES:
                return {}
            for stop in control.stops:
                figures.append(self.explorer.try_draw(**now | {name: control.from_widget(stop)}))
                if time.perf_counter() - start > SLICE:
                    await asyncio.sleep(0.001)  # a move that came meanwhile goes first, and cancels this
                    start = time.perf_counter()
        packed, data = pack(figures)
        small = len(data) + len(json.dumps(packed)) <= MOST_BYTES
        return packed | near | {"data": data} if small else {}
