// Two minutes before the session locks, ask. When it has locked, say so; what was typed stays, and saving it leads to signing in and back.

import { lastSeen, seen } from "./send.js";

const WARN = 2 * 60 * 1000;
const { idleMinutes, stay, csrf } = document.body.dataset;
const dialog = document.getElementById("idle");

if (idleMinutes && dialog) begin(Number(idleMinutes) * 60 * 1000);

function begin(idle) {
  seen();
  dialog.querySelector("[data-idle-stay]").addEventListener("click", stayHere);
  setInterval(() => look(idle - (Date.now() - lastSeen())), 5000);
}

function look(left) {
  if (left > WARN) {
    if (dialog.open) dialog.close();
    return;
  }
  const words = dialog.querySelector("[data-idle-words]");
  const minutes = Math.ceil(left / 60000);
  const said = left <= 0
    ? "Sentinel has locked, because nothing was sent for a while. What you typed is still on this page: save it, sign in again, and it comes back."
    : `Sentinel locks in ${minutes === 1 ? "1 minute" : `${minutes} minutes`}, because nothing was sent for a while. What you typed is still on this page.`;
  if (words.textContent !== said) words.textContent = said;
  dialog.querySelector("[data-idle-stay]").textContent = left <= 0 ? "Back to the page" : "Stay signed in";
  if (!dialog.open && dialog.dataset.told !== String(left <= 0)) {
    dialog.dataset.told = String(left <= 0);
    dialog.showModal();
  }
}

async function stayHere() {
  const answer = await fetch(stay, { method: "POST", credentials: "same-origin", redirect: "manual", body: new URLSearchParams({ csrf_token: csrf }) }).catch(() => null);
  if (answer?.ok) {
    seen();
    delete dialog.dataset.told;
  }
}
