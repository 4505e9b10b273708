"""Children end with their parent, with all they started; a stranger's process is never touched."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sentinel.core.instance.processes import Launch, end, reap, spawn
from tests.waiting import eventually, gone

FOREVER = "import time; time.sleep(600)"


def launch(folder: Path, *command: str) -> Launch:
    return Launch(command, {"PATH": os.defpath}, folder / "log", folder / "record")


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", FOREVER])
    yield process
    process.kill()
    process.wait()


def test_a_child_that_heeds_the_signal_is_in_time(tmp_path: Path) -> None:
    child = spawn(launch(tmp_path, "/bin/sleep", "600"))

    assert end(child, signal.SIGTERM, grace=30)
    assert child.returncode == -signal.SIGTERM


def test_a_child_that_does_not_stop_is_killed_with_what_it_started(tmp_path: Path) -> None:
    child = spawn(launch(tmp_path, "/bin/sh", "-c", "trap '' TERM; sleep 600 & echo $!; while true; do sleep 1; done"))
    assert eventually(lambda: (tmp_path / "log").read_text().strip() != "")
    grandchild = int((tmp_path / "log").read_text())

    assert not end(child, signal.SIGTERM, grace=0.2)
    assert eventually(lambda: gone(grandchild))


def test_nothing_is_left_when_the_parent_is_killed(tmp_path: Path) -> None:
    program = f"""
import os, time
from pathlib import Path
from sentinel.core.instance.processes import Launch, spawn
child = spawn(Launch(["/bin/sleep", "600"], {{}}, Path({str(tmp_path / "log")!r}), Path({str(tmp_path / "record")!r})))
print(child.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert not gone(child)
        parent.kill()

    assert eventually(lambda: gone(child))


def test_a_fork_ends_with_the_process_that_bound_its_forks() -> None:
    program = """
import os, time
from sentinel.core.instance.processes import bind_forks_to_this_process
bind_forks_to_this_process()
child = os.fork()
if child:
    print(child, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
        assert eventually(lambda: gone(child))


def test_what_an_earlier_run_left_is_ended_by_its_record(tmp_path: Path) -> None:
    child = spawn(launch(tmp_path, "/bin/sleep", "600"))

    reap(tmp_path / "record", signal.SIGTERM, grace=30)

    assert gone(child.pid)
    child.wait()
    assert not (tmp_path / "record").exists()


def test_a_process_that_only_got_the_number_of_an_old_one_is_left_alone(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    started_long_ago = psutil.Process(stranger.pid).create_time() - 3600
    (tmp_path / "record").write_text(json.dumps({"pid": stranger.pid, "started": started_long_ago}))

    reap(tmp_path / "record", signal.SIGKILL, grace=1)

    assert stranger.poll() is None
    assert not (tmp_path / "record").exists()
