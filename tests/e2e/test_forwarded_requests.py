"""One client for everything: requests that are forwarded to the provider."""

import io

import httpx2
import openai
import pytest
from understudy.adapters.dynamodb.budgets import Budgets
from understudy.domain.budgets import Limits

from local.provider.control import ControlClient
from local.stack import Stack

HELLO = [{"role": "user", "content": "Say hello"}]


@pytest.fixture
def tenant(stack: Stack, user: str) -> str:
    """A tenant that belongs to this test only; its key is `us-` and its name."""
    stack.add_key(f"us-{user}", user, limits=Limits(tenant_day_usd=1.0))
    return user


@pytest.fixture
def own(stack: Stack, tenant: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=stack.base_url, api_key=f"us-{tenant}", max_retries=0)


def used(stack: Stack, tenant: str) -> dict[str, dict[str, int]]:
    """The tenant's usage by endpoint."""
    answer = httpx2.get(
        f"{stack.base_url}/usage?group_by=assistant",
        headers={"authorization": f"Bearer us-{tenant}"},
    )
    return {row["assistant"]: row for row in answer.json()["data"]}


def spent(stack: Stack, tenant: str) -> int:
    [counter] = Limits(tenant_day_usd=1.0).counters(None, stack.table().now())
    return Budgets(stack.table()).spent(tenant, [counter.name])[counter.name]


def test_chat_completions_whole_and_streamed(stack: Stack, own: openai.OpenAI, tenant: str) -> None:
    """Both are counted once, with the cost in the budget."""
    whole = own.chat.completions.create(model="gpt-4o", messages=HELLO)  # type: ignore[arg-type]
    chunks = list(
        own.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)  # type: ignore[arg-type]
    )

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.choices[0].message.content == "hello"
    assert all(chunk.usage is None for chunk in chunks)
    row = used(stack, tenant)["/chat/completions"]
    assert row["runs"] == 2
    assert whole.usage
    assert row["total_tokens"] == 2 * whole.usage.total_tokens
    assert spent(stack, tenant) == round(row["cost_usd"] * 1_000_000_000) > 0


def test_responses_belong_to_their_tenant(
    stack: Stack, own: openai.OpenAI, client: openai.OpenAI
) -> None:
    """Only the tenant that created a response can read, continue and delete it."""
    made = own.responses.create(model="gpt-4o", input="My name is Ada.")

    own.responses.create(model="gpt-4o", input="again", previous_response_id=made.id)
    assert own.responses.retrieve(made.id).id == made.id
    assert list(own.responses.input_items.list(made.id))
    for attempt in (
        lambda: client.responses.retrieve(made.id),
        lambda: client.responses.delete(made.id),
        lambda: client.responses.create(
            model="gpt-4o", input="What is my name?", previous_response_id=made.id
        ),
    ):
        with pytest.raises(openai.NotFoundError, match="not found"):
            attempt()
    own.responses.delete(made.id)


def test_response_of_a_run_is_not_found(control: ControlClient, client: openai.OpenAI) -> None:
    """Responses of runs are reached through threads only."""
    run = client.beta.threads.create_and_run_poll(
        assistant_id=client.beta.assistants.create(model="gpt-4o").id,
        thread={"messages": [{"role": "user", "content": "hi"}]},
    )
    assert run.status == "completed"
    response_id = control.events(kind="response", action="created")[-1]["id"]

    with pytest.raises(openai.NotFoundError, match="not found"):
        client.responses.retrieve(response_id)


def test_streamed_response_is_recorded_before_its_end(own: openai.OpenAI) -> None:
    with own.responses.stream(model="gpt-4o", input="hi") as events:
        first = next(iter(events))
        assert own.responses.retrieve(first.response.id).id == first.response.id  # type: ignore[union-attr]


def test_embeddings_moderations_images_and_audio(
    stack: Stack, own: openai.OpenAI, tenant: str
) -> None:
    """JSON, forms and binary bodies pass through unchanged."""
    sound = own.audio.speech.create(model="tts-1", voice="alloy", input="two words").read()
    said = own.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("a.wav", io.BytesIO(sound))
    )
    drawn = own.images.generate(model="gpt-image-1", prompt="a square")
    edited = own.images.edit(model="gpt-image-1", image=io.BytesIO(b"\x89PNG"), prompt="x")
    vectors = own.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    checked = own.moderations.create(input="some violence")

    assert sound.startswith(b"RIFF")
    assert said.text == f"a sound of {len(sound)} bytes"
    assert drawn.data
    assert edited.data
    assert len(vectors.data) == 2
    assert checked.results[0].flagged
    paths = {
        "/audio/speech", "/audio/transcriptions", "/images/generations", "/images/edits",
        "/embeddings", "/moderations",
    }  # fmt: skip
    assert used(stack, tenant).keys() == paths
    assert used(stack, tenant)["/moderations"]["cost_usd"] == 0


def test_key_without_permission_is_refused(stack: Stack, user: str) -> None:
    stack.add_key(f"us-{user}", user, forwards=["embeddings"])
    limited = openai.OpenAI(base_url=stack.base_url, api_key=f"us-{user}", max_retries=0)

    assert limited.embeddings.create(model="text-embedding-3-small", input="x").data
    with pytest.raises(openai.PermissionDeniedError, match="may not use 'chat'"):
        limited.chat.completions.create(model="gpt-4o", messages=HELLO)  # type: ignore[arg-type]


def test_used_up_budget_and_refusal_leave_no_hold(stack: Stack, user: str) -> None:
    """A refused request gives its hold back; a used up budget refuses the next one."""
    stack.add_key(f"us-{user}", user, limits=Limits(tenant_day_usd=1.0))
    own = openai.OpenAI(base_url=stack.base_url, api_key=f"us-{user}", max_retries=0)

    with pytest.raises(openai.BadRequestError):
        own.chat.completions.create(model="no-such-model", messages=HELLO)  # type: ignore[arg-type]
    assert spent(stack, user) == 0
    [counter] = Limits(tenant_day_usd=1.0).counters(None, stack.table().now())
    Budgets(stack.table()).add(user, [counter.name], 1_000_000_000)
    with pytest.raises(openai.RateLimitError, match="budget"):
        own.chat.completions.create(model="gpt-4o", messages=HELLO)  # type: ignore[arg-type]


def test_endpoint_that_the_provider_lacks_is_named(stack: Stack, own: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="no endpoint '/completions'"):
        own.completions.create(model="gpt-3.5-turbo-instruct", prompt="x")


def test_other_methods_are_rejected(stack: Stack, tenant: str) -> None:
    answer = httpx2.get(
        f"{stack.base_url}/embeddings", headers={"authorization": f"Bearer us-{tenant}"}
    )

    assert answer.status_code == 405


def test_rate_of_a_key_counts_forwarded_requests(stack: Stack, user: str) -> None:
    stack.add_key(f"us-{user}", user, limits=Limits(requests_per_minute=2))
    limited = openai.OpenAI(base_url=stack.base_url, api_key=f"us-{user}", max_retries=0)

    def ask_until_limited() -> None:
        for _ in range(5):  # a minute may end in between
            limited.embeddings.create(model="text-embedding-3-small", input="x")

    with pytest.raises(openai.RateLimitError):
        ask_until_limited()
