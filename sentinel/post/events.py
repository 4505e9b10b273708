"""What became of a message. Published in the transaction that records it."""

from dataclasses import dataclass

from sentinel.post.letters import Message


@dataclass(frozen=True)
class MessageSent:
    """Whoever carries it accepted it."""

    message: Message


@dataclass(frozen=True)
class MessageFailed:
    """It was given up: all tries failed, it was refused for good, or its fate is unknown."""

    message: Message
    error: str
