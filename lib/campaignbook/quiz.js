// One question: radio buttons in a fieldset, or a number; a hint; a status line that is
// read out. Which answer is right is not here: Python judges.
function make(tag, parent, properties = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  parent.append(element);
  return element;
}

function radios(box, key, [legend, options], chosen) {
  const set = make("fieldset", box);
  make("legend", set, { textContent: legend });
  return options.map((text, place) => {
    const label = make("label", set);
    const radio = make("input", label, { type: "radio", name: key, value: String(place) });
    make("span", label, { textContent: text });
    radio.checked = chosen === place;
    return radio;
  });
}

function render({ model, el }) {
  const key = `campaignbook-${Math.random().toString(36).slice(2)}`;
  const box = make("form", el, { className: "campaignbook-quiz" });
  const prompt = make("p", box, { className: "prompt", id: `${key}-prompt` });
  prompt.textContent = model.get("prompt");
  box.setAttribute("aria-labelledby", prompt.id);
  const story = model.get("story");
  if (story) make("p", box, { textContent: story });

  const groups = model.get("groups");
  const chosen = model.get("chosen");
  const sets = groups.map((group, i) => radios(box, `${key}-${i}`, group, chosen[i]));
  let number = null;
  if (groups.length === 0) {
    const unit = model.get("unit");
    const label = make("label", box, { className: "number" });
    make("span", label, { textContent: unit ? `Your answer (${unit})` : "Your answer" });
    number = make("input", label, { type: "text", inputMode: "decimal", autocomplete: "off" });
    number.value = chosen[0] ?? "";
  }

  const buttons = make("p", box, { className: "buttons" });
  make("button", buttons, { type: "submit", textContent: "Check" });
  const hint = make("button", buttons, { type: "button", textContent: "Hint" });
  // both lines are there from the start: only then a change in them is read out
  const hinted = make("p", box, { className: "hint" });
  const said = make("p", box, { className: "said" });
  for (const line of [hinted, said]) line.setAttribute("role", "status");

  box.addEventListener("submit", (event) => {
    event.preventDefault();
    const places = sets.map((set) => set.findIndex((radio) => radio.checked));
    model.send({ answer: number ? [number.value] : places });
  });
  hint.addEventListener("click", () => model.send({ wish: "hint" }));

  function show() {
    const words = model.get("hint");
    hinted.textContent = words && `Hint: ${words}`;
    said.textContent = model.get("said");
    box.dataset.state = model.get("state");
  }
  model.on("change:hint change:said change:state", show);
  show();
  return () => model.off("change:hint change:said change:state", show);
}

export default { render };
