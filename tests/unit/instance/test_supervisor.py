"""The supervisor: order, readiness, starting again, stopping."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sentinel.core.instance.processes import Launch
from sentinel.core.instance.supervisor import NotReady, Part, Stopped, Supervisor
from tests.waiting import eventually


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(said.append)
    yield supervisor
    supervisor.stop()


@pytest.fixture
def part(tmp_path: Path) -> Callable[..., Part]:
    def make(name: str, script: str = "echo up; exec sleep 600", **how: object) -> Part:
        log = tmp_path / f"{name}.log"
        launch = Launch(["/bin/sh", "-c", script], {"PATH": os.defpath}, log, tmp_path / f"{name}.json")
        return Part(name, launch, lambda _: "up" in log.read_text(), **how)  # type: ignore[arg-type]

    return make


def pid(part: Part) -> int:
    assert part.process
    return part.process.pid


def watch_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    """Let the supervisor look after its parts until something is so."""

    def ask() -> None:
        eventually(condition)
        supervisor.asked_to_stop = True

    asking = threading.Thread(target=ask)
    asking.start()
    supervisor.watch()
    asking.join()
    assert condition()


def test_a_part_counts_as_up_when_it_says_that_it_is_ready(supervisor: Supervisor, part: Callable[..., Part]) -> None:
    slow = part("slow", "sleep 0.2; echo up; exec sleep 600")

    supervisor.bring_up(slow)

    assert slow.ready
    assert "up" in slow.launch.log.read_text()


def test_a_part_that_dies_at_once_is_reported_with_its_last_words(supervisor: Supervisor, part: Callable[..., Part]) -> None:
    with pytest.raises(NotReady, match="The database did not start. no space left on this disk"):
        supervisor.bring_up(part("database", "echo no space left on this disk; exit 1"))


def test_being_asked_to_stop_ends_the_waiting(supervisor: Supervisor, part: Callable[..., Part]) -> None:
    supervisor.asked_to_stop = True

    with pytest.raises(Stopped):
        supervisor.bring_up(part("web", "exec sleep 600"))


def test_a_dead_part_is_started_again_and_said_to_be_ready(supervisor: Supervisor, part: Callable[..., Part], said: list[str]) -> None:
    web, worker = part("web"), part("worker")
    supervisor.bring_up(web, worker)
    first, other = pid(web), pid(worker)

    os.kill(first, signal.SIGKILL)
    watch_until(supervisor, lambda: "The web is ready again." in said)

    assert pid(web) != first
    assert pid(worker) == other
    assert said[0].startswith("The web stopped (killed by SIGKILL); starting it again in 0.5 seconds.")


def test_each_death_doubles_the_wait_up_to_half_a_minute(part: Callable[..., Part]) -> None:
    web = part("web")

    assert [web.wait_longer() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_parts_stop_in_the_reverse_of_the_order_they_started_in(supervisor: Supervisor, part: Callable[..., Part], tmp_path: Path) -> None:
    end = tmp_path / "end"
    farewell = "trap 'echo {name} >> {end}; exit' TERM; echo up; while true; do sleep 0.05; done"
    for name in ("database", "broker", "web"):
        supervisor.bring_up(part(name, farewell.format(name=name, end=end)))

    supervisor.stop()

    assert end.read_text().split() == ["web", "broker", "database"]


def test_a_part_that_will_not_stop_is_ended_and_that_is_said(supervisor: Supervisor, part: Callable[..., Part], said: list[str]) -> None:
    supervisor.bring_up(part("worker", "trap '' TERM; echo up; while true; do sleep 0.05; done", grace=0.2))

    supervisor.stop()

    assert said == ["The worker did not stop in 0 seconds and was ended."]
