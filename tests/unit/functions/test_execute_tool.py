"""State ExecuteTool."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.adapters.server_tools import RegisteredTools
from understudy.domain.decisions import Decision
from understudy.domain.tools import CallStatus
from understudy.errors import StorageUnavailableError
from understudy.services import Services
from understudy.tools.registry import ToolContext, server_tool

from functions.execute_tool.app import handler
from tests.fakes.tools import registry_of
from tests.unit import stage

INVOICE = {"name": "send_invoice", "arguments": '{"customer": "Ada"}'}


@pytest.fixture
def execute(services: Services, load_event: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Invokes the function with the sample event."""
    event = load_event("execute_tool", "get_table_schema")
    return lambda: handler(event, stage.Context(), services)


@pytest.fixture
def invoices(services: Services) -> list[str]:
    """Returns the customers to whom the tool with side effects has sent an invoice."""
    sent: list[str] = []

    @server_tool(side_effects=True, requires_approval=True)
    def send_invoice(context: ToolContext, customer: str) -> dict[str, str]:
        """Sends an invoice."""
        sent.append(customer)
        return {"sent_to": customer, "by": context.tenant}

    registry = registry_of(send_invoice)
    services.__dict__["tools"] = RegisteredTools(registry.names(), registry)
    return sent


@pytest.fixture
def send(services: Services, load_event: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Invokes the function with the event of an invoice's call."""
    event = load_event("execute_tool", "send_invoice")
    return lambda: handler(event, stage.Context(), services)


def stored(services: Services, call_id: str = "call_schema") -> Any:
    return services.tool_calls.get(stage.TENANT, stage.RUN_ID, call_id)


def test_output_is_stored_with_the_call(
    services: Services, execute: Callable[[], dict[str, Any]]
) -> None:
    """The real tool queries the sample data; only the id is returned to the state machine."""
    stage.put_call(services)

    answer = execute()

    assert answer["call_id"] == "call_schema"
    assert "sales" not in json.dumps(answer)
    call = stored(services)
    assert call.status is CallStatus.DONE
    assert "region" in call.output


def test_retry_does_not_execute_the_tool_again(
    services: Services, execute: Callable[[], dict[str, Any]]
) -> None:
    """A call that has its output is left unchanged (F081)."""
    call = stage.put_call(services)
    services.tool_calls.store_output(call, "first")

    assert execute()["executed"] is False
    assert stored(services).output == "first"


def test_unknown_tool_has_an_error_as_output(
    services: Services, execute: Callable[[], dict[str, Any]]
) -> None:
    """The run continues (F070)."""
    stage.put_call(services, name="drop_everything")

    execute()

    call = stored(services)
    assert call.failed
    assert "error" in json.loads(call.output)


@pytest.mark.parametrize("arguments", ["", "no json", "[]", '{"table": 7}', '{"table": "users"}'])
def test_invalid_arguments_have_an_error_as_output(
    services: Services, execute: Callable[[], dict[str, Any]], arguments: str
) -> None:
    """The output says what was wrong (F069)."""
    stage.put_call(services, arguments=arguments)

    execute()

    assert json.loads(stored(services).output)["error"]["message"]


def test_no_tool_is_executed_after_the_deadline(
    services: Services, execute: Callable[[], dict[str, Any]]
) -> None:
    """The call gets an error as its output at once."""
    stage.put_call(services, deadline=int(services.now()) - 1)

    execute()

    assert json.loads(stored(services).output)["error"]["code"] == "timeout"


def test_interrupted_call_with_side_effects_is_not_repeated(
    services: Services, invoices: list[str], send: Callable[[], dict[str, Any]]
) -> None:
    """The output says that the outcome is unknown."""
    call = stage.put_call(services, "call_invoice", **INVOICE, decision=Decision.APPROVED)

    def dies() -> Any:
        raise KeyboardInterrupt  # as near as a test comes to a process that is killed

    with pytest.raises(KeyboardInterrupt):
        services.side_effects.once(call, dies)

    send()

    assert invoices == []
    assert json.loads(stored(services, "call_invoice").output)["error"]["code"] == (
        "outcome_unknown"
    )


def test_retry_after_the_side_effect_stores_its_output(
    services: Services,
    invoices: list[str],
    send: Callable[[], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The table fails when the output is stored; the state machine retries (F093)."""
    stage.put_call(services, "call_invoice", **INVOICE, decision=Decision.APPROVED)

    def unavailable(*_: Any, **__: Any) -> bool:
        raise StorageUnavailableError("throttled")

    with monkeypatch.context() as patch:
        patch.setattr(services.tool_calls, "store_output", unavailable)
        with pytest.raises(StorageUnavailableError):
            send()

    send()

    assert invoices == ["Ada"]
    output = json.loads(stored(services, "call_invoice").output)
    assert output == {"sent_to": "Ada", "by": stage.TENANT}


@pytest.mark.parametrize("decision", [None, Decision.REFUSED])
def test_unapproved_call_is_not_executed(
    services: Services,
    invoices: list[str],
    send: Callable[[], dict[str, Any]],
    decision: Decision | None,
) -> None:
    """Even if the state machine passes it to the function."""
    stage.put_call(services, "call_invoice", **INVOICE, decision=decision)

    send()

    assert invoices == []
    assert json.loads(stored(services, "call_invoice").output)["error"]["code"] == "not_approved"


def test_first_output_of_a_call_that_ran_twice_is_kept(services: Services) -> None:
    """Both attempts have read the call as pending (F081)."""
    call = stage.put_call(services)

    kept = [services.tool_calls.store_output(call, output) for output in ("first", "second")]

    assert kept == [True, False]
    assert stored(services).output == "first"
