"""Every run ends, from every state, and its thread can be used afterwards."""

import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from tests.statemachine.paths import Paths
from tests.statemachine.runs import (
    CLIENT,
    MEETING_CALL,
    now,
    start,
    thread_is_free,
)

DEADLINE = "understudy_deadline_seconds"


@pytest.mark.parametrize("state", ["CreateRun", "Wait", "CheckStatus", "AwaitClient"])
def test_cancel_ends_a_run_in_every_state(
    client: OpenAI, paths: Paths, state: str, control: ControlClient
) -> None:
    """The provider cancels the response, and the thread is free."""
    if state == "AwaitClient":
        control.script_answer(calls=[MEETING_CALL])
    else:
        control.hold("in_progress")
    run = start(client, tools=CLIENT)
    paths.until(run.id, state)

    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)

    paths.of(run.id)
    assert now(client, run).status == "cancelled"
    assert control.counters()["unfinished"] == []
    assert thread_is_free(client, run)


@pytest.mark.parametrize("waits_for", ["model", "client"])
def test_deadline_in_the_metadata_ends_a_run(
    client: OpenAI, paths: Paths, waits_for: str, control: ControlClient
) -> None:
    """It may be shorter than the deployment's."""
    if waits_for == "client":
        control.script_answer(calls=[MEETING_CALL])
    else:
        control.hold("in_progress")

    run = start(client, tools=CLIENT, metadata={DEADLINE: "1"})

    assert run.expires_at - run.created_at == 1
    paths.of(run.id)
    assert now(client, run).status == "expired"
    assert control.counters()["unfinished"] == []
    assert thread_is_free(client, run)


def test_late_completion_changes_nothing(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """The message of a cancelled run is never shown."""
    control.hold("in_progress")
    control.script_fault(status=503, match={"method": "POST", "path": "/cancel"}, times=None)
    run = start(client)
    paths.until(run.id, "Wait", 2)
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    paths.of(run.id)

    control.release()
    control.wait_until_idle()

    assert now(client, run).status == "cancelled"
    messages = client.beta.threads.messages.list(run.thread_id).data
    assert [message.role for message in messages] == ["user"]
