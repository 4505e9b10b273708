"""Waiting for what another process does: until it is so, never for a fixed time."""

import time
from collections.abc import Callable

import psutil

LONGEST = 120.0  # seconds; a machine may be busy, and a wait that succeeds costs no more than it must


def eventually(condition: Callable[[], bool]) -> bool:
    """Has `condition` come true in good time?"""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def gone(pid: int) -> bool:
    """Is there no longer such a process?"""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
