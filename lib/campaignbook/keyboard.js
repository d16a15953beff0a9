// Keys pressed in a form control of an output belong to the control. JupyterLab listens
// above the output; what is stopped at the output never gets there. Its own shortcuts
// with Ctrl, Alt, Meta, and Shift+Enter (run the cell) pass.
const CONTROLS = "input, select, textarea, button, [contenteditable], [tabindex]";
const OUTPUTS = ".jp-OutputArea";

function keep(event) {
  const held = event.ctrlKey || event.altKey || event.metaKey;
  const runs = event.key === "Enter" && event.shiftKey;
  if (!held && !runs && event.target.closest?.(CONTROLS)) event.stopPropagation();
}

// Native widgets cannot be given a role or a description: both are set here.
function name(root) {
  for (const note of root.querySelectorAll(".campaignbook-note")) {
    const control = note.parentElement?.querySelector("input, select, textarea");
    if (!note.parentElement?.matches(".campaignbook-field") || !control) continue;
    note.id ||= `campaignbook-${Math.random().toString(36).slice(2)}`;
    control.setAttribute("aria-describedby", note.id);
    const wrong = note.querySelector(".campaignbook-error") !== null;
    control.setAttribute("aria-invalid", String(wrong));
  }
  for (const legend of root.querySelectorAll(".campaignbook-legend")) {
    const group = legend.closest(".campaignbook-group");
    if (!group || group.querySelector(".campaignbook-legend") !== legend) continue;
    legend.id ||= `campaignbook-${Math.random().toString(36).slice(2)}`;
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", legend.id);
  }
  for (const status of root.querySelectorAll(".campaignbook-status")) {
    status.setAttribute("role", "status");
  }
}

// When a row is taken out, the focus goes to the button that adds one.
function refocus(event) {
  const remove = event.target.closest?.(".campaignbook-remove");
  const group = remove?.parentElement?.closest(".campaignbook-group");
  group?.querySelector(":scope > .campaignbook-add")?.focus();
}

function mend() {
  for (const output of document.querySelectorAll(OUTPUTS)) {
    if (output.dataset.campaignbookKeys) continue;
    output.dataset.campaignbookKeys = "kept";
    output.addEventListener("keydown", keep);
    output.addEventListener("click", refocus);
  }
  name(document);
}

function render({ el }) {
  el.hidden = true;
  // one observer a page, whatever number of forms and questions there are
  window.campaignbookKeys ??= (() => {
    let waiting = false;
    const observer = new MutationObserver(() => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        mend();
      });
    });
    observer.observe(document.body, { childList: true, subtree: true });
    return observer;
  })();
  mend();
}

export default { render };
