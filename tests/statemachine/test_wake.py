"""Callbacks on the real definition: early, late, twice, and not at all."""

import json

import pytest
from openai import OpenAI
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write

from local.aws.states.history import HistoryEvent
from local.provider.control import ControlClient
from local.stack import Stack
from tests.statemachine.paths import Paths
from tests.statemachine.runs import CLIENT, MEETING_CALL, now, start

TENANT = "local"


def token_of(stack: Stack, thread_id: str, run_id: str) -> str:
    """The task token of the run's latest wait."""
    run = stack.table().get(keys.run(TENANT, thread_id, run_id))
    assert run is not None
    wait = stack.table().get(keys.wait(str(run["response_id"])))
    assert wait is not None
    return str(wait["task_token"])


def test_cancel_wakes_a_waiting_run(client: OpenAI, paths: Paths, control: ControlClient) -> None:
    """A cancel does not wait for the next check."""
    control.hold("in_progress")
    run = start(client)
    paths.until(run.id, "Wait", 4)

    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)

    assert paths.of(run.id)[-3:] == ["CancelRun", "Ended", "RunCancelled"]


def test_pending_callback_skips_the_wait(
    client: OpenAI, stack: Stack, paths: Paths, control: ControlClient
) -> None:
    """A callback that came before the wait is not lost."""
    control.hold("in_progress")
    run = start(client)
    paths.until(run.id, "CheckStatus", 3)
    item = stack.table().get(keys.run(TENANT, run.thread_id, run.id))
    assert item is not None
    place, wait = keys.run(TENANT, run.thread_id, run.id), keys.wait(str(item["response_id"]))

    stack.table().write(Write(key=place, assign={"run_status": "cancelling"}))
    stack.table().write(Write(key=wait, assign={"wake_pending": True}))

    paths.of(run.id)
    assert now(client, run).status == "cancelled"


def test_late_callback_does_not_end_the_wait_for_the_client(
    client: OpenAI,
    stack: Stack,
    paths: Paths,
    control: ControlClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The webhook of a response that was read already: the run waits for its outputs again."""
    control.script_answer(calls=[MEETING_CALL])
    earlier = control.live().get("response", {}).keys()
    late: list[str] = []

    def on_history(event: HistoryEvent) -> None:
        if not late and event.type.endswith("StateEntered") and event.state == "AwaitClient":
            [response] = control.live()["response"].keys() - earlier
            late.append(response)
            stack.table().write(Write(key=keys.wait(response), assign={"wake_pending": True}))
        paths.on_history(event)

    monkeypatch.setattr(stack.aws, "on_history", on_history)
    run = start(client, tools=CLIENT)
    paths.until(run.id, "AwaitClient", 2)
    assert "wake_pending" not in (stack.table().get(keys.wait(late[0])) or {})

    [call] = now(client, run).required_action.submit_tool_outputs.tool_calls  # type: ignore[union-attr]
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "ok"}]
    )

    assert paths.of(run.id)[-1] == "FetchResponse"
    assert now(client, run).status == "completed"


def test_token_of_an_earlier_wait_is_rejected(
    client: OpenAI, stack: Stack, paths: Paths, control: ControlClient
) -> None:
    """The run continues to its end."""
    control.hold("in_progress")
    run = start(client)
    paths.until(run.id, "Wait", 2)
    old = token_of(stack, run.thread_id, run.id)
    paths.until(run.id, "Wait", 4)
    states = stack.client("stepfunctions")

    with pytest.raises(states.exceptions.TaskTimedOut):
        states.send_task_success(taskToken=old, output=json.dumps({}))

    control.release()
    paths.of(run.id)
    assert now(client, run).status == "completed"


def test_run_without_callbacks_is_polled(client: OpenAI, stack: Stack, paths: Paths) -> None:
    """Without webhooks the checks are few, and the response is found."""
    del stack
    run = start(client)

    path = paths.of(run.id)

    assert now(client, run).status == "completed"
    assert path.count("CheckStatus") <= 8
