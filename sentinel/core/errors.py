"""What can go wrong, as types. Each carries a sentence for a person; none reaches them as an exception."""


class SentinelError(Exception):
    """Something a person asked for that cannot be done, and why."""

    status = 400

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Refused(SentinelError):
    """A rule forbids it. `field` names the form field that has to change, where one has to."""

    status = 422

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class NotAllowed(SentinelError):
    """This person may not do this."""

    status = 403


class NotFound(SentinelError):
    """There is no such thing, or its existence is not for this person to know."""

    status = 404

    def __init__(self, sentence: str = "Sentinel has nothing at this address that you may see.") -> None:
        super().__init__(sentence)


class Stale(SentinelError):
    """Somebody else changed it meanwhile. Both versions are (label, text) pairs; `version` is the one that stands now."""

    status = 409

    def __init__(self, sentence: str, *, yours: list[tuple[str, str]], theirs: list[tuple[str, str]], version: int = 0) -> None:
        super().__init__(sentence)
        self.yours = yours
        self.theirs = theirs
        self.version = version
