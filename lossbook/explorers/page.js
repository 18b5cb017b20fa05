// A saved page has no kernel and no ipywidgets: these models stand in for theirs, and plain inputs for the sliders.

class Model {
  constructor(state) {
    this.state = state;
    this.listeners = {};
  }
  get(name) {
    return this.state[name];
  }
  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    for (const listener of this.listeners[`change:${name}`] || []) listener();
  }
  on(event, listener) {
    (this.listeners[event] ||= []).push(listener);
  }
  off(event, listener) {
    this.listeners[event] = (this.listeners[event] || []).filter((other) => other !== listener);
  }
  save_changes() {}
}

// A number is chosen by the place of its stop; an option by its place; on or off by a check box.
function inputFor({ kind, name, label, texts, stops, trait, start }, model, parent) {
  const row = element("div", "row", parent);
  element("label", "label", row, { for: name }).textContent = label;
  const input = element(kind === "choice" ? "select" : "input", kind, row, { id: name });
  const output = element("output", "value", row, { for: name });
  const place = () => nearest(stops, Number(model.get(trait)));
  if (kind === "choice") texts.forEach((text) => (element("option", "option", input).textContent = text));
  else if (kind === "toggle") input.type = "checkbox";
  else Object.assign(input, { type: "range", min: 0, max: stops.length - 1, step: 1 });
  const refresh = () => {
    if (kind === "choice") input.selectedIndex = place();
    else if (kind === "toggle") input.checked = place() === 1;
    else input.value = place();
    input.setAttribute("aria-valuetext", texts[place()]);
    output.textContent = kind === "choice" ? "" : texts[place()];
  };
  input.addEventListener("input", () => {
    const k = kind === "choice" ? input.selectedIndex : kind === "toggle" ? Number(input.checked) : Number(input.value);
    model.set(trait, typeof start === "boolean" ? k === 1 : stops[k]);
  });
  model.on(`change:${trait}`, refresh);
  refresh();
}

const state = JSON.parse(document.getElementById("state").textContent);
const bytes = Uint8Array.from(atob(state.frames.data), (character) => character.charCodeAt(0));
state.frames.data = new DataView(bytes.buffer);
const models = Object.fromEntries(state.controls.map((spec) => [spec.id, new Model({ [spec.trait]: spec.start })]));
const model = new Model(state);
model.widget_manager = { get_model: async (id) => models[id] };
render({ model, el: document.getElementById("explorer") });
const inputs = element("div", "inputs", document.getElementById("explorer"));
for (const spec of state.controls) inputFor(spec, models[spec.id], inputs);
