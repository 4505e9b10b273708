// Ask the server about a form without leaving the page.

/** Post the form's inputs (or only those in `only`) to `url`; the answer, or null when it did not come from this session. */
export async function send(form, url, { only = () => true, ...options } = {}) {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && (name.endsWith("csrf_token") || only(name))) body.append(name, value);
  }
  const answer = await fetch(url, { method: "POST", body, credentials: "same-origin", redirect: "manual", ...options });
  if (!answer.ok) return null;
  seen();
  return answer;
}

const SEEN = "sentinel-seen";

/** The server has just heard from this browser: its idle clock begins again, in every tab. */
export function seen() {
  try {
    localStorage.setItem(SEEN, String(Date.now()));
  } catch {
    document.body.dataset.seen = String(Date.now());
  }
}

/** When that was. */
export function lastSeen() {
  try {
    return Number(localStorage.getItem(SEEN) ?? document.body.dataset.seen);
  } catch {
    return Number(document.body.dataset.seen);
  }
}

/** Call `work` once it has been quiet for `wait` ms. */
export function afterPause(work, wait) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
}
