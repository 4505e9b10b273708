// The assessment: follow-ups open under their answer, changed answers say so, the button and the levels follow the server's words.
// Without this, every follow-up stands open and "Show the level" asks the server.

const form = document.querySelector("form[data-risk]");

if (form) begin();

function begin() {
  for (const part of form.querySelectorAll(".s-noscript")) part.hidden = true;
  form.addEventListener("change", follow);
  for (const name of ["level", "then"]) new MutationObserver(copyWords).observe(document.getElementById(name), { childList: true });
  follow();
}

function follow() {
  for (const part of form.querySelectorAll("[data-opens-on]")) {
    const answer = new FormData(form).get(part.parentElement.dataset.under);
    part.hidden = !part.dataset.opensOn.split(" ").includes(answer);
  }
  for (const part of form.querySelectorAll("[data-with]")) part.hidden = !document.getElementById(part.dataset.with).checked;
  for (const question of form.querySelectorAll(".s-q")) markChanged(question);
  const judged = new FormData(form).get("judged");
  const label = document.querySelector("label[for=rationale]");
  if (judged && label) label.textContent = `Why ${judged[0].toUpperCase()}${judged.slice(1)}?`;
}

function markChanged(question) {
  const inputs = [...question.querySelectorAll("input[data-was]")];
  const was = inputs[0]?.dataset.was;
  if (!was) return;
  const now = inputs.filter((input) => input.checked).map((input) => input.value).sort().join(" ");
  const place = question.querySelector(".s-q__was");
  const mark = place.querySelector(".s-tag");
  if (now === was) {
    mark?.previousElementSibling?.remove();
    mark?.remove();
  } else if (!mark) {
    const tag = document.createElement("strong");
    tag.className = "s-tag";
    tag.textContent = "Changed";
    place.append(document.createElement("br"), tag);
  }
}

function copyWords() {
  for (const note of form.querySelectorAll("[data-note-for]")) {
    const input = form.querySelector(`input[name=judged][value=${note.dataset.noteFor}]`);
    const hint = document.getElementById(`${input?.id}-hint`);
    if (hint && hint.textContent !== note.textContent) hint.textContent = note.textContent;
  }
  const words = form.querySelector("[data-button]")?.dataset.button;
  const button = form.querySelector(".govuk-button-group .govuk-button");
  if (words && button && button.textContent !== words) button.textContent = words;
}
