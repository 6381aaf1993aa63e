"""State AnswerDirectly."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.budgets import RunBudget
from understudy.domain.runs import RunStatus
from understudy.domain.tools import CallStatus, RunsOn
from understudy.errors import ProviderUnavailableError, RunCancellingError
from understudy.services import Services

from functions.answer_directly.app import handler
from tests.fakes.completions import ScriptedCompletions
from tests.fakes.provider import ScriptedProvider, called, said
from tests.unit import stage

Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def answer(services: Services, load_event: Callable[..., Any]) -> Answer:
    """Invokes the function with the sample event, the enabled fallback and a script for it."""

    def run(script: ScriptedCompletions, **settings: Any) -> dict[str, Any]:
        chosen = {"fallback_enabled": True, "fallback_model": "llama-4"} | settings
        services.settings = services.settings.model_copy(update=chosen)
        services.__dict__["completions"] = script
        event = load_event("answer_directly", "provider_unavailable")
        return handler(event, stage.Context(), services)

    return run


def test_message_is_stored_for_fetch_response(services: Services, answer: Answer) -> None:
    """The state machine continues as usual; the run is marked as degraded."""
    stage.put_run(services, "My name is Ada.", "What is my name?")
    script = ScriptedCompletions(said("Ada.", response_id="chatcmpl-1"))

    progress = answer(script)

    assert progress["status"] == "completed"
    run = stage.stored_run(services)
    assert run.metadata == {"degraded": "true"}
    assert run.degraded
    assert [turn.response_id for turn in run.usage] == ["chatcmpl-1"]
    [step] = services.run_steps.of_run(run.tenant, run.thread_id, run.id)
    assert step.message is not None
    assert step.message.content[0]["text"]["value"] == "Ada."


def test_completion_has_the_same_input(services: Services, answer: Answer) -> None:
    """Instructions, messages in their order, and only server-side functions."""
    stage.put_run(services, "My name is Ada.", "What is my name?")
    script = ScriptedCompletions(said("Ada."))

    answer(script)

    [request] = script.requests
    assert request.model == "llama-4"
    assert request.messages == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "My name is Ada."},
        {"role": "user", "content": "What is my name?"},
    ]
    assert [tool["function"]["name"] for tool in request.tools] == ["get_table_schema"]


def test_message_added_since_the_run_was_created_is_not_sent(
    services: Services, answer: Answer
) -> None:
    """It belongs to the thread's next run."""
    stage.put_run(services, "Hello")
    stage.put_later_message(services, "One more thing")
    script = ScriptedCompletions(said("Hello."))

    answer(script)

    [request] = script.requests
    assert request.messages[1:] == [{"role": "user", "content": "Hello"}]


def test_server_side_tools_are_executed_between_completions(
    services: Services, answer: Answer
) -> None:
    """The output is a message to the model, and the step shows it."""
    stage.put_run(services, "Which columns has sales?")
    script = ScriptedCompletions(
        called(("call_1", "get_table_schema", '{"table_name": "sales"}')), said("Many.")
    )

    progress = answer(script)

    assert progress["status"] == "completed"
    call = services.tool_calls.get(stage.TENANT, stage.RUN_ID, "call_1")
    assert call is not None
    assert call.output
    asked, told = script.requests[1].messages[-2:]
    assert asked["tool_calls"][0]["id"] == "call_1"
    assert told == {"role": "tool", "tool_call_id": "call_1", "content": call.output}
    steps = services.run_steps.of_run(stage.TENANT, stage.THREAD_ID, stage.RUN_ID)
    assert [step.status for step in steps if step.call_ids] == ["completed"]


def test_calls_of_earlier_rounds_are_sent(services: Services, answer: Answer) -> None:
    """With their outputs, after the messages; the steps of those rounds stay."""
    stage.put_run(services, "Which columns has sales?", round=0, response_id="resp_1")
    call = stage.put_call(services)
    services.tool_calls.store_output(call, '{"columns": []}')
    script = ScriptedCompletions(said("None."))

    answer(script)

    told = script.requests[0].messages[-1]
    assert told == {"role": "tool", "tool_call_id": "call_schema", "content": '{"columns": []}'}
    assert stage.stored_run(services).round == 1


def test_client_call_gets_an_error_output(services: Services, answer: Answer) -> None:
    """The fallback does not wait for a client."""
    stage.put_run(services)
    script = ScriptedCompletions(called(("call_1", "book_meeting", "{}")), said("I cannot."))

    assert answer(script)["status"] == "completed"

    call = services.tool_calls.get(stage.TENANT, stage.RUN_ID, "call_1")
    assert call is not None
    assert (call.runs_on, call.status, call.failed) == (RunsOn.SERVER, CallStatus.DONE, True)


def test_failed_fallback_keeps_the_first_error(services: Services, answer: Answer) -> None:
    """One attempt, then the run fails with the error that led to the fallback."""
    stage.put_run(services)
    script = ScriptedCompletions(ProviderUnavailableError("HTTP 503"))

    progress = answer(script)

    assert progress["status"] == "failed"
    assert progress["error"] == "ProviderUnavailableError"
    assert len(script.requests) == 1


def test_rounds_of_the_fallback_are_limited(services: Services, answer: Answer) -> None:
    """To five completions."""
    stage.put_run(services)
    turns = [called((f"call_{n}", "get_table_schema", "{}")) for n in range(5)]
    script = ScriptedCompletions(*turns)

    assert answer(script)["status"] == "failed"
    assert len(script.requests) == 5


def test_disabled_fallback_sends_no_request(services: Services, answer: Answer) -> None:
    """The run fails with the error that led to the fallback."""
    stage.put_run(services)

    progress = answer(ScriptedCompletions(), fallback_enabled=False)

    assert (progress["status"], progress["error"]) == ("failed", "ProviderUnavailableError")


def test_cancelling_run_is_not_completed(services: Services, answer: Answer) -> None:
    """The fallback sends no request."""
    run = stage.put_run(services)
    services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.QUEUED])

    assert answer(ScriptedCompletions())["status"] == "cancelling"


def test_concurrent_cancel_wins(services: Services, answer: Answer) -> None:
    """The message is dropped; the state machine goes to CancelRun."""
    run = stage.put_run(services)

    class CancelledMeanwhile(ScriptedCompletions):
        def complete(self, request: Any, *, seconds: float) -> Any:
            services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.QUEUED])
            return super().complete(request, seconds=seconds)

    with pytest.raises(RunCancellingError):
        answer(CancelledMeanwhile(said("Too late.")))


def test_unreadable_response_is_cancelled(
    services: Services, answer: Answer, provider: ScriptedProvider
) -> None:
    """The model may still be working on it, and its message would not be used."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")

    answer(ScriptedCompletions(said("Hello.")))

    assert provider.cancelled == ["resp_1"]


def test_run_at_its_cap_executes_no_calls(services: Services, answer: Answer) -> None:
    """The cap also applies to the fallback."""
    stage.put_run(services, budget=RunBudget(cap=1))
    call = called(("call_1", "get_table_schema", "{}"))

    progress = answer(ScriptedCompletions(call))

    assert progress["status"] == "incomplete"
    assert services.tool_calls.of_run(stage.TENANT, stage.RUN_ID) == []
