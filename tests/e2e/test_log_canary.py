"""Logs, histories, events and queues have no key and no text of a conversation (T17, T18).

Each secret and each text of the scenario carries a canary of its own; afterwards every place that
outlives a request is searched for it: logs, execution histories, dead letters, events.
"""

import json
from collections.abc import Iterator

import pytest
from openai import AuthenticationError, BadRequestError, OpenAI
from openai.types.beta.threads import Run

from local.aws.states.history import HistoryEvent
from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.conversations import SCHEMA_TOOL, ended, recorded, start
from tests.limits import WAIT_SECONDS

API_KEY = "us-canary-0-the-key-of-the-caller"
INSTRUCTIONS = "canary-1-instructions"
PROMPT = "canary-2-prompt ada@example.org"
ANSWER = "canary-3-answer"
ARGUMENT = "canary-4-argument"
OUTPUT = "canary-5-tool-output"
METADATA = "canary-6-metadata"
ECHO = "canary-7-text-of-an-error"
CANARIES = (API_KEY, "canary-", "ada@example.org")

CLIENT_TOOL = {"type": "function", "function": {"name": "book_meeting", "parameters": {}}}


@pytest.fixture
def history(stack: Stack) -> Iterator[list[HistoryEvent]]:
    """Collects every event of every execution that runs during the test."""
    events: list[HistoryEvent] = []
    before = stack.aws.on_history
    stack.aws.on_history = events.append
    yield events
    stack.aws.on_history = before


@pytest.fixture
def caller(stack: Stack) -> Iterator[OpenAI]:
    """The SDK with a key that is easy to find in a log."""
    stack.add_key(API_KEY, tenant="canaries")
    with OpenAI(base_url=stack.base_url, api_key=API_KEY, max_retries=0) as client:
        yield client


def test_no_log_or_event_has_a_key_or_text_of_a_conversation(
    stack: Stack, caller: OpenAI, history: list[HistoryEvent]
) -> None:
    """After a run with tools, a failed run, a rejected key and an invalid request."""
    assert stack.provider is not None
    control = stack.provider.control

    runs = [_with_tools(caller, control), _failed(caller, control, 400), _failed(caller, control)]
    _refused(stack, caller)
    for run in runs:
        recorded(stack, run)
    stack.events.drain(WAIT_SECONDS)

    sinks = {
        **{f"log of {name}": _log(stack, name) for name in stack.deployment.functions},
        "execution histories": "\n".join(str(event) for event in history),
        "dead letters": _dead_letters(stack),
        "events": json.dumps(stack.events.seen()),
    }
    assert all(run.id in sinks["execution histories"] for run in runs)
    assert runs[0].id in sinks["log of RecordRunsFunction"]
    for name, text in sinks.items():
        for canary in (*CANARIES, stack.provider.key):
            assert canary not in text, f"{canary} is in the {name}"


def _with_tools(client: OpenAI, control: ControlClient) -> Run:
    for name in ("get_table_schema", "book_meeting"):
        arguments = json.dumps({"table_name": ARGUMENT})
        control.script_answer(calls=[{"name": name, "arguments": arguments}])
    control.script_answer(text=ANSWER)
    run = ended(
        client,
        start(
            client,
            PROMPT,
            tools=[SCHEMA_TOOL, CLIENT_TOOL],
            instructions=INSTRUCTIONS,
            metadata={"note": METADATA},
        ),
    )
    assert run.required_action is not None
    [call] = run.required_action.submit_tool_outputs.tool_calls
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": OUTPUT}]
    )
    done = ended(client, run)
    assert done.status == "completed"
    return done


def _failed(client: OpenAI, control: ControlClient, status: int = 401) -> Run:
    """Runs into a provider's error that quotes the prompt and the key, as providers do."""
    error = {"message": f"{ECHO} {PROMPT}", "code": "invalid_value"}
    control.script_fault(status=status, error=error, match={"path": "/v1/responses"}, times=1)
    run = ended(client, start(client, PROMPT))
    assert run.status == "failed"
    return run


def _refused(stack: Stack, client: OpenAI) -> None:
    """Sends an unknown key, and a body that is not a JSON object."""
    with (
        OpenAI(base_url=stack.base_url, api_key="us-canary-8-unknown", max_retries=0) as unknown,
        pytest.raises(AuthenticationError),
    ):
        unknown.beta.assistants.list()
    with pytest.raises(BadRequestError):
        client.post("/threads", cast_to=object, body=[PROMPT])


def _log(stack: Stack, function: str) -> str:
    assert stack.aws.runtime is not None
    return stack.aws.runtime.logs(function)


def _dead_letters(stack: Stack) -> str:
    client = stack.client("sqs")
    url = stack.deployment.physical_ids["DeadLetterQueue"]
    found = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return json.dumps(found.get("Messages", []))
