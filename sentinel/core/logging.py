"""Structured logs: what happened, to which request; never who it was about."""

import logging
import sys
import traceback

import structlog

LIBRARIES = "site-packages"


def set_up(level: str = "INFO") -> None:
    """Write one JSON line per event to standard error."""
    logging.basicConfig(stream=sys.stderr, level=level, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def where(problem: BaseException) -> list[str]:
    """The end of the traceback, in our own files where there are any, without the exception's words: those may hold what somebody typed."""
    frames = [(frame.filename, f"{frame.filename.rsplit('/', 3)[-1]}:{frame.lineno} {frame.name}") for frame in _frames(problem)]
    ours = [words for path, words in frames if LIBRARIES not in path]
    return (ours or [words for _, words in frames])[-6:]


def _frames(problem: BaseException) -> list[traceback.FrameSummary]:
    return list(traceback.StackSummary.extract(traceback.walk_tb(problem.__traceback__), lookup_lines=False))
