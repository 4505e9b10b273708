// One-key shortcuts. Each presses something visible that carries aria-keyshortcuts, so none exists without its control.
// None acts inside a box; all can be turned off, and this browser remembers.

const OFF = "sentinel-shortcuts-off";
const list = document.getElementById("shortcuts");
const hint = document.querySelector("[data-shortcuts-hint]");

if (list && hint) begin();

function begin() {
  hint.hidden = false;
  hint.querySelector("[data-shortcuts-open]").addEventListener("click", openList);
  const box = list.querySelector("[data-shortcuts-on]");
  box.checked = isOn();
  box.addEventListener("change", () => remember(box.checked));
  for (const line of list.querySelectorAll("[data-when]")) line.hidden = !document.querySelector(line.dataset.when);
  for (const control of controls()) addLine(control);
  document.addEventListener("keydown", pressed);
}

function isOn() {
  try {
    return localStorage.getItem(OFF) === null;
  } catch {
    return true;
  }
}

function remember(on) {
  try {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  } catch {
    // A browser that remembers nothing: they are on again on the next page.
  }
}

function controls() {
  return [...document.querySelectorAll("[aria-keyshortcuts]")].filter((control) => control.id !== "header-search");
}

function addLine(control) {
  const line = document.createElement("div");
  const key = document.createElement("kbd");
  key.textContent = control.getAttribute("aria-keyshortcuts");
  line.append(document.createElement("dt"), document.createElement("dd"));
  line.firstChild.append(key);
  line.lastChild.textContent = [...control.childNodes].filter((node) => !node.classList?.contains("s-count")).map((node) => node.textContent).join("").trim();
  list.querySelector(".s-keys").prepend(line);
}

function openList() {
  list.showModal();
}

function inABox(element) {
  return element.isContentEditable || element.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=submit], [type=button])");
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || list.open || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return leave(event);
  if (!isOn() || inABox(event.target)) return;
  const act = { "/": search, "?": openList, j: () => step(1), k: () => step(-1) }[event.key] ?? pressControl(event.key);
  if (act) {
    event.preventDefault();
    act();
  }
}

function search() {
  document.getElementById("header-search")?.focus();
}

function pressControl(key) {
  const control = controls().find((one) => one.getAttribute("aria-keyshortcuts") === key);
  return control && (() => control.click());
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.querySelector("a[href], button"));
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  (next?.querySelector(".s-do, .govuk-button") ?? next?.querySelector("a[href], button"))?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// Out of the box first; then what is open closes. Autosave has kept the draft by then.
function leave(event) {
  const close = document.querySelector("[data-close]");
  if (inABox(event.target)) {
    if (close && event.target.id !== "header-search") close.focus();
    else event.target.blur();
  } else if (close) close.click();
}
