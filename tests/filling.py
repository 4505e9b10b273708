"""A form as a browser would send it: what the page filled in, which boxes take words, what may be chosen or pressed."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import html5lib

from tests.pages import HTML

WORDS = ("text", "tel", "email", "search", "password", "url")
SCRIPTS = ("data-draft", "data-live-url", "formaction")


@dataclass
class Filled:
    """A form of a page.

    `action` is where it is sent, `scripts` where the page's own scripts send it besides; `values` what is in it, `words` its boxes
    for words (True: several lines) and `kinds` of what type they are, `choices` the answers of its lists, `buttons` what can be
    pressed (a name and a value, if any), `files` its boxes for files.
    """

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, bool] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)

    def with_(self, **changes: object) -> dict[str, object]:
        """What is sent when these are filled in besides."""
        return {**self.values, **changes}

    def shown(self, name: str) -> str:
        """What stands in a box."""
        return self.values[name][0]

    @property
    def names(self) -> frozenset[str]:
        """Everything the form may send."""
        return frozenset({*self.values, *self.words, *self.choices, *self.files})


def as_kept(words: str, *, lines: bool) -> str:
    """What of some words a reader can see: composed, without control characters and half characters, without space around."""
    text = "".join(c for c in words if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    text = unicodedata.normalize("NFC", text).strip()
    return text if lines else " ".join(text.replace("\t", " ").splitlines())


def forms_of(page: str, path: str) -> list[Filled]:
    """Every form of a page that was asked for at `path`."""
    return list(forms_in(html5lib.parse(page), path))


def forms_in(tree: Element, path: str, method: str = "post") -> Iterator[Filled]:
    """Every form of a parsed page that is sent by this method."""
    for form in tree.iter(f"{HTML}form"):
        if form.get("method", "get") == method:
            yield _filled(form, path)


def form_with(page: str, path: str, name: str) -> Filled:
    """The form of a page that has a field of this name."""
    found = [form for form in forms_of(page, path) if name in form.values or name in form.words]
    assert len(found) == 1, f"{path}: {len(found)} forms with a field {name}"
    return found[0]


def _filled(form: Element, path: str) -> Filled:
    made = Filled(form.get("action") or path)
    for node in form.iter():
        name = node.get("name")
        made.scripts += [address for attribute in SCRIPTS if (address := node.get(attribute))]
        if node.tag == f"{HTML}button" and node.get("type") == "submit":
            made.buttons.append((name or "", node.get("value") or ""))
        if not name:
            continue
        if node.tag == f"{HTML}textarea":
            _put(made, name, "".join(node.itertext()).removeprefix("\n"), "textarea")
        elif node.tag == f"{HTML}select":
            options = list(node.iter(f"{HTML}option"))
            made.values[name] = [option.get("value") or "" for option in options if option.get("selected") is not None][:1]
            made.choices[name] = [option.get("value") or "" for option in options]
        elif node.tag == f"{HTML}input":
            _input(made, name, node)
    return made


def _input(made: Filled, name: str, node: Element) -> None:
    kind = (node.get("type") or "text").lower()
    if kind in WORDS:
        _put(made, name, node.get("value") or "", kind)
    elif kind == "file":
        made.files.append(name)
    elif kind == "hidden" or node.get("checked") is not None:
        made.values.setdefault(name, []).append(node.get("value") or "on")
    if kind in ("radio", "checkbox"):
        made.choices.setdefault(name, []).append(node.get("value") or "on")


def _put(made: Filled, name: str, words: str, kind: str) -> None:
    made.values[name] = [words]
    made.words[name] = kind == "textarea"
    made.kinds[name] = kind
