"""Reading a page as its reader does, and sending its form as the browser would."""

import re

import html5lib

HTML = "{http://www.w3.org/1999/xhtml}"
OFFICER, SUPERVISOR, NEIGHBOUR = "officer@blaby.example", "supervisor@blaby.example", "officer@charnwood.example"


def words(response):
    """The page as it is read: without tags, with single spaces."""
    main = re.sub(r"(?s)<(script|style).*?</\1>", " ", response.text)
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace("&#39;", "'").replace("&amp;", "&").split())


def hidden(response, form_action=""):
    """The hidden inputs of the page's form with this action; without one, of the form that comes back to the page."""
    wanted = form_action or response.request.full_path.rstrip("?")
    for form in html5lib.parse(response.text).iter(f"{HTML}form"):
        if form.get("method") == "post" and form.get("action") == wanted:
            return {node.get("name"): node.get("value") for node in form.iter(f"{HTML}input") if node.get("type") == "hidden"}
    raise AssertionError(f"no form {form_action!r}")


def decide(client, report, *, status=302, page=None, **fields):
    path = f"/reports/{report.id}/triage"
    sent = hidden(page or client.get(path)) | fields
    return client.post(path, sent, status=status)
