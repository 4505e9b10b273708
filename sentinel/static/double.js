// One press, one sending: a form that is on its way is not sent again. Ctrl+Enter saves from inside a box.

const WAIT = 8000;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, WAIT);
});

// Back with the browser: the page comes as it was left, and may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form[method=post]");
  const button = form?.querySelector(".govuk-button:not([disabled])");
  if (!button) return;
  event.preventDefault();
  form.requestSubmit(button);
});
