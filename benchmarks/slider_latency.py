"""How long a slider takes from key press to changed pixels, in JupyterLab in headless Chromium, all in one run.

    python benchmarks/slider_latency.py [--presses 60]

It compares an explorer with one slider (frames sent ahead), one with several (the next moves sent ahead while they
rest), the same with the kernel asked for each move, and the first one's figure with `ipywidgets.interact` and inline
matplotlib and with a plotly FigureWidget. plotly is no dependency: pip installs it into a folder for this run. Each
time runs from the key's own time stamp to the first frame that was painted with the new picture. Exit status 1 if
an aim is missed.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "explorers"))

from browser import CHROMIUM, chromium, jupyter_lab, open_notebook, run_all, write_notebook  # noqa: E402

SETUP = """%matplotlib inline
import numpy as np, matplotlib.pyplot as plt, ipywidgets, plotly.graph_objects as go
import lossbook
from lossbook import explorers, losses
from lossbook.explorers.regression_losses import ERRORS as E, NAMES, curve
plt.plot([0, 1]); plt.close(); _ = explorers.regression_losses().static()"""
ONE = "explorers.regression_losses()"
SEVERAL = "lossbook.explore('huber')"
ASKED = "e = lossbook.explore('huber'); e.lookahead.on = False; e.lookahead.rest(); e"
INTERACT = """def picture(delta):
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3.4), layout="constrained")
    for name, label in NAMES.items():
        value, slope = curve(name, delta)
        left.plot(E, value, label=label); right.plot(E, slope, label=label)
    left.set(ylim=(-0.2, 5), xlabel="error", ylabel="loss"); right.set(ylim=(-3.2, 3.2), xlabel="error", ylabel="slope")
    left.legend(); plt.show()
ipywidgets.interact(picture, delta=ipywidgets.FloatSlider(min=0.1, max=3, step=0.1, value=1));"""
PLOTLY = """from plotly.subplots import make_subplots
widget = go.FigureWidget(make_subplots(1, 2))
for name, label in NAMES.items():
    for k, y in enumerate(curve(name, 1.0)):
        widget.add_scatter(x=E, y=y, name=label, mode="lines", row=1, col=k + 1)
widget.update_layout(width=720, height=330)
slider = ipywidgets.FloatSlider(min=0.1, max=3, step=0.1, value=1)
def move(change):
    with widget.batch_update():
        for n, name in enumerate(NAMES):
            for k, y in enumerate(curve(name, slider.value)):
                widget.data[2 * n + k].y = y
slider.observe(move, names="value")
ipywidgets.VBox([widget, slider])"""
CELLS = {
    "one slider": ONE,
    "several sliders": SEVERAL,
    "several, kernel asked": ASKED,
    "interact": INTERACT,
    "plotly FigureWidget": PLOTLY,
}

#: In the page: what a picture looks like just now (a short text), and when it changed, as seen after the paint.
WATCH = """
window.signature = (index) => {
    const cell = document.querySelectorAll(".jp-Cell")[index];
    const canvas = cell.querySelector("canvas.lossbook-canvas"), plot = cell.querySelectorAll(".js-line");
    if (canvas) {
        if (canvas.width <= 300) return "";
        const small = (window.small ||= new OffscreenCanvas(180, 82)).getContext("2d", { willReadFrequently: true });
        small.clearRect(0, 0, 180, 82); small.drawImage(canvas, 0, 0, 180, 82);
        const data = new Uint32Array(small.getImageData(0, 0, 180, 82).data.buffer);
        let hash = 0; for (const v of data) hash = (Math.imul(hash, 31) + v) | 0;
        return hash ? String(hash) : "";
    }
    if (plot.length) return [...plot].map((line) => line.getAttribute("d")).join();
    const image = cell.querySelector(".jp-OutputArea-output img");
    return image && image.complete && image.naturalWidth ? image.src.slice(-4000) + image.src.length : "";
};
window.painted = (then) => { const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => then(performance.now()); port2.postMessage(0); };
window.untilChanged = (index, before) => new Promise((resolve) => {
    const look = () => { const now = signature(index);
        if (now && now !== before) painted(resolve); else requestAnimationFrame(look); };
    requestAnimationFrame(look); });
