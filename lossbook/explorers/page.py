"""An explorer as one page that works from a file, with no kernel and no network: frames, ``explorer.js``, inputs."""

from __future__ import annotations

import base64
import html
import itertools
import json
import os
from pathlib import Path

from lossbook.explorers.packing import LOOKS, pack

HERE = Path(__file__).parent
#: A grid of several controls is sampled until it is no larger than this, in bytes and in frames.
MOST_BYTES, MOST_FRAMES = 2_000_000, 1500
#: With fewer stops than this a slider is no slider any more.
FEWEST_STOPS = 7
EXPORT = "export default { render };"


def save(explorer, path) -> Path:
    """Write the page to ``path``; ValueError where the explorer has no picture to start from."""
    first = explorer.try_draw()
    if isinstance(first, Exception):
        raise ValueError(f"save_html: {explorer.title} has no picture at its start ({first}). Mend the function first.")
    stops, frames, fixed = _grid(explorer)
    state = {
        "title": explorer.title,
        "look_for": explorer.look_for,
        "looks": LOOKS,
        "controls": [_spec(explorer, name, chosen) for name, chosen in stops.items()],
        "frames": frames,
        "near": {},
        "live": {},
    }
    path = Path(path)
    waiting = path.with_name(path.name + ".part")
    waiting.write_text(_page(explorer, state, fixed), encoding="utf-8")
    os.replace(waiting, path)
    return path


def _page(explorer, state: dict, fixed: dict) -> str:
    data, metadata = explorer.static()
    script = (HERE / "explorer.js").read_text(encoding="utf-8")
    if EXPORT not in script:
        raise RuntimeError(f"explorer.js must end with {EXPORT!r}: a page that is a file can't import a module.")
    parts = {
        "title": html.escape(explorer.title),
        "css": (HERE / "explorer.css").read_text(encoding="utf-8"),
        "note": _note(fixed),
        "png": base64.b64encode(data["image/png"]).decode(),
        "alt": html.escape(metadata["image/png"]["alt"]),
        "state": json.dumps(state, ensure_ascii=False).replace("<", "\\u003c"),
        "script": script.replace(EXPORT, "") + (HERE / "page.js").read_text(encoding="utf-8"),
    }
    pieces = (HERE / "page.html").read_text(encoding="utf-8").split("{{")
    filled = (parts[name] + rest for name, _, rest in (piece.partition("}}") for piece in pieces[1:]))
    return pieces[0] + "".join(filled)


def _note(fixed: dict) -> str:
    if not fixed:
        return ""
    values = ", ".join(f"{name} = {value}" for name, value in fixed.items())
    return f'<p class="lossbook-page-note">Fixed in this saved page: {html.escape(values)}. The notebook moves all.</p>'


def _spec(explorer, name: str, stops: list) -> dict:
    control = explorer.controls[name]
    return explorer.spec(name) | {
        "name": name,
        "kind": "slider" if getattr(control, "ordered", False) else type(control).__name__.lower(),
        "label": control.label or name,
        "stops": [float(stop) for stop in stops],
        "texts": [control.say(control.from_widget(stop)) for stop in stops],
        "start": _nearest(stops, control.to_widget(control.value)),
    }


def _grid(explorer) -> tuple[dict, dict, dict]:
    """Stops by control, their frames, and what stays fixed because all together would be too large."""
    stops = {name: list(control.stops) for name, control in explorer.controls.items()}
    while stops:
        if _count(stops) <= MOST_FRAMES or len(stops) == 1:
            frames = _frames(explorer, stops)
            if len(json.dumps(frames)) <= MOST_BYTES or len(stops) == 1:
                return stops, frames, {}
        if not _thin(explorer, stops):
            break
    first, *others = explorer.controls.items()
    stops = {first[0]: list(first[1].stops)}
    return stops, _frames(explorer, stops), {name: c.say(c.value) for name, c in others}


def _count(stops: dict) -> int:
    count = 1
    for chosen in stops.values():
        count *= len(chosen)
    return count


def _thin(explorer, stops: dict) -> bool:
    """Leave out every second stop of the longest slider, keeping its ends and its start; False where none is left."""
    longest = max(stops, key=lambda name: len(stops[name]) if explorer.controls[name].trait == "value" else 0)
    chosen, start = stops[longest], explorer.controls[longest].value
    if len(chosen) < 2 * FEWEST_STOPS - 1:
        return False
    middle = chosen.index(_nearest(chosen, start))
    keep = sorted({*range(middle % 2, len(chosen), 2), 0, len(chosen) - 1})
    stops[longest] = [chosen[k] for k in keep]
    return True


def _nearest(stops: list, value):
    return min(stops, key=lambda stop: abs(stop - value))


def _frames(explorer, stops: dict) -> dict:
    figures = []
    for places in itertools.product(*stops.values()):
        values = {n: explorer.controls[n].from_widget(place) for n, place in zip(stops, places, strict=True)}
        figures.append(explorer.try_draw(**values))
    frames, data = pack(figures)
    return frames | {"data": base64.b64encode(data).decode()}
