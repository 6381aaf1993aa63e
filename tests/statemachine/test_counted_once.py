"""A run is counted and announced once, whoever brings it to its end."""

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


def test_a_thread_that_is_gone_ends_its_run(
    tenant: OpenAI, stack: Stack, control: ControlClient, paths: Paths
) -> None:
    """What the run used was used: it is counted and announced before it is removed."""
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


@pytest.mark.parametrize("end", [cancelled, swept])
def test_a_run_that_is_on_record_is_counted_once(
    tenant: OpenAI,
    stack: Stack,
    control: ControlClient,
    paths: Paths,
    end: Callable[[Stack, OpenAI, Run], None],
) -> None:
    """Somebody else's record of it came first."""
    control.script_answer(calls=[{"name": "book_meeting", "arguments": {"person": "Grace"}}])
    run = start(tenant, tools=CLIENT)
    paths.until(run.id, "AwaitClient")
    before = runs_counted(tenant)
    mark = {**keys.recorded(TENANT, run.id), "announced": True, "expires_at": 4_000_000_000}
    stack.table().write(Write(item=mark))

    end(stack, tenant, run)
    paths.of(run.id)
    stack.events.drain(WAIT_SECONDS)

    assert now(tenant, run).status in ("cancelled", "expired")
    assert runs_counted(tenant) == before
