"""Addresses as somebody sent them: rows they name, and pages of ours that they lead to."""

from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**63 - 1


class RowConverter(IntegerConverter):
    """`<int:row_id>` in a route."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST)


def row_number(words: str) -> int:
    """The number after a question mark, for `request.args.get(..., type=row_number)`. Raises ValueError for what is none."""
    number = int(words)
    if not 0 <= number <= LARGEST:
        raise ValueError
    return number


def is_ours(address: str) -> bool:
    """Is this a path of this installation, that no browser reads as another host?"""
    return address.startswith("/") and not address.startswith(("//", "/\\"))
