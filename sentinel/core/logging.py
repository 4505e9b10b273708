"""Structured logs: what happened, to which request; never who it was about."""

import logging
import sys

import structlog


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
    """The traceback without the exception's own words: those may hold what somebody typed."""
    trace, frames = problem.__traceback__, []
    while trace:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 3)[-1]}:{trace.tb_lineno} {trace.tb_frame.f_code.co_name}")
        trace = trace.tb_next
    return frames[-6:]
