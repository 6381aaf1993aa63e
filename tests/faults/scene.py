"""What the fault suite plays: each scenario once without a fault, then once for every point.

A scenario is a function of the driver that makes a thread, plays its part, and returns the
thread's id. To add one, decorate it with `scenario` and run `python -m tests.faults.record`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.driver import Driver

Play = Callable[[Driver, str], None]

CANARY = "canary-prompt-7f3a"
"""Part of every message; no log may have it."""


def prepare(driver: Driver) -> str:
    """A thread with one message, before anything may go wrong; its id."""
    body = {"messages": [{"role": "user", "content": f"Hello, {CANARY}."}]}
    return str(driver.must("POST", "/threads", body)["id"])


def nothing(_driver: Driver, _thread_id: str) -> None:
    """The check of a scenario for which the invariants are enough."""


@dataclass(frozen=True)
class Scenario:
    """`ends` is the status of its run where nothing goes wrong, `responses` how many it takes.

    `check` looks at what the invariants of all scenarios do not know of. A scenario that `disturbs`
    acts while functions work.
    """

    name: str
    play: Play
    ends: str = "completed"
    responses: int = 1
    prepare: Callable[[Driver], str] = prepare
    check: Play = nothing
    leaves_thread: bool = True
    disturbs: bool = False

    @property
    def has_check(self) -> bool:
        return self.check is not nothing


SCENARIOS: dict[str, Scenario] = {}


def scenario(**fields: Any) -> Callable[[Play], Play]:
    """Enters a scenario under its function's name, with fields of `Scenario`."""

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
    """The thread's newest run."""
    runs = driver.runs(thread_id)
    return runs[-1] if runs else {}