window.addEventListener("keydown", (event) => { window.pressed?.(event.timeStamp); }, true);
window.nextPress = (index) => new Promise((resolve) => {
    const before = signature(index);
    window.pressed = (at) => { window.pressed = null;
        untilChanged(index, before).then((end) => resolve(end - at)); }; });
window.firstPaint = (index) => { const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.deselectAll(); notebook.activeCellIndex = index;
    const start = performance.now();
    window.jupyterapp.commands.execute("notebook:run-cell");
    return untilChanged(index, null).then((end) => end - start); };
"""


def quantile(times: list[float], share: float) -> float:
    """The smallest time that ``share`` of all do not exceed."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def press_times(page, index: int, presses: int) -> list[float]:
    """Milliseconds from key press to painted picture, walking to and fro over the slider's stops."""
    handle = page.locator(".jp-Cell").nth(index).locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    handle.focus()
    times, chance = [], random.Random(0)
    for k in range(presses + 5):
        waiting = page.evaluate_handle("(index) => ({ time: nextPress(index) })", index)
        page.keyboard.press("ArrowRight" if k % 32 < 16 else "ArrowLeft")
        times.append(waiting.evaluate("(box) => box.time"))
        page.wait_for_timeout(120 + 40 * chance.random())  # presses fall anywhere within a frame
    return times[5:]


def first_paints(page, index: int, repeats: int) -> list[float]:
    """Milliseconds from running the cell to its first picture, after one warm-up."""
    times = []
    for _ in range(repeats + 1):
        page.evaluate("""(index) => { const area = window.jupyterapp.shell.currentWidget.content.widgets[index];
                         area.model.clearExecution(); area.node.scrollIntoView(); }""", index)  # fmt: skip
        page.wait_for_function("(index) => signature(index) === ''", arg=index)
        page.wait_for_timeout(300)
        times.append(page.evaluate("(index) => firstPaint(index)", index))
        page.wait_for_timeout(300)
    return times[1:]


