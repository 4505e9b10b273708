// Nothing typed is lost: a form with data-draft is posted there as it stands, soon after it changes and when the page is left.
//
// The answer is {"saved_at": "10:46am", "reference": "26-010482-11" or null}: shown in [data-draft-status] and [data-draft-reference].
import { afterPause, send } from "./send.js";

const PAUSE = 2000;
const AT_LEAST = 10000;

for (const form of document.querySelectorAll("form[data-draft]")) keep(form);

function keep(form) {
  let dirty = false;
  let waitingSince = 0;
  const save = async (options = {}) => {
    if (!dirty || form.dataset.sent) return;
    dirty = false;
    waitingSince = 0;
    try {
      const answer = await send(form, form.dataset.draft, options);
      if (!answer) throw new Error("refused");
      shown(await answer.json());
    } catch {
      dirty = true;
      say("Not saved just now. What you typed is still here; saving again when you go on.");
    }
  };
  const soon = afterPause(save, PAUSE);
  form.addEventListener("input", () => {
    dirty = true;
    waitingSince ||= Date.now();
    if (Date.now() - waitingSince > AT_LEAST) save();
    else soon();
  });
  addEventListener("pagehide", () => save({ keepalive: true }));
  document.addEventListener("visibilitychange", () => document.hidden && save({ keepalive: true }));
}

function shown({ saved_at: savedAt, reference }) {
  say(`Draft saved ${savedAt}`);
  if (reference) for (const place of document.querySelectorAll("[data-draft-reference]")) place.textContent = reference;
}

function say(words) {
  for (const place of document.querySelectorAll("[data-draft-status]")) {
    if (place.textContent !== words) place.textContent = words;
  }
}
