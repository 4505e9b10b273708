"""A form as a browser would send it: what the page filled in, and which boxes take words."""

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import html5lib

from tests.pages import HTML

WORDS = ("text", "tel", "email", "search", "password", "url")


@dataclass
class Filled:
    """A form of a page: where it is sent, what is in it, and its boxes for words (True: several lines)."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, bool] = field(default_factory=dict)

    def with_(self, **changes: object) -> dict[str, object]:
        """What is sent when these are filled in besides."""
        return {**self.values, **changes}

    def shown(self, name: str) -> str:
        """What stands in a box."""
        return self.values[name][0]


def forms_of(page: str, path: str) -> list[Filled]:
    """Every form of a page that was asked for at `path`."""
    tree = html5lib.parse(page)
    return [_filled(form, path) for form in tree.iter(f"{HTML}form") if form.get("method") == "post"]


def form_with(page: str, path: str, name: str) -> Filled:
    """The form of a page that has a field of this name."""
    found = [form for form in forms_of(page, path) if name in form.values or name in form.words]
    assert len(found) == 1, f"{path}: {len(found)} forms with a field {name}"
    return found[0]


def _filled(form: Element, path: str) -> Filled:
    made = Filled(form.get("action") or path)
    for node in form.iter():
        name, kind = node.get("name"), (node.get("type") or "text").lower()
        if not name:
            continue
        if node.tag == f"{HTML}textarea":
            _put(made, name, "".join(node.itertext()).removeprefix("\n"), lines=True)
        elif node.tag == f"{HTML}select":
            chosen = [option.get("value") or "" for option in node.iter(f"{HTML}option") if option.get("selected") is not None]
            made.values[name] = chosen[:1]
        elif node.tag == f"{HTML}input" and kind in WORDS:
            _put(made, name, node.get("value") or "", lines=False)
        elif node.tag == f"{HTML}input" and (kind == "hidden" or node.get("checked") is not None):
            made.values.setdefault(name, []).append(node.get("value") or "on")
    return made


def _put(made: Filled, name: str, words: str, *, lines: bool) -> None:
    made.values[name] = [words]
    made.words[name] = lines
