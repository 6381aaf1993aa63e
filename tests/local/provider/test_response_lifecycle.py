"""The life of a response over the wire: statuses, cancel, delete, with the real SDK."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from local.provider.brain.words import word_set
from local.provider.control.client import ControlClient
from tests.local.provider.turns import MODEL, start

FIELDS = """
id object created_at completed_at status background error incomplete_details
instructions metadata model output parallel_tool_calls previous_response_id
conversation max_output_tokens max_tool_calls reasoning safety_identifier
prompt_cache_key service_tier store temperature text tool_choice tools tool_usage
top_p truncation usage user
"""


def test_a_background_response_is_queued_then_in_progress_then_completed(
    client: OpenAI, control: ControlClient
) -> None:
    """Every status of a response that goes well is seen, in order."""
    control.hold()

    created = start(client)
    control.wait_for_parked(1, "queued")
    queued = client.responses.retrieve(created.id)
    control.release("queued", created.id)
    control.wait_for_parked(1, "in_progress")
    working = client.responses.retrieve(created.id)
    control.release()
    control.wait_for_response(created.id, "completed")
    ended = client.responses.retrieve(created.id)

    assert [created.status, queued.status, working.status] == ["queued", "queued", "in_progress"]
    assert working.usage is None
    assert ended.status == "completed"
    assert ended.usage is not None
    assert ended.usage.total_tokens == ended.usage.input_tokens + ended.usage.output_tokens
    assert ended.output_text == "Hello! How can I help you?"


def test_every_field_of_a_response_is_there(client: OpenAI) -> None:
    """The object carries every key that the API documents, null or not."""
    raw = client.responses.with_raw_response.create(model=MODEL, input="Hello")

    assert set(json.loads(raw.text)) >= word_set(FIELDS)
    assert raw.headers["x-request-id"].startswith("req_")


def test_cancelling_ends_a_response_that_works(client: OpenAI, control: ControlClient) -> None:
    """A cancel leaves no output, can be repeated, and is not overtaken by the end of the work."""
    control.hold("in_progress")
    created = start(client)
    control.wait_for_parked(1, "in_progress")

    cancelled = client.responses.cancel(created.id)
    again = client.responses.cancel(created.id)
    control.release()

    assert (cancelled.status, again.status) == ("cancelled", "cancelled")
    after = client.responses.retrieve(created.id)
    assert (after.status, after.output) == ("cancelled", [])


def test_a_long_task_can_be_cancelled_while_it_works(
    client: OpenAI, control: ControlClient
) -> None:
    """A long report takes so long that there is time to stop it."""
    created = start(client, "Write a long report on the harbour")
    control.wait_for_response(created.id, "in_progress")

    assert client.responses.cancel(created.id).status == "cancelled"


@pytest.mark.parametrize("ended", ["completed", "failed"])
def test_what_has_ended_cannot_be_cancelled(
    client: OpenAI, control: ControlClient, ended: Any
) -> None:
    """A late cancel gets the API's 400."""
    control.script_answer(status=ended)
    created = start(client)
    control.wait_for_response(created.id, ended)

    with pytest.raises(openai.BadRequestError, match=f"Cannot cancel a {ended} response."):
        client.responses.cancel(created.id)


def test_a_synchronous_response_cannot_be_cancelled(client: OpenAI) -> None:
    """Only background responses can."""
    created = client.responses.create(model=MODEL, input="Hello")

    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(created.id)


def test_a_deleted_response_is_gone(client: OpenAI) -> None:
    """After a delete there is a 404 with the API's text."""
    created = client.responses.create(model=MODEL, input="Hello")
    client.responses.delete(created.id)

    with pytest.raises(openai.NotFoundError, match=f"Response with id '{created.id}' not found."):
        client.responses.retrieve(created.id)


def test_input_items_are_listed_in_pages(client: OpenAI) -> None:
    """What the model read can be paged through."""
    history: list[Any] = [{"role": "user", "content": f"Message {n}"} for n in range(5)]
    created = client.responses.create(model=MODEL, input=history)

    listed = client.responses.input_items.list(created.id, limit=2, order="asc")

    texts = [item.model_dump()["content"][0]["text"] for item in listed]
    assert texts == [f"Message {n}" for n in range(5)]
