"""What became of a message. Published in the transaction that records it."""

from dataclasses import dataclass

from sentinel.post.letters import Message


@dataclass(frozen=True)
class MessageSent:
    """Whoever carries it accepted it. `reports_back`: they will say whether it arrived."""

    message: Message
    reports_back: bool = False


@dataclass(frozen=True)
class MessageArrived:
    """Whoever carried it says that it reached the telephone or the mailbox."""

    message: Message


@dataclass(frozen=True)
class MessageCameBack:
    """Whoever carried it says that it will not arrive."""

    message: Message
    error: str


@dataclass(frozen=True)
class MessageFailed:
    """It was given up: all tries failed, it was refused for good, or its fate is unknown."""

    message: Message
    error: str
