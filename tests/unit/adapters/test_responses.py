"""What the provider answers, read into ours."""

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
    """A client of the SDK that has one answer for everything."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get(self, path: str, *, cast_to: type) -> Any:
        """The answer, for any path."""
        return self.answer


def read(answer: Any) -> Any:
    """The answer as the port gives it on."""
    return OpenAIResponses(lambda: Answering(answer)).retrieve_response("resp_1")


def test_a_response_is_read_whole() -> None:
    """Items that nobody knows are kept, details that are missing are zero."""
    result = read(WHOLE)

    assert (result.id, result.status, result.model) == ("resp_1", "completed", "gpt-6-luna")
    assert result.output == WHOLE["output"]
    usage = result.usage
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (100, 60, 20)
    assert (usage.reasoning_tokens, usage.service_tier) == (0, "flex")
    assert (usage.containers, usage.file_searches) == (("cntr_1",), 1)


def test_a_status_that_is_new_is_unknown() -> None:
    """The machine asks again rather than guess."""
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
def test_what_is_no_response_is_asked_for_again(answer: Any) -> None:
    """A proxy's page or half an object is the same as no answer."""
    with pytest.raises(ProviderUnavailableError) as raised:
        read(answer)

    assert raised.value.code == "malformed"
