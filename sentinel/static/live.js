// Parts of a page that the server redraws while somebody types: known people and places, the risk screen so far.
//
//   <input data-live="match">  changes redraw  <div id="matches" data-live="match" data-live-url="/reports/matches">
//
// The whole form is posted; the answer is the HTML of the target. Words in the answer's [data-spoken] are read out, once each.
import { afterPause, send } from "./send.js";

const PAUSE = 400;

for (const target of document.querySelectorAll("[data-live-url]")) watch(target);

function watch(target) {
  const name = target.dataset.live;
  const form = target.closest("form") ?? document.querySelector(`input[data-live="${name}"]`)?.form;
  if (!form) return;
  const status = spokenStatus(target);
  let asked = null;
  const ask = afterPause(async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await send(form, target.dataset.liveUrl, { signal: asked.signal });
      if (answer) show(target, status, await answer.text());
    } catch {
      // No network, or a newer question: what is shown stays, and "Find matches" still works.
    }
  }, PAUSE);
  const changed = (event) => event.target.dataset?.live?.split(" ").includes(name) && ask();
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
}

function show(target, status, html) {
  if (target.contains(document.activeElement)) {
    target.addEventListener("focusout", () => setTimeout(() => show(target, status, html)), { once: true });
    return;
  }
  target.innerHTML = html;
  const words = target.querySelector("[data-spoken]")?.dataset.spoken ?? "";
  if (words !== status.textContent) status.textContent = words;
}

function spokenStatus(target) {
  const status = document.createElement("div");
  status.className = "govuk-visually-hidden";
  status.setAttribute("role", "status");
  target.after(status);
  return status;
}
