"""The scenarios of runs: without tools, with tools of all kinds, cancelled, rate limited.

Those of files are in `file_scenarios.py`, those of busy threads in `queue_scenarios.py`;
`scene.py` defines a scenario.
"""

from understudy.adapters.dynamodb import keys

from tests.faults import file_scenarios, queue_scenarios
from tests.faults.driver import Driver
from tests.faults.scene import CANARY, SCENARIOS, Scenario, prepare, run_of, scenario, start

__all__ = [
    "CANARY",
    "SCENARIOS",
    "Scenario",
    "file_scenarios",
    "prepare",
    "queue_scenarios",
    "run_of",
    "start",
]

SCHEMA = {"name": "get_table_schema", "arguments": {"table": "sales"}}
INVOICE = {"name": "send_invoice", "arguments": {"customer": "Ada", "amount": 1200}}
MEETING = {"name": "book_meeting", "arguments": {}}


def asks_client(driver: Driver, thread_id: str) -> bool:
    """Returns whether the thread's run waits for outputs of its client."""
    return run_of(driver, thread_id).get("run_status") == "requires_action"


def await_client(driver: Driver, thread_id: str) -> None:
    """Lets time pass until the run waits for its client; starts the run if its start was lost."""
    driver.settle(until=lambda: asks_client(driver, thread_id))
    if not asks_client(driver, thread_id):
        driver.sweep(thread_id, 120)
        driver.settle(until=lambda: asks_client(driver, thread_id))


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
    await_client(driver, thread_id)
    _, run = driver.call("GET", f"/threads/{thread_id}/runs/{run_id}")
    action = (run or {}).get("required_action")
    if action:
        calls = action["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": "booked"} for call in calls]
        path = f"/threads/{thread_id}/runs/{run_id}/submit_tool_outputs"
        driver.call("POST", path, {"tool_outputs": outputs})


def check_invoice(driver: Driver, thread_id: str) -> None:
    """Checks that a tool with side effects ran at most once for each call."""
    assert driver.stack.aws.runtime is not None
    logs = driver.stack.aws.runtime.logs("ExecuteToolFunction")
    for call in driver.table.query(keys.tool_calls_of("local", run_of(driver, thread_id)["id"])):
        assert logs.count(f"invoice for {call['sk']}") <= 1, "(I2)"


@scenario(responses=2, check=check_invoice)
def approval(driver: Driver, thread_id: str) -> None:
    driver.control.script_answer(calls=[INVOICE])
    run_id = start(driver, thread_id)
    await_client(driver, thread_id)
    _, run = driver.call("GET", f"/threads/{thread_id}/runs/{run_id}")
    for pending in (run or {}).get("pending_approvals", []):
        path = f"/threads/{thread_id}/runs/{run_id}/tool_calls/{pending['id']}/approve"
        driver.call("POST", path, {})


@scenario(ends="cancelled", disturbs=True)
def cancel_while_waiting(driver: Driver, thread_id: str) -> None:
    driver.control.hold("in_progress")
    run_id = start(driver, thread_id)
    driver.settle(until=lambda: "response_id" in run_of(driver, thread_id))
    driver.call("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")


@scenario(ends="cancelled", disturbs=True)
def cancel_during_tools(driver: Driver, thread_id: str) -> None:
    driver.control.script_answer(calls=[SCHEMA] * 2, times=None)

    def cancel() -> None:
        run_id = run_of(driver, thread_id)["id"]
        driver.call("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")

    driver.invocations.before("ExecuteToolFunction", cancel)
    start(driver, thread_id)


def is_waiting(driver: Driver, thread_id: str) -> bool:
    """Returns whether the task token of the thread's run is stored."""
    run = run_of(driver, thread_id)
    wait = driver.table.get(keys.wait(str(run.get("response_id", run.get("id")))))
    return wait is not None and "task_token" in wait


@scenario()
def webhook(driver: Driver, thread_id: str) -> None:
    """The webhook wakes a run that waits."""
    start(driver, thread_id)
    driver.settle(until=lambda: is_waiting(driver, thread_id))
    driver.control.release_deliveries()


@scenario(disturbs=True)
def early_webhook(driver: Driver, thread_id: str) -> None:
    """The webhook arrives before the response is recorded on its run."""
    driver.control.set_deliveries(hold=False)
    driver.gates.after("CreateRunFunction", "UpdateItem", driver.control.wait_until_idle)
    start(driver, thread_id)


@scenario(responses=2, disturbs=True)
def early_webhook_after_tools(driver: Driver, thread_id: str) -> None:
    """Both webhooks arrive before a state waits for them, the second before SubmitToolOutputs."""
    driver.control.set_deliveries(hold=False)
    driver.control.script_answer(calls=[SCHEMA])
    for function in ("CreateRunFunction", "SubmitToolOutputsFunction"):
        driver.gates.after(function, "UpdateItem", driver.control.wait_until_idle)
    start(driver, thread_id)


@scenario()
def rate_limited(driver: Driver, thread_id: str) -> None:
    driver.control.script_fault(
        status=429, headers={"retry-after": "90"}, match={"method": "POST", "path": "/responses"}
    )
    start(driver, thread_id)


@scenario(responses=2)
def second_try(driver: Driver, thread_id: str) -> None:
    error = {"code": "server_error", "message": "The model is overloaded."}
    driver.control.script_answer(status="failed", error=error)
    start(driver, thread_id)