def drag_lag(page, index: int) -> tuple[float, bool]:
    """Milliseconds by which the picture trails the last of 200 moves in 2 s, and whether it shows the last value."""
    cell = page.locator(".jp-Cell").nth(index)
    track = cell.locator(".noUi-target").last
    track.scroll_into_view_if_needed()
    box, handle = track.bounding_box(), cell.locator(".noUi-handle").last.bounding_box()
    y = handle["y"] + handle["height"] / 2
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    page.evaluate("""(index) => { window.lag = { moved: 0, changed: 0 }; let last = signature(index);
        window.addEventListener("pointermove", (event) => { lag.moved = event.timeStamp; }, true);
        const look = () => { const now = signature(index);
            if (now !== last) { last = now; painted((at) => { lag.changed = at; }); }
            requestAnimationFrame(look); };
        requestAnimationFrame(look); }""", index)  # fmt: skip
    places = [box["x"] + box["width"] * (0.5 + 0.45 * (-1) ** (k // 40) * ((k % 40) / 40 - 0.5)) for k in range(199)]
    for x in [*places, box["x"] + box["width"] * 0.9]:
        page.mouse.move(x, y)
        page.wait_for_timeout(9)
    page.mouse.up()
    page.wait_for_timeout(1500)
    lag = page.evaluate("() => lag.changed - lag.moved")
    value = float(cell.locator(".noUi-handle").last.get_attribute("aria-valuenow"))
    says = cell.locator(".lossbook-says").inner_text()
    return max(lag, 0.0), f" {value:.4g}," in says.replace("\u2212", "-")


def payloads() -> tuple[str, int]:
    """The explorer that adds most to a page, and its bytes: code, looks, all frames."""
    code = """
import asyncio, json, lossbook
from lossbook import explorers, losses
from lossbook.figures import has_curve
made = {f.__name__: f() for f in explorers.COURSE}
made |= {n: lossbook.explore(n) for n in losses.names() if has_curve(losses.get(n))}
async def rest():
    for e in made.values():
        e.lookahead.rest()
        if e.lookahead._task: await e.lookahead._task
asyncio.run(rest())
def size(e):
    state, data = e.view.get_state(), 0
    for key in ("frames", "near", "live"):
        data += len(state[key].get("data", b""))
        state[key] = {name: part for name, part in state[key].items() if name != "data"}
    return data + len(json.dumps(state).encode())
print(json.dumps({n: size(e) for n, e in made.items()}))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    sizes = json.loads(result.stdout.splitlines()[-1])
    name = max(sizes, key=sizes.get)
    return name, sizes[name]


def measure(presses: int) -> tuple[dict, dict, dict]:
    """Press times, first paints and drag lags by cell."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder / "extra"), "plotly"]
        subprocess.run(install, check=True)
        os.environ["PYTHONPATH"] = os.pathsep.join([str(folder / "extra"), os.environ.get("PYTHONPATH", "")])
        (folder / "work").mkdir()
        write_notebook(folder / "work" / "latency.ipynb", [SETUP, *CELLS.values()])
        with jupyter_lab(folder / "work") as lab, chromium() as chrome:
            page = chrome.page()
            page.add_init_script(WATCH)
            open_notebook(page, lab, "latency.ipynb")
            run_all(page, timeout=120)
            places = {name: k + 1 for k, name in enumerate(CELLS)}
            for index in places.values():
                page.wait_for_function("(index) => signature(index) !== ''", arg=index, timeout=30_000)
            page.wait_for_timeout(1000)
            times = {name: press_times(page, index, presses) for name, index in places.items()}
            lags = {name: drag_lag(page, places[name]) for name in list(CELLS)[:3]}
            paints = {
                name: first_paints(page, places[name], 7) for name in ("one slider", "several sliders", "interact")
            }
    return times, paints, lags


def main() -> int:
    """Print the table and what it means for each aim."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presses", type=int, default=60)
    presses = max(50, parser.parse_args().presses)
    if CHROMIUM is None:
        print("no Chromium: nothing measured (apt-get install chromium)")
        return 1
    times, paints, lags = measure(presses)
    slow = quantile(times["interact"], 0.5)
    print(f"key press to changed pixels, {presses} presses each, ms")
    print(f"{'':22}{'p50':>8}{'p95':>8}{'interact / this':>18}")
    for name, sample in times.items():
        half, most = quantile(sample, 0.5), quantile(sample, 0.95)
        print(f"{name:22}{half:8.1f}{most:8.1f}{slow / half:18.1f}")
    first = {name: statistics.median(sample) for name, sample in paints.items()}
    print("first paint after running the cell, median ms: " + ", ".join(f"{n} {t:.0f}" for n, t in first.items()))
    for name, (lag, last) in lags.items():
        print(f"drag of 200 moves in 2 s, {name}: {lag:.0f} ms behind the last move, shows the last value: {last}")
    heaviest, size = payloads()
    print(f"largest explorer: {heaviest}, {size / 1000:.0f} kB")
    one, several = times["one slider"], times["several sliders"]
    aims = {
        "one slider: p50 <= 16.7 ms": quantile(one, 0.5) <= 16.7,
        "one slider: p95 <= 34 ms": quantile(one, 0.95) <= 34,
        "one slider: >= 6 times as fast as interact": slow / quantile(one, 0.5) >= 6,
        "several, kernel asked: p50 <= 34 ms": quantile(times["several, kernel asked"], 0.5) <= 34,
        "several sliders: p50 <= 34 ms": quantile(several, 0.5) <= 34,
        "several sliders: >= 3 times as fast as interact": slow / quantile(several, 0.5) >= 3,
        "a drag ends at the last value within 100 ms": all(last and lag <= 100 for lag, last in lags.values()),
        "first paint no later than interact's": first["one slider"] <= first["interact"],
        "an explorer adds at most 200 kB": size <= 200_000,
    }
    for aim, met in aims.items():
        print(f"{'met   ' if met else 'MISSED'}  {aim}")
    return 0 if all(aims.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
