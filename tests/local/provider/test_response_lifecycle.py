"""The life of a response over HTTP: statuses, cancel, delete."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from local.provider.test_model.words import word_set
from tests.local.provider.turns import MODEL, start

FIELDS = """
id object created_at completed_at status background error incomplete_details
instructions metadata model output parallel_tool_calls previous_response_id
conversation max_output_tokens max_tool_calls reasoning safety_identifier
prompt_cache_key service_tier store temperature text tool_choice tools top_p truncation usage user
"""


def test_background_response_is_queued_then_in_progress_then_completed(
    client: OpenAI, control: ControlClient
) -> None:
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
    assert ended.output_text == "You said: Hello"


def test_response_object_has_every_documented_field(client: OpenAI) -> None:
    """Null or not."""
    raw = client.responses.with_raw_response.create(model=MODEL, input="Hello")

    assert set(json.loads(raw.text)) >= word_set(FIELDS)
    assert raw.headers["x-request-id"].startswith("req_")


def test_cancel_ends_a_response_in_progress(client: OpenAI, control: ControlClient) -> None:
    """A cancel leaves no output and is idempotent; the end of the work does not override it."""
    control.hold("in_progress")
    created = start(client)
    control.wait_for_parked(1, "in_progress")

    cancelled = client.responses.cancel(created.id)
    again = client.responses.cancel(created.id)
    control.release()

    assert (cancelled.status, again.status) == ("cancelled", "cancelled")
    after = client.responses.retrieve(created.id)
    assert (after.status, after.output) == ("cancelled", [])


@pytest.mark.parametrize("ended", ["completed", "failed"])
def test_ended_response_cannot_be_cancelled(
    client: OpenAI, control: ControlClient, ended: Any
) -> None:
    control.script_answer(status=ended)
    created = start(client)
    control.wait_for_response(created.id, ended)

    with pytest.raises(openai.BadRequestError, match=f"Cannot cancel a {ended} response."):
        client.responses.cancel(created.id)


def test_synchronous_response_cannot_be_cancelled(client: OpenAI) -> None:
    created = client.responses.create(model=MODEL, input="Hello")

    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(created.id)


def test_deleted_response_is_not_found(client: OpenAI) -> None:
    created = client.responses.create(model=MODEL, input="Hello")
    client.responses.delete(created.id)

    with pytest.raises(openai.NotFoundError, match=f"Response with id '{created.id}' not found."):
        client.responses.retrieve(created.id)
