"""What a forwarded request may contain, and how its usage is read."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from forward_request.requests import prepared
from forward_request.usage import UsageReader
from understudy.errors import InvalidRequestError

USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 2}}


def event(**chunk: Any) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def cut(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"content": [{"type": "file", "file": {"file_id": "file-1"}}]}]},
        {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]},
        {"tools": [{"type": "code_interpreter", "container": "cntr_1"}]},
        {"tools": [{"type": "code_interpreter", "container": {"file_ids": ["file-1"]}}]},
        {"input": [{"type": "item_reference", "id": "rs_1"}]},
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]},
        {"input": [{"type": "image_generation_call", "id": "ig_1"}]},
        {"conversation": {"id": "conv_1"}},
        {"prompt": {"id": "pmpt_1"}},
        {"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]},
        {"background": True},
    ],
)
def test_objects_at_the_provider_are_rejected(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="is not supported in forwarded requests"):
        prepared("/responses", body, {})


@pytest.mark.parametrize(
    "body",
    [
        {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]},
        {"tools": [{"type": "function", "parameters": {"properties": {"file_id": {}}}}]},
        {"text": {"format": {"schema": {"properties": {"container": {"type": "string"}}}}}},
        {"metadata": {"file_id": "mine"}, "background": False},
        {"input": [{"type": "reasoning", "id": "rs_1", "encrypted_content": "x"}]},
        {"prompt": "a square", "audio": {"voice": "alloy", "format": "mp3"}},
        {"tools": [{"type": "code_interpreter", "container": 5}]},  # the provider rejects it
    ],
)
def test_schemas_and_metadata_may_use_any_name(body: dict[str, Any]) -> None:
    assert prepared("/responses", body, {}).json == body


def test_model_alias_and_user() -> None:
    ready = prepared("/embeddings", {"model": "old", "user": "ada"}, {"old": "new"})

    assert ready.json == {"model": "new", "user": "ada"}
    assert (ready.model, ready.user_id, ready.is_stored) == ("new", "ada", False)


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_usage_of_a_streamed_completion(asked: bool, size: int) -> None:
    """The event with the usage reaches only clients that asked for it."""
    body = (
        {"stream": True, "stream_options": {"include_usage": True}} if asked else {"stream": True}
    )
    ready = prepared("/chat/completions", body, {})
    assert ready.json
    assert ready.json["stream_options"] == {"include_usage": True}
    text = event(id="1", choices=[{"index": 0}])
    usage = event(id="1", model="gpt-4o", choices=[], usage=USAGE)
    end = b"data: [DONE]\n\n"
    reader = UsageReader("/chat/completions", "gpt-4o")

    passed = b"".join(reader.events(cut(text + usage + end, size), hide_usage=ready.adds_usage))

    assert passed == (text + usage + end if asked else text + end)
    assert reader.found
    assert (reader.found.input_tokens, reader.found.cached_tokens) == (3, 2)
    assert reader.found.output_tokens == 5


def test_usage_of_a_streamed_response() -> None:
    """The first event names the response, the last one has the usage."""
    used = {"input_tokens": 4, "output_tokens": 6, "output_tokens_details": {"reasoning_tokens": 1}}
    created = event(type="response.created", response={"id": "resp_1", "usage": None})
    done = event(type="response.completed", response={"id": "resp_1", "model": "m", "usage": used})
    reader = UsageReader("/responses", "m")
    lines = reader.events(iter([created, done]), hide_usage=False)

    next(lines)
    assert reader.response_id == "resp_1"
    assert b"".join(lines).endswith(done)
    assert reader.found
    assert reader.found.reasoning_tokens == 1
    assert (reader.found.input_tokens, reader.found.output_tokens) == (4, 6)
