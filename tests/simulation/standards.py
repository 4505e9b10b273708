"""A partnership that agrees to give itself longer, where the Victims' Code has a clock of its own, and that goes back on it."""

from functools import cache

from config import agreed
from config.agreed import Standards
from config.agreed.spans import Span
from tests.simulation.promising import SLOWER

_as_agreed = agreed.current


def agree(*, slower: bool) -> None:
    """From now on these are the standards, for everything promised anew."""
    agreed.current = _slower if slower else _as_agreed


@cache
def _slower() -> Standards:
    standards = _as_agreed()
    contact = standards.contact
    spans = {kind: {klass: Span(working_days=days) for klass, days in within.items()} for kind, within in SLOWER.items()}
    rules = tuple(rule.model_copy(update=spans.get(rule.kind, {})) for rule in contact.promise)
    return standards.model_copy(update={"contact": contact.model_copy(update={"promise": rules, "version": "slower"})})
