"""Runs and messages of a busy thread with the official SDK, by the four strategies."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.beta.threads import Run
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write
from understudy.domain.budgets import Limits
from understudy.domain.run_queue import MAX_QUEUED, MultitaskStrategy

from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.conversations import ended
from tests.limits import WAIT_SECONDS
from tests.statemachine.runs import CLIENT, MEETING_CALL

TENANT = "tenant-with-a-queue"
LARGE = "x" * 150_000
"""Bodies of this size are stored in the bucket."""

ENQUEUE = {"multitask_strategy": "enqueue"}


@pytest.fixture
def queueing(stack: Stack) -> Iterator[OpenAI]:
    """Returns a client whose key queues runs by default, and has limits."""
    limits = Limits(tenant_month_usd=100, runs_per_minute=1000)
    key = "us-test-key-that-queues"
    stack.add_key(key, TENANT, limits=limits, multitask_strategy=MultitaskStrategy.ENQUEUE)
    with OpenAI(base_url=stack.base_url, api_key=key, max_retries=0) as client:
        yield client


@pytest.fixture(autouse=True)
def settled(stack: Stack) -> Iterator[None]:
    """Waits after each test until the ends of its runs are recorded."""
    yield
    stack.events.drain(WAIT_SECONDS)


class Chat:
    """A thread and its assistant, used as an application uses them."""

    def __init__(self, client: OpenAI, **assistant: Any) -> None:
        self.client = client
        known = {"model": "gpt-6-luna", "instructions": "Be brief."}
        self.assistant_id = client.beta.assistants.create(**known | assistant).id
        self.id = client.beta.threads.create().id

    def say(self, text: str, **options: Any) -> None:
        self.client.beta.threads.messages.create(self.id, role="user", content=text, **options)

    def run(self, strategy: str | None = None, **fields: Any) -> Run:
        options = {"extra_body": {"multitask_strategy": strategy}} if strategy else {}
        return self.client.beta.threads.runs.create(
            self.id, assistant_id=self.assistant_id, **options, **fields
        )

    def now(self, run: Run) -> Run:
        return self.client.beta.threads.runs.retrieve(run.id, thread_id=self.id)

    def messages(self) -> list[Any]:
        """The messages, oldest first."""
        return self.client.beta.threads.messages.list(self.id, order="asc").data

    def texts(self) -> list[str]:
        return [message.content[0].text.value for message in self.messages()]


def sent(control: ControlClient, run: Run) -> list[str]:
    """The texts that the model received in the first request of a run, oldest first."""
    posted = control.requests(method="POST", path="/v1/responses")
    requests = [json.loads(each["body"]) for each in posted if each["path"] == "/v1/responses"]
    [body] = [each for each in requests if each["metadata"]["run_id"] == run.id]
    return [item["content"][0]["text"] for item in body["input"]]


def test_unmodified_code_may_send_while_a_run_is_active(
    queueing: OpenAI, control: ControlClient
) -> None:
    """With a key that queues: the second run starts after the first, and has its own message."""
    control.hold("in_progress")
    control.script_answer(text="First answer.")
    control.script_answer(text="Second answer.")
    chat = Chat(queueing)
    chat.say("First question.")
    first = chat.run()
    control.wait_for_parked(1, "in_progress")

    chat.say("Second question.")
    second = chat.run()
    chat.say("Third question.")
    assert (chat.now(second).status, chat.now(second).expires_at) == ("queued", None)
    control.release()

    assert (ended(queueing, first).status, ended(queueing, second).status) == ("completed",) * 2
    assert sent(control, first) == ["First question."]
    assert sent(control, second) == ["First question.", "First answer.", "Second question."]
    assert chat.texts() == [
        "First question.", "First answer.", "Second question.", "Second answer.", "Third question.",
    ]  # fmt: skip


def test_strategy_of_one_request_is_sent_in_extra_body(
    client: OpenAI, control: ControlClient
) -> None:
    """Without it the thread refuses a second run and a message, with OpenAI's texts."""
    control.hold("in_progress")
    chat = Chat(client)
    first = chat.run()

    with pytest.raises(openai.BadRequestError, match="already has an active run"):
        chat.run()
    with pytest.raises(openai.BadRequestError, match="Can't add messages to"):
        chat.say("Hello")
    chat.say("Hello", extra_body=ENQUEUE)
    second = chat.run("enqueue")
    control.release()

    assert ended(client, first).status == ended(client, second).status == "completed"


def test_interrupted_text_stays_as_an_incomplete_message(
    client: OpenAI, control: ControlClient
) -> None:
    """And the model receives it with the next message."""
    control.script_answer(never_ends=True, written="Once upon a time")
    chat = Chat(client)
    chat.say("Tell me a story.")
    first = chat.run()
    wait_until(lambda: chat.now(first), lambda run: run.status == "in_progress")

    second = chat.run(
        "interrupt", additional_messages=[{"role": "user", "content": "A short one."}]
    )

    assert ended(client, second).status == "completed"
    assert chat.now(first).status == "cancelled"
    story = chat.messages()[1]
    assert (story.content[0].text.value, story.run_id) == ("Once upon a time", first.id)
    assert (story.status, story.incomplete_details.reason) == ("incomplete", "run_cancelled")
    assert sent(control, second) == ["Tell me a story.", "Once upon a time", "A short one."]
    [step] = client.beta.threads.runs.steps.list(first.id, thread_id=chat.id).data
    assert (step.status, step.type) == ("cancelled", "message_creation")


