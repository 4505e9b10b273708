"""Starting a child that cannot outlive us, ending it with all it started, and finding what an earlier run left behind."""

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sentinel.core.instance.account import Account

PR_SET_PDEATHSIG = 1
SAME_MOMENT = 5.0  # seconds: a start time read from /proc moves a little when the machine's clock is set
LARGEST_LOG = 10_000_000


@dataclass(frozen=True)
class Launch:
    """How one child is started."""

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    record: Path
    account: Account | None = None
    at_our_death: signal.Signals = signal.SIGKILL
    descriptors: Sequence[int] = field(default=())


def spawn(launch: Launch) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own; should we die, however suddenly, it is told (Linux)."""
    _turn(launch.log)
    who = {"user": launch.account.uid, "group": launch.account.gid, "extra_groups": []} if launch.account else {}
    with launch.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            list(launch.command),
            env=dict(launch.environment),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=tuple(launch.descriptors),
            preexec_fn=_dies_with_us(launch.at_our_death),  # runs after the change of account, which would undo it
            **who,  # type: ignore[call-overload]
        )
    _write_record(launch.record, process.pid)
    return process


def end(process: subprocess.Popen[bytes], sign: signal.Signals, grace: float) -> bool:
    """Ask a child to stop and see that it does. Was it in time?"""
    if process.poll() is None:
        process.send_signal(sign)
    return finish(process, grace)


def finish(process: subprocess.Popen[bytes], grace: float) -> bool:
    """Wait `grace` seconds for a child to stop, then end it with all that is left of its group. Was it in time?"""
    try:
        process.wait(grace)
        in_time = True
    except subprocess.TimeoutExpired:
        in_time = False
    end_group(process.pid)
    process.wait()
    return in_time


def end_group(leader: int) -> None:
    """End at once whatever is left of the group that `leader` led."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def reap(record: Path, sign: signal.Signals, grace: float) -> None:
    """End the child that an earlier run recorded, if it is still that very process."""
    process = _recorded(record)
    if process is not None:
        end_other(process, sign, grace)
        end_group(process.pid)
    record.unlink(missing_ok=True)


def end_other(process: psutil.Process, sign: signal.Signals, grace: float) -> None:
    """Ask a process that is not our child to stop, and end it after `grace` seconds."""
    try:
        process.send_signal(sign)
        process.wait(grace)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(grace)
    except psutil.NoSuchProcess:
        return


def bind_forks_to_this_process() -> None:
    """From here on a fork of this process ends when it does: web and worker processes are forks of a master."""
    master, forker = os.getpid(), [0]
    ask_kernel = _dies_with_us(signal.SIGKILL)

    def remember() -> None:
        forker[0] = os.getpid()

    def bind() -> None:
        if forker[0] == master:  # what a fork starts for itself is its own affair
            ask_kernel()

    os.register_at_fork(before=remember, after_in_child=bind)


def _dies_with_us(sign: signal.Signals) -> Callable[[], None]:
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(sign))
        if os.getppid() != parent:  # it died before we asked
            os.kill(os.getpid(), signal.SIGKILL)

    return ask_kernel


def _turn(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))


def _write_record(record: Path, pid: int) -> None:
    try:
        process = psutil.Process(pid)
        facts = {"pid": pid, "started": process.create_time()}
    except psutil.NoSuchProcess:
        return
    draft = record.with_suffix(".new")
    draft.write_text(json.dumps(facts))
    draft.replace(record)  # whoever reads it meanwhile finds the old one or the new one, never half


def _recorded(record: Path) -> psutil.Process | None:
    try:
        facts = json.loads(record.read_text())
        process = psutil.Process(int(facts["pid"]))
        same = abs(process.create_time() - float(facts["started"])) < SAME_MOMENT
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return process if same and process.status() != psutil.STATUS_ZOMBIE else None
