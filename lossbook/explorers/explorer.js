// Draws a figure of lossbook on a canvas, and follows the sliders beside it.
//
// The figure arrives as JSON (`base`, and what differs in each frame) with its numbers as one run of 32-bit
// floats. Where frames were sent ahead, a slider's move is a look-up here, with no kernel in the loop; else the
// kernel answers in the trait `live`. Ranges, ticks, colours and texts were all settled in Python.

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const SILENCE = 250; // ms without a move before the state is read out
const GONE = ["dead", "restarting", "autorestarting", "terminating"]; // states of a kernel, as Jupyter says them

// ---- from bytes to figures

const unpacked = new WeakMap();

function sceneOf(packed, k) {
  if (!unpacked.has(packed)) {
    const { buffer, byteOffset, byteLength } = packed.data;
    const numbers = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
    unpacked.set(packed, { numbers, scenes: [] });
  }
  const { numbers, scenes } = unpacked.get(packed);
  const change = packed.changes[k];
  scenes[k] ??= change.error ? change : patched(packed.base, change, numbers);
  return scenes[k];
}

function patched(base, changes, numbers) {
  const scene = structuredClone(base);
  for (const [path, value] of changes) {
    const last = path[path.length - 1];
    path.slice(0, -1).reduce((part, key) => part[key], scene)[last] = value;
  }
  for (const panel of scene.panels) {
    for (const mark of panel.marks) {
      for (const [key, part] of Object.entries(mark)) {
        if (part && part.n) mark[key] = numbers.subarray(part.at, part.at + part.n);
      }
    }
  }
  return scene;
}

// ---- where things go

function layoutOf(scene, width, room, pen) {
  const count = scene.panels.length;
  const stacked = count > 1 && width < 560;
  const across = stacked ? 1 : count;
  const each = (width - room.left - room.right - room.between * (across - 1)) / across;
  const legends = scene.panels.map((panel) => legendOf(panel, scene.columns, each, pen));
  const rows = Math.max(...legends.map((legend) => legend.rows));
  const titled = scene.panels.some((panel) => panel.title);
  const top = room.top + (titled ? room.title : 0) + rows * room.legend_row + room.legend_gap;
  const extra = (rows - scene.rows) * room.legend_row;
  const height = Math.round((stacked ? 0.85 : 1) * scene.height) + extra;
  const boxes = scene.panels.map((panel, k) => ({
    left: room.left + (stacked ? 0 : k * (each + room.between)),
    top: top + (stacked ? k * height : 0),
    width: each,
    height: height - top - room.bottom,
    legend: legends[k],
  }));
  return { boxes, height: stacked ? height * count : height };
}

// Columns are filled one after the other; there are fewer where the panel is too narrow for them.
function legendOf(panel, most, width, pen) {
  const entries = panel.marks.filter((mark) => mark.label);
  pen.font = `12px ${FONT}`;
  for (let count = Math.min(most, entries.length); count > 0; count--) {
    const cells = [];
    let x = 0;
    for (let column = 0, from = 0; column < count; column++) {
      const size = Math.floor(entries.length / count) + (column < entries.length % count ? 1 : 0);
      const part = entries.slice(from, from + size);
      part.forEach((mark, row) => cells.push({ mark, x, row }));
      x += Math.max(...part.map((mark) => pen.measureText(mark.label).width)) + 36 + 16;
      from += size;
    }
    if (x - 16 <= width || count === 1) return { cells, rows: Math.ceil(entries.length / count) };
  }
  return { cells: [], rows: 0 };
}

function scaleOf(axis, from, to) {
  const bend = axis.log ? Math.log10 : (v) => v;
  const straight = axis.log ? (v) => 10 ** v : (v) => v;
  const [low, high] = axis.flip ? [bend(axis.high), bend(axis.low)] : [bend(axis.low), bend(axis.high)];
  const scale = (v) => from + ((bend(v) - low) / (high - low)) * (to - from);
  scale.back = (p) => straight(low + ((p - from) / (to - from)) * (high - low));
  return scale;
}

function scalesOf(panel, box) {
  return {
    x: scaleOf(panel.x, box.left, box.left + box.width),
    y: scaleOf(panel.y, box.top + box.height, box.top),
  };
}

