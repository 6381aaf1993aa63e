"""Conversion of the provider's responses."""

from typing import Any

import pytest
from understudy.adapters.openai.responses import OpenAIResponses
from understudy.domain.base import Json
from understudy.errors import ProviderUnavailableError

WHOLE: Json = {
    "id": "resp_1",
    "status": "completed",
    "model": "gpt-6-luna",
    "service_tier": "flex",
    "output": [
        {"type": "code_interpreter_call", "container_id": "cntr_1"},
        {"type": "code_interpreter_call", "container_id": "cntr_1"},
        {"type": "file_search_call"},
        {"type": "something_new", "kept": True},
    ],
    "usage": {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60},
        "output_tokens": 20,
        "output_tokens_details": None,
    },
    "error": None,
    "incomplete_details": None,
}


class Answering:
    """An SDK client that returns one body for every request."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get(self, path: str, *, cast_to: type) -> Any:
        """Returns the body for any path."""
        return self.answer


def read(answer: Any) -> Any:
    """Returns the response as the adapter converts it."""
    return OpenAIResponses(lambda: Answering(answer)).retrieve_response("resp_1")


def test_response_is_converted_completely() -> None:
    """Unknown items are kept; missing details are zero."""
    result = read(WHOLE)

    assert (result.id, result.status, result.model) == ("resp_1", "completed", "gpt-6-luna")
    assert result.output == WHOLE["output"]
    usage = result.usage
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (100, 60, 20)
    assert (usage.reasoning_tokens, usage.service_tier) == (0, "flex")
    assert (usage.containers, usage.file_searches) == (("cntr_1",), 1)


def test_new_status_is_unknown() -> None:
    """The run is checked again."""
    assert read(WHOLE | {"status": "resting"}).status == "unknown"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "<html>",
        [],
        {},
        {"id": 7},
        *(WHOLE | {name: "text"} for name in ("output", "usage", "error", "incomplete_details")),
        WHOLE | {"output": ["text"]},
    ],
    ids=str,
)
def test_invalid_body_is_a_retryable_error(answer: Any) -> None:
    """A proxy's page or half an object is treated like a failed request."""
    with pytest.raises(ProviderUnavailableError) as raised:
        read(answer)

    assert raised.value.code == "malformed"
