// Two minutes before the session locks, ask. When it has locked, say so; what was typed stays, and saving it leads to signing in and back.
// Some minutes before it ends for good, say that it will: nothing can put that off.

import { lastSeen, seen } from "./send.js";

const WARN = 2 * 60 * 1000;
const { idleMinutes, endsIn, warnOfEnd, stay, csrf } = document.body.dataset;
const endsAt = Date.now() + Number(endsIn) * 1000;
const dialog = document.getElementById("idle");

if (idleMinutes && dialog) begin(Number(idleMinutes) * 60 * 1000);

function begin(idle) {
  seen();
  dialog.querySelector("[data-idle-stay]").addEventListener("click", stayHere);
  setInterval(() => look(idle - (Date.now() - lastSeen())), 5000);
}

function look(idleLeft) {
  const endLeft = endsAt - Date.now();
  if (endLeft <= Number(warnOfEnd) * 60 * 1000 && endLeft < idleLeft) {
    tell(endWords(endLeft), "Back to the page", `end ${endLeft <= 0}`);
    return;
  }
  lookAtIdle(idleLeft);
}

function endWords(left) {
  const minutes = Math.ceil(left / 60000);
  return left <= 0
    ? "You have been signed in for as long as one session lasts, so it has ended. What you typed is still on this page: save it, sign in again, and it comes back."
    : `You will have been signed in for as long as one session lasts in ${minutes === 1 ? "1 minute" : `${minutes} minutes`}, and this cannot be put off. Save what you have typed, then sign in again.`;
}

function lookAtIdle(left) {
  if (left > WARN) {
    if (dialog.open) dialog.close();
    return;
  }
  const minutes = Math.ceil(left / 60000);
  const said = left <= 0
    ? "Sentinel has locked, because nothing was sent for a while. What you typed is still on this page: save it, sign in again, and it comes back."
    : `Sentinel locks in ${minutes === 1 ? "1 minute" : `${minutes} minutes`}, because nothing was sent for a while. What you typed is still on this page.`;
  tell(said, left <= 0 ? "Back to the page" : "Stay signed in", `idle ${left <= 0}`);
}

/** Say it once for each `stage`; words that change while the dialog is open change in it. */
function tell(said, button, stage) {
  const words = dialog.querySelector("[data-idle-words]");
  if (words.textContent !== said) words.textContent = said;
  dialog.querySelector("[data-idle-stay]").textContent = button;
  if (!dialog.open && dialog.dataset.told !== stage) {
    dialog.dataset.told = stage;
    dialog.showModal();
  }
}

async function stayHere() {
  const answer = await fetch(stay, { method: "POST", credentials: "same-origin", redirect: "manual", body: new URLSearchParams({ csrf_token: csrf }) }).catch(() => null);
  if (answer?.ok) {
    seen();
    if (dialog.dataset.told?.startsWith("idle")) delete dialog.dataset.told;
  }
}
