// The call page: a card is attached without leaving the page, and the bar says what is still needed.
// Without this file the cards' buttons send the form, and the page comes back with them attached.
import { send } from "./send.js";

const form = document.getElementById("call");
const cards = document.getElementById("matches");
const needed = document.querySelector("[data-needed]");

cards.addEventListener("click", async (event) => {
  const button = event.target.closest("button[name]");
  if (!button) return;
  event.preventDefault();
  const press = document.createElement("input");
  Object.assign(press, { type: "hidden", name: button.name, value: button.value });
  form.append(press);
  const answer = await send(form, cards.dataset.liveUrl).catch(() => null);
  press.remove();
  if (answer) show(await answer.text(), button.value);
});

function show(html, key) {
  cards.innerHTML = html;
  (cards.querySelector(`button[value="${CSS.escape(key)}"]`) ?? cards.querySelector("button"))?.focus();
  form.dispatchEvent(new Event("input", { bubbles: true }));
  form.elements.danger[0].dispatchEvent(new Event("change", { bubbles: true }));
}

form.addEventListener("input", count);
form.addEventListener("change", count);
count();

function count() {
  const missing = [...new Set([...form.querySelectorAll("[data-need]")].map((input) => input.dataset.need))].filter(isMissing);
  const words = missing.join(", ") || "all there";
  if (needed.textContent !== words) needed.textContent = words;
}

function isMissing(need) {
  if (need === "name" && form.elements.who.value === "unnamed") return false;
  if (need === "where" && form.querySelector('input[name="attached"][value^="place:"]')) return false;
  const inputs = [...form.querySelectorAll(`[data-need="${need}"]`)];
  return !inputs.some((input) => (input.type === "radio" ? input.checked : input.value.trim()));
}
