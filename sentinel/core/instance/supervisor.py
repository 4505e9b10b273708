"""Keeping children alive: started in order, known to be ready, started again when they die, ended in reverse order."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import FrameType

from sentinel.core.errors import SentinelError
from sentinel.core.instance.processes import Launch, end_group, finish, spawn

PULSE = 0.05  # seconds between two looks while something is expected
IDLE_PULSE = 0.2
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
SETTLED = 60.0  # alive for so long, its earlier deaths are forgotten
TO_BE_READY = 90.0


class NotReady(Exception):
    """A part did not come up. Carries a sentence."""


class Stopped(Exception):
    """Somebody asked us to stop while something was still coming up."""


@dataclass
class Part:
    """One process of a system: what to do before each start, how to start it, how it shows that it is ready, how to stop it."""

    name: str
    launch: Launch
    is_ready: Callable[[int], bool]
    prepare: Callable[[], None] = lambda: None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    deaths: int = field(default=0, init=False)
    due_at: float = field(default=0.0, init=False)
    ready: bool = field(default=False, init=False)

    def start(self) -> None:
        """Start the process, as new."""
        self.prepare()
        self.ready = False
        self.due_at = time.monotonic()
        self.process = spawn(self.launch)

    def died(self) -> int | None:
        """Its exit status, if it was running and no longer is; what it left behind is ended."""
        if self.process is None or self.process.poll() is None:
            return None
        status, pid = self.process.returncode, self.process.pid
        end_group(pid)
        self.process = None
        return status

    def look(self) -> bool:
        """Has it just become ready?"""
        if self.ready or self.process is None:
            return False
        self.ready = self.is_ready(self.process.pid)
        return self.ready

    def wait_longer(self) -> float:
        """Count a death; how many seconds to wait before the next start: 0.5, 1, 2, up to 30."""
        lived = time.monotonic() - self.due_at
        self.deaths = 0 if lived > SETTLED else self.deaths
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2**self.deaths)
        self.deaths += 1
        self.due_at = time.monotonic() + wait
        return wait

    def ask_to_stop(self) -> None:
        """Tell it to finish what it is doing."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def finish(self) -> bool:
        """Wait until it has stopped. False when it took too long and was killed."""
        in_time = self.process is None or finish(self.process, self.grace)
        self.process = None
        self.launch.record.unlink(missing_ok=True)
        return in_time


class Supervisor:
    """The children of one system. `say` tells the person at the terminal."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.stages: list[tuple[Part, ...]] = []
        self.asked_to_stop = False

    def heed_signals(self) -> None:
        """From now on Ctrl-C, TERM and a closed terminal mean: stop everything."""
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._ask_to_stop)

    def bring_up(self, *parts: Part) -> None:
        """Start parts together and wait until all are ready. Refuses to go on when one dies or takes too long."""
        self.stages.append(parts)
        for part in parts:
            part.start()
        deadline = time.monotonic() + TO_BE_READY
        while not all(part.ready for part in parts):
            self.check_stop()
            for part in parts:
                if part.died() is not None:
                    raise NotReady(f"The {part.name} did not start. {last_words(part.launch.log)}")
                part.look()
            if time.monotonic() > deadline:
                slow = ", ".join(part.name for part in parts if not part.ready)
                raise NotReady(f"Not ready after {TO_BE_READY:.0f} seconds: {slow}. See {parts[0].launch.log.parent}.")
            time.sleep(PULSE)

    def watch(self) -> None:
        """Look after the children until asked to stop."""
        while not self.asked_to_stop:
            for part in chain.from_iterable(self.stages):
                self._look_after(part)
            time.sleep(IDLE_PULSE)

    def stop(self) -> None:
        """End all children, those started last first; one that does not stop in time is killed with all it started."""
        while self.stages:
            together = self.stages.pop()
            for part in reversed(together):
                part.ask_to_stop()
            for part in reversed(together):
                if not part.finish():
                    self.say(f"The {part.name} did not stop in {part.grace:.0f} seconds and was ended.")

    def check_stop(self) -> None:
        """Give up what is going on if somebody asked us to stop."""
        if self.asked_to_stop:
            raise Stopped

    def _look_after(self, part: Part) -> None:
        status = part.died()
        if status is not None:
            wait = part.wait_longer()
            self.say(f"The {part.name} stopped ({_meaning(status)}); starting it again in {wait:g} seconds. Its log: {part.launch.log}")
        elif part.process is None:
            self._start_again(part)
        elif part.look():
            self.say(f"The {part.name} is ready again.")

    def _start_again(self, part: Part) -> None:
        if time.monotonic() < part.due_at:
            return
        try:
            part.start()
        except (OSError, SentinelError) as error:
            self.say(f"The {part.name} could not be started ({error}); trying again in {part.wait_longer():g} seconds.")

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop = True


def _meaning(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit {status}"


def last_words(log: Path) -> str:
    """The end of a log, for the person at the terminal."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return " / ".join(lines[-3:]) + f" (log: {log})"
