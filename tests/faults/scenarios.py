"""What the fault suite plays: each scenario once without a fault, then once for every point.

A scenario is a function of the driver that makes a thread, does what it is about, and returns the
thread's id. To add one, decorate it with `scenario` and run `python -m tests.faults.record`.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from understudy.adapters.dynamodb import keys

from tests.e2e.ledger import assert_nothing_ownerless
from tests.faults.driver import Driver

Play = Callable[[Driver, str], None]

CANARY = "canary-prompt-7f3a"
"""Part of every message; no log may have it."""

SCHEMA = {"name": "get_table_schema", "arguments": {"table": "sales"}}
MEETING = {"name": "book_meeting", "arguments": {}}


def prepare(driver: Driver) -> str:
    """A thread with one message, before anything may go wrong; its id."""
    body = {"messages": [{"role": "user", "content": f"Hello, {CANARY}."}]}
    return str(driver.must("POST", "/threads", body)["id"])


@dataclass(frozen=True)
class Scenario:
    """`ends` is the status of its run where nothing goes wrong, `responses` how many it takes.

    `check` looks at what the invariants of all scenarios do not know of.
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
    """Enters a scenario under its function's name, with fields of `Scenario`."""

    def enter(play: Play) -> Play:
        name = play.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, play, **fields)
        return play

    return enter


def start(driver: Driver, thread_id: str, assistant_id: str = "") -> str | None:
    """Creates a run as a stubborn client does; None if there is none after all its tries."""
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


def asks_client(driver: Driver, thread_id: str) -> bool:
    """Whether the thread's run waits for the outputs of a client."""
    return run_of(driver, thread_id).get("run_status") == "requires_action"


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
    driver.settle(until=lambda: asks_client(driver, thread_id))
    if not asks_client(driver, thread_id):
        driver.sweep(thread_id, 120)
        driver.settle(until=lambda: asks_client(driver, thread_id))
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


CSV = b"month,revenue\n2026-01,10\n2026-02,30\n2026-03,20\n"


def prepare_analysis(driver: Driver) -> str:
    """A thread whose message has a table attached."""
    file_id = driver.upload("sales.csv", CSV)
    attached = [{"file_id": file_id, "tools": [{"type": "code_interpreter"}]}]
    message = {"role": "user", "content": "Draw a chart.", "attachments": attached}
    return str(driver.must("POST", "/threads", {"messages": [message]})["id"])


def check_image(driver: Driver, thread_id: str) -> None:
    """The chart is in the archive once, and its message shows it."""
    messages = driver.must("GET", f"/threads/{thread_id}/messages?order=asc")["data"]
    shown = [
        part["image_file"]["file_id"]
        for message in messages
        for part in message["content"]
        if part["type"] == "image_file"
    ]
    assert len(shown) == 1
    archived = [key for key in driver.objects("images/") if key.endswith(shown[0])]
    assert len(archived) == 1, f"{archived} (I2)"
    assert_nothing_ownerless(driver.stack)


@scenario(prepare=prepare_analysis, check=check_image)
def image(driver: Driver, thread_id: str) -> None:
    start(driver, thread_id, assistant_id=driver.analyst_id)


def prepare_drop(driver: Driver) -> str:
    """The thread of a user who is about to drop a file."""
    driver.user = f"user-{uuid.uuid4().hex}"
    return str(driver.must("PUT", f"/users/{driver.user}/threads/sales", {})["id"])


def check_drop(driver: Driver, thread_id: str) -> None:
    """The answer lies beside the file, and the provider has nothing that nobody owns."""
    answers = driver.objects(f"answers/local/{driver.user}/sales/q1.csv/")
    assert any(key.endswith("answer.md") for key in answers), answers
    assert_nothing_ownerless(driver.stack)


@scenario(prepare=prepare_drop, check=check_drop)
def dropped_file(driver: Driver, thread_id: str) -> None:
    driver.drop(
        f"drop/local/{driver.user}/sales/q1.csv",
        CSV,
        {"assistant-id": driver.analyst_id, "message": "Draw a chart of the revenue."},
    )
    driver.settle()


def prepare_cleanup(driver: Driver) -> str:
    """A thread with a file, a chart and an answer."""
    thread_id = prepare_analysis(driver)
    start(driver, thread_id, assistant_id=driver.analyst_id)
    driver.settle()
    return thread_id


def check_cleanup(driver: Driver, thread_id: str) -> None:
    """Nothing of the thread is left, here and at the provider (I3, I4)."""
    live = driver.control.live()
    assert not {kind for kind in live if kind != "webhook_endpoint"}, live
    assert not list(driver.table.query(keys.thread_partition("local", thread_id)))
    assert not [key for key in driver.objects("") if thread_id in key]


@scenario(prepare=prepare_cleanup, check=check_cleanup, leaves_thread=False)
def cleanup(driver: Driver, thread_id: str) -> None:
    driver.call("DELETE", f"/threads/{thread_id}")
    driver.settle()
