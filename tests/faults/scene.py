"""The fault suite's scenarios. Each is played once without a fault and once for every point.

A scenario is a function that gets the driver and a thread. To add one, decorate it with
`scenario` and run `python -m tests.faults.record`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.driver import Driver

Play = Callable[[Driver, str], None]

CANARY = "canary-prompt-7f3a"
"""Part of every message; it must be in no log."""


def prepare(driver: Driver) -> str:
    """Creates a thread with one message, before the fault; returns its id."""
    body = {"messages": [{"role": "user", "content": f"Hello, {CANARY}."}]}
    return str(driver.must("POST", "/threads", body)["id"])


@dataclass(frozen=True)
class Scenario:
    """`ends` is the status of its run without a fault, `responses` how many it needs.

    `check` verifies what the invariants of all scenarios do not cover.
    """

    name: str
    play: Play
    ends: str = "completed"
    responses: int = 1
    prepare: Callable[[Driver], str] = prepare
    check: Play = lambda _driver, _thread_id: None
    leaves_thread: bool = True


SCENARIOS: dict[str, Scenario] = {}


def scenario(**fields: Any) -> Callable[[Play], Play]:
    """Registers a scenario under its function's name, with fields of `Scenario`."""

    def enter(play: Play) -> Play:
        name = play.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, play, **fields)
        return play

    return enter


def start(driver: Driver, thread_id: str, assistant_id: str = "") -> str | None:
    """Creates a run with retries; returns None if all of them failed."""
    body = {"assistant_id": assistant_id or driver.assistant_id}
    status, answer = driver.call("POST", f"/threads/{thread_id}/runs", body)
    if status == 200:
        seen, _ = driver.call("GET", f"/threads/{thread_id}/runs/{answer['id']}")
        assert seen == 200, "a run that was just created is not found (I13)"
    runs = driver.runs(thread_id)
    return str(runs[-1]["id"]) if runs else None


def run_of(driver: Driver, thread_id: str) -> dict[str, Any]:
    """Returns the thread's newest run."""
    runs = driver.runs(thread_id)
    return runs[-1] if runs else {}