// ---- drawing

function drawScene(pen, scene, layout, theme) {
  scene.panels.forEach((panel, k) => {
    const box = layout.boxes[k];
    const to = scalesOf(panel, box);
    drawGrid(pen, panel, box, to, theme);
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top - 1, box.width, box.height + 2);
    pen.clip();
    for (const mark of panel.marks) if (mark.kind !== "points") DRAW[mark.kind](pen, mark, to, theme, box);
    pen.restore();
    for (const mark of panel.marks) if (mark.kind === "points") drawPoints(pen, mark, to, theme, box);
    drawAxes(pen, panel, box, to, theme);
    drawLegend(pen, panel, box, theme);
  });
}

function stroke(pen, colour, width, dash = []) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash.map((part) => part * width));
  pen.stroke();
  pen.setLineDash([]);
}

function segment(pen, x0, y0, x1, y1) {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
}

function words(pen, text, x, y, colour, { size = 12, align = "left", bold = false, most } = {}) {
  pen.font = `${bold ? "600 " : ""}${size}px ${FONT}`;
  pen.fillStyle = colour;
  pen.textAlign = align;
  pen.textBaseline = "middle";
  pen.fillText(text, x, y, ...(most ? [most] : []));
}

function drawGrid(pen, panel, box, to, theme) {
  if (panel.marks.some((mark) => mark.kind === "heatmap")) return;
  for (const [at] of panel.x.ticks) {
    segment(pen, to.x(at), box.top, to.x(at), box.top + box.height);
    stroke(pen, theme.colour("grid"), 1);
  }
  for (const [at] of panel.y.ticks) {
    segment(pen, box.left, to.y(at), box.left + box.width, to.y(at));
    stroke(pen, theme.colour("grid"), 1);
  }
}

function drawAxes(pen, panel, box, to, theme) {
  const [right, bottom] = [box.left + box.width, box.top + box.height];
  const spine = theme.colour("spine");
  segment(pen, box.left, box.top, box.left, bottom);
  pen.lineTo(right, bottom);
  stroke(pen, spine, 1);
  for (const [at, text] of panel.x.ticks) {
    segment(pen, to.x(at), bottom, to.x(at), bottom + 5);
    stroke(pen, spine, 1);
    words(pen, text, to.x(at), bottom + 14, theme.colour("grey"), { size: 11, align: "center" });
  }
  for (const [at, text] of panel.y.ticks) {
    segment(pen, box.left - 5, to.y(at), box.left, to.y(at));
    stroke(pen, spine, 1);
    words(pen, text, box.left - 9, to.y(at), theme.colour("grey"), { size: 11, align: "right" });
  }
  const ink = theme.colour("ink");
  words(pen, panel.x.label, box.left + box.width / 2, bottom + 34, ink, { align: "center", most: box.width + 100 });
  pen.save();
  pen.translate(box.left - 48, box.top + box.height / 2);
  pen.rotate(-Math.PI / 2);
  words(pen, panel.y.label, 0, 0, ink, { align: "center" });
  pen.restore();
}

function drawLegend(pen, panel, box, theme) {
  const { cells, rows } = box.legend;
  const first = box.top - theme.room.legend_gap - (rows - 0.5) * theme.room.legend_row;
  for (const { mark, x, row } of cells) {
    const [left, y] = [box.left + x, first + row * theme.room.legend_row];
    if (mark.kind === "points") drawMarker(pen, mark, left + 14, y, theme);
    else if (mark.kind === "bars") {
      pen.fillStyle = theme.colour(mark.colour);
      pen.fillRect(left, y - 5, 28, 10);
    } else {
      segment(pen, left, y, left + 28, y);
      stroke(pen, theme.colour(mark.colour), mark.width || 1.2, theme.styles[mark.style]);
    }
    words(pen, mark.label, left + 36, y, theme.colour("ink"));
  }
  const above = first - 0.5 * theme.room.legend_row - 10;
  if (panel.title) words(pen, panel.title, box.left, above, theme.colour("ink"), { size: 13, bold: true });
}

