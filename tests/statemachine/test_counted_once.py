"""A run is counted and announced once, however it ends."""

from collections.abc import Callable

import pytest
from openai import OpenAI
from openai.types.beta.threads import Run
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write

from local.provider.control import ControlClient
from local.stack import Stack
from tests.limits import WAIT_SECONDS
from tests.statemachine.ends import (
    TENANT,
    cancelled,
    runs_counted,
    stopped,
    swept,
)
from tests.statemachine.paths import Paths
from tests.statemachine.runs import CLIENT, now, start


def test_deleted_thread_ends_its_run(
    tenant: OpenAI, stack: Stack, control: ControlClient, paths: Paths
) -> None:
    """Its usage is counted and its end announced, although its item is deleted."""
    control.script_answer(calls=[{"name": "book_meeting", "arguments": {"person": "Grace"}}])
    run = start(tenant, tools=CLIENT)
    paths.until(run.id, "AwaitClient")
    before = runs_counted(tenant)

    place = keys.thread(TENANT, run.thread_id)
    stack.table().write(Write(key=place, delete=True, condition="attribute_exists(pk)"))
    stack.events.drain(WAIT_SECONDS)
    stopped(stack, tenant, run)
    paths.of(run.id)
    stack.events.drain(WAIT_SECONDS)

    assert runs_counted(tenant) == before + 1
    told = stack.events.seen("understudy.run.cancelled")
    assert run.id in [event["detail"]["run_id"] for event in told]
    assert list(stack.table().query(keys.thread_partition(TENANT, run.thread_id))) == []


@pytest.mark.parametrize("end", [cancelled, stopped, swept])
def test_run_is_counted_once_however_it_ends(
    tenant: OpenAI,
    stack: Stack,
    control: ControlClient,
    paths: Paths,
    end: Callable[[Stack, OpenAI, Run], None],
) -> None:
    """The stream delivers one end, and a repeated one changes nothing."""
    control.script_answer(calls=[{"name": "book_meeting", "arguments": {"person": "Grace"}}])
    run = start(tenant, tools=CLIENT)
    paths.until(run.id, "AwaitClient")
    before = runs_counted(tenant)

    end(stack, tenant, run)
    paths.of(run.id)
    stack.events.drain(WAIT_SECONDS)

    assert now(tenant, run).status in ("cancelled", "expired", "failed")
    assert runs_counted(tenant) == before + 1
    announced = [
        event
        for status in ("cancelled", "expired", "failed")
        for event in stack.events.seen(f"understudy.run.{status}")
        if event["detail"]["run_id"] == run.id
    ]
    assert len(announced) == 1
