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
def test_a_response_is_repaired_where_it_arrives(written: str, kept: str) -> None:
    """Text, refusals, annotations and logs alike; whole pairs stay."""
    text = (
        '{"id": "resp_1", "status": "completed", "model": "m", "output": [{"type": "message", '
        f'"content": [{{"type": "output_text", "text": "{written}"}}]}}], '
        f'"error": {{"code": "x", "message": "{written}"}}}}'
    )

    result = OpenAIResponses(lambda: Source(text)).retrieve_response("resp_1")

    assert result.output[0]["content"][0]["text"] == kept
    assert result.error_message == kept


def test_arguments_are_repaired_inside_their_string() -> None:
    """They are JSON of their own, in which a half is escaped."""
    call = {"type": "function_call", "arguments": r'{"q": "a\ud83c", "ok": "\ud83c\udf89"}'}

    [repaired] = well_formed([call])

    assert json.loads(repaired["arguments"]) == {"q": "a\ufffd", "ok": "\U0001f389"}


@pytest.mark.parametrize("arguments", [r'{"q": "\ud83c', r"\\ud83c", r'{"q": "\\ud83c"}', "{}"])
def test_other_arguments_stay_as_they_are(arguments: str) -> None:
    """Broken JSON is the tool's to reject, and an escaped backslash is not an escape."""
    call = {"arguments": arguments}

    assert well_formed(call) == call


def test_a_sound_value_is_returned_itself() -> None:
    """Nothing is copied for the usual response."""
    value = {"a": [{"b": "é"}]}

    assert well_formed(value) is value


def test_a_chat_completion_is_repaired_too() -> None:
    function = Object(name="f\udc00", arguments='{"a": "\ud83c"}')
    call = Object(id="call_1", function=function)
    message = Object(content="hi \ud83c", tool_calls=[call], refusal=None)
    choice = Object(finish_reason="stop", message=message)
    completion = Object(id="c", model="m", choices=[choice], usage=None)

    output = read_completion(completion).output

    assert output[0]["content"][0]["text"] == "hi \ufffd"
    assert (output[1]["name"], output[1]["arguments"]) == ("f\ufffd", '{"a": "\ufffd"}')