function drawLine(pen, mark, to, theme) {
  pen.beginPath();
  pen.lineJoin = "round";
  let down = false;
  for (let k = 0; k < mark.x.length; k++) {
    const y = mark.y[k];
    if (!Number.isFinite(y)) down = false;
    else if (down) pen.lineTo(to.x(mark.x[k]), to.y(y));
    else {
      pen.moveTo(to.x(mark.x[k]), to.y(y));
      down = true;
    }
  }
  stroke(pen, theme.colour(mark.colour), mark.width, theme.styles[mark.style]);
}

// A point outside the range waits at the edge, hollow, so that nobody looks for it in vain.
function drawPoints(pen, mark, to, theme, box) {
  for (let k = 0; k < mark.x.length; k++) {
    const [x, y] = [to.x(mark.x[k]), to.y(mark.y[k])];
    const nearX = Math.min(Math.max(x, box.left), box.left + box.width);
    const nearY = Math.min(Math.max(y, box.top), box.top + box.height);
    drawMarker(pen, mark, nearX, nearY, theme, Math.hypot(x - nearX, y - nearY) > 1);
  }
}

function drawMarker(pen, mark, x, y, theme, hollow = false) {
  const r = mark.size / 2;
  const corners = {
    square: [[-r, -r], [r, -r], [r, r], [-r, r]],
    diamond: [[0, -1.4 * r], [1.4 * r, 0], [0, 1.4 * r], [-1.4 * r, 0]],
    triangle: [[0, -r], [r, r], [-r, r]],
  }[mark.marker];
  pen.beginPath();
  if (corners) corners.forEach(([dx, dy], k) => (k ? pen.lineTo(x + dx, y + dy) : pen.moveTo(x + dx, y + dy)));
  else pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.closePath();
  pen.fillStyle = hollow ? theme.paper : theme.colour(mark.colour);
  pen.fill();
  stroke(pen, hollow ? theme.colour(mark.colour) : theme.paper, hollow ? 2 : 1);
}

function drawBars(pen, mark, to, theme) {
  pen.fillStyle = theme.colour(mark.colour);
  for (let k = 0; k < mark.x.length; k++) {
    const [left, right] = [to.x(mark.x[k] - mark.width / 2), to.x(mark.x[k] + mark.width / 2)];
    pen.fillRect(left, to.y(mark.y[k]), right - left, to.y(0) - to.y(mark.y[k]));
  }
}

function drawHeatmap(pen, mark, to, theme) {
  const gap = mark.digits === null ? -0.25 : 1; // a surface: cells overlap a little, or seams would shine through
  mark.values.forEach((row, r) => {
    row.forEach(([text, share, shade], c) => {
      const [x0, x1, y0, y1] = [to.x(c - 0.5), to.x(c + 0.5), to.y(r - 0.5), to.y(r + 0.5)];
      pen.fillStyle = shade;
      pen.fillRect(x0 + gap, Math.min(y0, y1) + gap, x1 - x0 - 2 * gap, Math.abs(y1 - y0) - 2 * gap);
      words(pen, text, (x0 + x1) / 2, (y0 + y1) / 2, share > 0.5 ? "#ffffff" : theme.palette.ink[0], { align: "center" });
    });
  });
}

function drawRule(pen, mark, to, theme, box) {
  if (mark.axis === "x") segment(pen, to.x(mark.at), box.top, to.x(mark.at), box.top + box.height);
  else segment(pen, box.left, to.y(mark.at), box.left + box.width, to.y(mark.at));
  stroke(pen, theme.colour(mark.colour), 1.2, theme.styles[mark.style]);
}

function drawNote(pen, mark, to, theme) {
  words(pen, mark.text, to.x(mark.x), to.y(mark.y), theme.colour(mark.colour), { align: mark.anchor });
}

const DRAW = { line: drawLine, bars: drawBars, heatmap: drawHeatmap, rule: drawRule, note: drawNote };

// ---- the page around it

