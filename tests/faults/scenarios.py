"""What the fault suite plays: each scenario once without a fault, then once for every point.

A scenario is a function of the driver that makes a thread, does what it is about, and returns the
thread's id. To add one, decorate it with `scenario` and run `python -m tests.faults.record`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.driver import Driver

Play = Callable[[Driver, str], None]

CANARY = "canary-prompt-7f3a"
"""Part of every message; no log may have it."""

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "parameters": {"type": "object", "properties": {"table": {"type": "string"}}},
        },
    }
    for name in ("get_table_schema", "book_meeting")
]
SCHEMA = {"name": "get_table_schema", "arguments": {"table": "sales"}}
MEETING = {"name": "book_meeting", "arguments": {}}


@dataclass(frozen=True)
class Scenario:
    """`ends` is the status of its run where nothing goes wrong, `responses` how many it takes."""

    name: str
    play: Play
    ends: str
    responses: int


SCENARIOS: dict[str, Scenario] = {}


def scenario(*, ends: str = "completed", responses: int = 1) -> Callable[[Play], Play]:
    """Enters a scenario under its function's name."""

    def enter(play: Play) -> Play:
        name = play.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, play, ends, responses)
        return play

    return enter


def prepare(driver: Driver) -> str:
    """A thread with one message, before anything may go wrong; its id."""
    body = {"messages": [{"role": "user", "content": f"Hello, {CANARY}."}]}
    return str(driver.must("POST", "/threads", body)["id"])


def start(driver: Driver, thread_id: str) -> str | None:
    """Creates a run as a stubborn client does; None if there is none after all its tries."""
    body = {"assistant_id": driver.assistant_id}
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


@scenario()
def plain(driver: Driver, thread_id: str) -> None:
    start(driver, thread_id)


@scenario(responses=2)
def three_tools(driver: Driver, thread_id: str) -> None:
    driver.control.script_answer(calls=[SCHEMA] * 3)
    start(driver, thread_id)


@scenario(responses=3)
def two_rounds(driver: Driver, thread_id: str) -> None:
    driver.control.script_answer(calls=[SCHEMA])
    driver.control.script_answer(calls=[SCHEMA])
    start(driver, thread_id)


@scenario(responses=2)
def client_tools(driver: Driver, thread_id: str) -> None:
    driver.control.script_answer(calls=[MEETING])
    run_id = start(driver, thread_id)
    driver.settle(until=lambda: run_of(driver, thread_id).get("run_status") == "requires_action")
    _, run = driver.call("GET", f"/threads/{thread_id}/runs/{run_id}")
    action = (run or {}).get("required_action")
    if action:
        calls = action["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": "booked"} for call in calls]
        path = f"/threads/{thread_id}/runs/{run_id}/submit_tool_outputs"
        driver.call("POST", path, {"tool_outputs": outputs})


@scenario(ends="cancelled")
def cancel_while_waiting(driver: Driver, thread_id: str) -> None:
    driver.control.hold("in_progress")
    run_id = start(driver, thread_id)
    driver.settle(until=lambda: "response_id" in run_of(driver, thread_id))
    driver.call("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")


@scenario(ends="cancelled")
def cancel_during_tools(driver: Driver, thread_id: str) -> None:
    driver.control.script_answer(calls=[SCHEMA] * 2)

    def cancel() -> None:
        run_id = run_of(driver, thread_id)["id"]
        driver.call("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")

    driver.invocations.before("ExecuteToolFunction", cancel)
    start(driver, thread_id)


@scenario()
def webhook(driver: Driver, thread_id: str) -> None:
    driver.control.set_deliveries(hold=False)
    start(driver, thread_id)


@scenario()
def rate_limited(driver: Driver, thread_id: str) -> None:
    driver.control.script_fault(
        status=429, headers={"retry-after": "90"}, match={"method": "POST", "path": "/responses"}
    )
    start(driver, thread_id)


@scenario(responses=2)
def second_try(driver: Driver, thread_id: str) -> None:
    error = {"code": "server_error", "message": "The model is out of breath."}
    driver.control.script_answer(status="failed", error=error)
    start(driver, thread_id)
