"""State ExecuteTool."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.bootstrap import Services
from understudy.domain.tools import CallStatus

from functions.execute_tool.app import handler
from tests.unit import stage


@pytest.fixture
def execute(services: Services, load_event: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Hands the sample event to the function."""
    event = load_event("execute_tool", "get_table_schema")
    return lambda: handler(event, stage.Context(), services)


def stored(services: Services) -> Any:
    return services.tool_calls.get(stage.TENANT, stage.RUN_ID, "call_schema")


def test_the_output_is_stored_with_the_call(
    services: Services, execute: Callable[[], dict[str, Any]]
) -> None:
    """The real tool runs on the sample data; only the id goes back to the machine."""
    stage.put_call(services)

    answer = execute()

    assert answer["call_id"] == "call_schema"
    assert "sales" not in json.dumps(answer)
    call = stored(services)
    assert call.status is CallStatus.DONE
    assert "region" in call.output


def test_a_retry_does_not_run_the_tool_again(
    services: Services, execute: Callable[[], dict[str, Any]]
) -> None:
    """A call that has its output is left alone (F081)."""
    call = stage.put_call(services)
    services.tool_calls.answer(call, "first")

    assert execute()["executed"] is False
    assert stored(services).output == "first"


def test_a_tool_that_nobody_registered_gives_the_model_an_error(
    services: Services, execute: Callable[[], dict[str, Any]]
) -> None:
    """The run goes on with an error as the output (F070)."""
    stage.put_call(services, name="drop_everything")

    execute()

    call = stored(services)
    assert call.failed
    assert "error" in json.loads(call.output)


@pytest.mark.parametrize("arguments", ["", "no json", "[]", '{"table": 7}', '{"table": "users"}'])
def test_bad_arguments_give_the_model_an_error(
    services: Services, execute: Callable[[], dict[str, Any]], arguments: str
) -> None:
    """Whatever the model sends, the output is a string that says what was wrong (F069)."""
    stage.put_call(services, arguments=arguments)

    execute()

    assert json.loads(stored(services).output)["error"]["message"]