function themeOf(el, looks) {
  const light = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b > 128;
  const parts = (colour) => (colour.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
  const style = getComputedStyle(el);
  const dark = light(parts(style.color)); // light text stands on a dark page
  const clear = parts(style.backgroundColor)[3] === 0;
  return {
    colour: (name) => looks.palette[name][dark ? 1 : 0],
    paper: clear ? (dark ? "#111111" : "#ffffff") : style.backgroundColor,
    palette: looks.palette,
    styles: looks.styles,
    room: looks.layout,
  };
}

function element(tag, name, parent, attributes = {}) {
  const made = document.createElement(tag);
  made.className = `lossbook-${name}`;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

function build(el, model) {
  const root = element("section", "view", el, { "aria-label": `Explorer: ${model.get("title")}` });
  element("h4", "title", root).textContent = model.get("title");
  if (model.get("look_for")) element("p", "look", root).textContent = `Look for: ${model.get("look_for")}`;
  const stage = element("div", "stage", root);
  const canvas = element("canvas", "canvas", stage, { role: "img" });
  const note = element("p", "note", stage, { role: "alert", hidden: "" });
  const foot = element("div", "foot", root);
  const says = element("p", "says", foot, { "aria-hidden": "true" });
  const spoken = element("p", "spoken", foot, { role: "status", "aria-live": "polite" });
  const reset = element("button", "reset", foot, { type: "button", title: "Back to the values at the start" });
  reset.textContent = "Reset";
  return { root, stage, canvas, note, says, spoken, reset, pen: canvas.getContext("2d") };
}

const nearest = (stops, at) =>
  stops.reduce((best, stop, k) => (Math.abs(stop - at) < Math.abs(stops[best] - at) ? k : best), 0);

async function render({ model, el }) {
  const looks = model.get("looks");
  const page = build(el, model);
  const manager = model.widget_manager;
  const end = new AbortController(); // ends all listeners at once
  let scene = null; // the last good picture
  let layout = null;
  let theme = null; // read from the page at the next paint
  let silence = 0;
  let lost = false;

  function paint() {
    const width = page.stage.clientWidth;
    if (!scene || !width) return;
    theme ??= themeOf(page.root, looks);
    const sharp = window.devicePixelRatio || 1;
    layout = layoutOf(scene, width, looks.layout, page.pen);
    const [across, down] = [Math.round(width * sharp), Math.round(layout.height * sharp)];
    if (page.canvas.width !== across || page.canvas.height !== down) {
      page.canvas.width = across;
      page.canvas.height = down;
      page.canvas.style.height = `${layout.height}px`;
    }
    page.pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    page.pen.clearRect(0, 0, width, layout.height);
    drawScene(page.pen, scene, layout, theme);
  }

  function tell(text, dim) {
    page.note.hidden = !text;
    page.note.textContent = text;
    page.canvas.classList.toggle("lossbook-dim", dim);
  }

  function show(next) {
    if (next.error) return tell(next.error, true);
    scene = next;
    paint();
    page.canvas.setAttribute("aria-label", scene.alt);
    page.says.textContent = scene.says;
    clearTimeout(silence);
    silence = setTimeout(() => (page.spoken.textContent = page.says.textContent), SILENCE);
    return lost || tell("", false);
  }

  // ---- following the sliders

  const controls = await Promise.all(
    model.get("controls").map(async (spec) => ({ ...spec, model: await manager.get_model(spec.id) })),
  );

  function put(control, value) {
    control.model.set(control.trait, value);
    control.model.save_changes();
  }

  // `frames` holds all there are, the last control's stops running fastest. `near` holds what one move can reach
  // from the places `at`: all stops of each control in `lines`, one control after the other.
  function ahead() {
    const [frames, near] = [model.get("frames"), model.get("near")];
    const places = controls.map(({ model: slider, trait, stops }) => nearest(stops, Number(slider.get(trait))));
    if (frames.changes) {
      return sceneOf(frames, places.reduce((at, place, k) => at * controls[k].stops.length + place, 0));
    }
    if (!near.changes) return null;
    const moves = places.flatMap((place, k) => (place === near.at[k] ? [] : [k]));
    const mover = moves.length ? moves[0] : near.lines[0];
    const line = near.lines.indexOf(mover);
    if (moves.length > 1 || line < 0) return null;
    const before = near.lines.slice(0, line).reduce((sum, k) => sum + controls[k].stops.length, 0);
    return sceneOf(near, before + places[mover]);
  }

  function moved() {
    const found = ahead();
    if (found) show(found);
  }

  // The kernel's answer counts only where nothing was sent ahead: it may be late.
  function answered() {
    const live = model.get("live");
    if (live.changes && !ahead()) show(sceneOf(live, 0));
  }

  function lose(gone) {
    lost = gone;
    const still = model.get("frames").changes ? "The picture still moves" : "This is its last picture";
    tell(gone ? `The kernel has stopped. ${still}; run the cell again for a new start.` : "", false);
  }

  function follow(source, event, callback) {
    source.on(event, callback);
    end.signal.addEventListener("abort", () => source.off(event, callback));
  }

  for (const control of controls) follow(control.model, `change:${control.trait}`, moved);
  follow(model, "change:live", answered);
  follow(model, "change:near", moved);
  follow(model, "comm_live_update", () => controls[0]?.model.comm_live === false && lose(true));
  const status = (kernel, state) => GONE.includes(state) && lose(true);
  manager.kernel?.statusChanged?.connect(status);
  end.signal.addEventListener("abort", () => manager.kernel?.statusChanged?.disconnect(status));

  // ---- mouse and touch on the picture itself

  const handles = controls.filter((control) => control.drag);
  const listen = (target, name, callback) => target.addEventListener(name, callback, { signal: end.signal });
  const kinds = new Set(handles.map((control) => control.drag));
  if (kinds.size) {
    page.canvas.style.touchAction = kinds.has("y") ? "none" : "pan-y";
    page.canvas.style.cursor = kinds.size > 1 ? "move" : kinds.has("x") ? "ew-resize" : "ns-resize";
  }

  function drag({ offsetX, offsetY }, panel) {
    for (const control of handles.filter((handle) => handle.panels.includes(panel))) {
      const to = scalesOf(scene.panels[panel], layout.boxes[panel])[control.drag];
      put(control, control.stops[nearest(control.stops, to.back(control.drag === "x" ? offsetX : offsetY))]);
    }
  }

  let held = -1;
  listen(page.canvas, "pointerdown", (event) => {
    const inside = ({ left, top, width, height }) =>
      event.offsetX >= left - 8 && event.offsetX <= left + width + 8 &&
      event.offsetY >= top - 8 && event.offsetY <= top + height + 8;
    held = layout && event.button === 0 ? layout.boxes.findIndex(inside) : -1;
    if (held < 0 || !handles.length) return;
    page.canvas.setPointerCapture(event.pointerId);
    drag(event, held);
  });
  listen(page.canvas, "pointermove", (event) => held >= 0 && drag(event, held));
  for (const name of ["pointerup", "pointercancel"]) listen(page.canvas, name, () => (held = -1));
  listen(page.reset, "click", () => controls.forEach((control) => put(control, control.start)));

  // ---- following the page: its size, its sharpness, its theme

  const sizes = new ResizeObserver(() => {
    nameHandles(el);
    paint();
  });
  sizes.observe(page.stage);
  const retheme = () => {
    theme = null;
    paint();
  };
  const themes = new MutationObserver(() => requestAnimationFrame(retheme));
  for (const root of [document.documentElement, document.body]) themes.observe(root, { attributes: true });
  listen(matchMedia("(prefers-color-scheme: dark)"), "change", retheme);
  const sharpness = () => {
    listen(matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`), "change", () => (paint(), sharpness()));
  };
  sharpness();
  end.signal.addEventListener("abort", () => (sizes.disconnect(), themes.disconnect(), clearTimeout(silence)));

  moved();
  answered();
  return () => end.abort();
}

// ipywidgets gives the handles of its sliders no name that a screen reader could say.
function nameHandles(el) {
  const around = el.closest(".lossbook-explorer");
  for (const handle of around ? around.querySelectorAll(".noUi-handle:not([aria-label])") : []) {
    const label = handle.closest(".widget-inline-hbox")?.querySelector(".widget-label");
    if (label) handle.setAttribute("aria-label", label.textContent);
  }
}

export default { render };
