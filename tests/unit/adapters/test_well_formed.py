"""Lone surrogates in what a model wrote."""

import json
from types import SimpleNamespace as Object
from typing import Any

import pytest
from understudy.adapters.openai.chat import read_completion
from understudy.adapters.openai.responses import OpenAIResponses
from understudy.adapters.openai.well_formed import well_formed


class Source:
    """An SDK client that returns one body for every request, parsed as the SDK does."""

    def __init__(self, text: str) -> None:
        self._body = json.loads(text)

    def get(self, *_: Any, **__: Any) -> Any:
        return self._body


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (r"hi \ud83c", "hi \ufffd"),
        (r"\udf89 hi", "\ufffd hi"),
        (r"\ud83c\ud83c", "\ufffd\ufffd"),
        (r"\ud83c\udf89", "\U0001f389"),
        ("plain", "plain"),
    ],
)
def test_lone_surrogates_in_a_response_are_replaced(written: str, kept: str) -> None:
    """In text, refusals, annotations and logs; complete pairs stay."""
    text = (
        '{"id": "resp_1", "status": "completed", "model": "m", "output": [{"type": "message", '
        f'"content": [{{"type": "output_text", "text": "{written}"}}]}}], '
        f'"error": {{"code": "x", "message": "{written}"}}}}'
    )

    result = OpenAIResponses(lambda: Source(text)).retrieve_response("resp_1")

    assert result.output[0]["content"][0]["text"] == kept
    assert result.error_message == kept


def test_escaped_surrogates_in_arguments_are_replaced() -> None:
    """Arguments are JSON in a string, where a half of a pair is escaped."""
    call = {"type": "function_call", "arguments": r'{"q": "a\ud83c", "ok": "\ud83c\udf89"}'}

    [repaired] = well_formed([call])

    assert json.loads(repaired["arguments"]) == {"q": "a\ufffd", "ok": "\U0001f389"}


@pytest.mark.parametrize("arguments", [r'{"q": "\ud83c', r"\\ud83c", r'{"q": "\\ud83c"}', "{}"])
def test_invalid_json_arguments_are_unchanged(arguments: str) -> None:
    """The tool rejects broken JSON, and an escaped backslash is not an escape."""
    call = {"arguments": arguments}

    assert well_formed(call) == call


def test_value_without_surrogates_is_not_copied() -> None:
    """The usual response is returned itself."""
    value = {"a": [{"b": "é"}]}

    assert well_formed(value) is value


def test_lone_surrogates_in_a_chat_completion_are_replaced() -> None:
    function = Object(name="f\udc00", arguments='{"a": "\ud83c"}')
    call = Object(id="call_1", function=function)
    message = Object(content="hi \ud83c", tool_calls=[call], refusal=None)
    choice = Object(finish_reason="stop", message=message)
    completion = Object(id="c", model="m", choices=[choice], usage=None)

    output = read_completion(completion).output

    assert output[0]["content"][0]["text"] == "hi \ufffd"
    assert (output[1]["name"], output[1]["arguments"]) == ("f\ufffd", '{"a": "\ufffd"}')