def test_text_before_an_interrupted_call_stays(client: OpenAI, control: ControlClient) -> None:
    """The model had finished it; the call is closed."""
    control.script_answer(text="I am going to book it.", calls=[MEETING_CALL])
    control.script_answer(text="Never mind.")
    chat = Chat(client, tools=CLIENT)
    chat.say("Book a meeting.")
    first = ended(client, chat.run())
    assert first.status == "requires_action"

    second = chat.run("interrupt")

    assert ended(client, second).status == "completed"
    assert chat.texts()[:2] == ["Book a meeting.", "I am going to book it."]
    assert chat.messages()[1].status == "completed"
    assert first.required_action is not None
    [call] = first.required_action.submit_tool_outputs.tool_calls
    with pytest.raises(openai.BadRequestError, match='"cancelled" do not accept'):
        client.beta.threads.runs.submit_tool_outputs(
            first.id,
            thread_id=chat.id,
            tool_outputs=[{"tool_call_id": call.id, "output": "booked"}],
        )


def sweep(stack: Stack, chat: Chat, run: Run) -> None:
    """Makes the run due for the sweep, and lets the sweep run."""
    key = keys.run(TENANT, chat.id, run.id)
    stack.table().write(Write(key=key, assign={"sweep_at": 1}))
    stack.aws.invoke("SweepRunsFunction", b"{}")


@pytest.mark.parametrize("started_by", ["record_runs", "sweep_runs"])
def test_rolled_back_run_is_deleted_with_everything_it_wrote(
    queueing: OpenAI,
    control: ControlClient,
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
    started_by: str,
) -> None:
    """Its messages, steps and calls, here and at the provider. The sweep does it if need be."""
    large = {**MEETING_CALL, "arguments": {"person": LARGE}}
    control.script_answer(text="I am going to book it.", calls=[large])
    control.script_answer(text="Never mind.")
    chat = Chat(queueing, tools=CLIENT, instructions=LARGE)
    chat.say("Kept.")
    first = chat.run(additional_messages=[{"role": "user", "content": "Taken back."}])
    assert ended(queueing, first).status == "requires_action"
    if started_by == "sweep_runs":
        monkeypatch.setattr(stack.aws, "on_stream_record", lambda *_: None)

    second = chat.run("rollback", additional_messages=[{"role": "user", "content": "New."}])
    if started_by == "sweep_runs":
        key = keys.run(TENANT, chat.id, first.id)
        wait_until(lambda: stack.table().get(key), lambda item: item["run_status"] == "cancelled")
        sweep(stack, chat, second)

    assert ended(queueing, second).status == "completed"
    assert sent(control, second) == ["Kept.", "New."]
    assert "Taken back." not in chat.texts()
    assert [run.id for run in queueing.beta.threads.runs.list(chat.id)] == [second.id]
    with pytest.raises(openai.NotFoundError):
        chat.now(first)
    assert not list(stack.table().query(keys.tool_calls_of(TENANT, first.id)))
    partition = keys.thread_partition(TENANT, chat.id)
    assert not list(stack.table().query(partition, prefix=keys.steps_of(first.id)))
    assert len(control.live()["response"]) == 1
    bucket = stack.deployment.outputs["BucketName"]
    prefix = f"bodies/toolcalls/{TENANT}/{first.id}/"
    assert "Contents" not in stack.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)


def wait_until(read: Callable[[], Any], holds: Callable[[Any], bool]) -> None:
    """Reads until the condition holds; the test's own time limit ends it otherwise."""
    while not holds(read()):
        pass


def test_full_queue_is_a_rate_limit_error(client: OpenAI, control: ControlClient) -> None:
    """Queued runs can be cancelled, and end with their thread."""
    control.hold("in_progress")
    chat = Chat(client)
    runs = [chat.run("enqueue") for _ in range(1 + MAX_QUEUED)]

    with pytest.raises(openai.RateLimitError) as refused:
        chat.run("enqueue")
    assert refused.value.code == "run_queue_full"
    cancelled = client.beta.threads.runs.cancel(runs[5].id, thread_id=chat.id)
    assert cancelled.status == "cancelled"
    assert chat.run("enqueue").status == "queued"

    assert client.beta.threads.delete(chat.id).deleted
    control.release()


def test_interrupt_replaces_queued_runs(client: OpenAI, control: ControlClient) -> None:
    """Of several quick messages only the last one is answered."""
    control.hold("in_progress")
    chat = Chat(client)
    runs = [
        chat.run("interrupt", additional_messages=[{"role": "user", "content": text}])
        for text in ("One", "Two", "Three")
    ]
    control.release()

    statuses = [ended(client, run).status for run in runs]
    assert statuses == ["cancelled", "cancelled", "completed"]
    assert sent(control, runs[2]) == ["One", "Two", "Three"]
