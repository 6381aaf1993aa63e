"""The test model: instructions, facts, function calls, JSON and files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.provider.responses.items import normalise_input
from local.provider.test_model.prompt import Prompt
from local.provider.test_model.respond import respond
from tests.local.provider.asking import TEXT, EmptyDesk, answer, calls, function

WEATHER = function("get_weather", "city", city=TEXT)


@pytest.mark.parametrize(
    ("instructions", "question", "expected"),
    [
        ("Reply with exactly PONG", "How are you?", "PONG"),
        ("", "Answer with exactly: token-123", "token-123"),
        ("", "Please reply with exactly 'a b c'", "a b c"),
        ("", "Say 'this is a test'", "this is a test"),
        ("Answer only with numbers.", "Hello", "You said: Hello"),
    ],
)
def test_explicit_instruction_is_obeyed(instructions: str, question: str, expected: str) -> None:
    assert answer(question, instructions=instructions) == expected


@pytest.mark.parametrize(
    ("statements", "question", "expected"),
    [
        (["My name is Ada and I live in Porto."], "What is my name?", "Your name is Ada."),
        (["My name is Ada.", "My name is Bea."], "What is my name?", "Your name is Bea."),
        (["My dog's name is Rex."], "What is my dog's name?", "Your dog's name is Rex."),
        ([], "What is my name?", "You said: What is my name?"),
    ],
)
def test_facts_are_recalled_from_messages_only(
    statements: list[str], question: str, expected: str
) -> None:
    """The newest statement counts; an unknown fact is not invented."""
    assert answer(*statements, question) == expected


def test_fact_is_recalled_from_instructions() -> None:
    instructions = "The code word is plinth."

    assert answer("What is the code word?", instructions=instructions) == "The code word is plinth."


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What's the weather in New York?", [("get_weather", {"city": "New York"})]),
        ("Use get_weather with city: Oslo", [("get_weather", {"city": "Oslo"})]),
        ("Hello!", []),
    ],
)
def test_function_is_called_when_question_has_word_of_its_name(
    question: str, expected: list[tuple[str, Any]]
) -> None:
    assert calls(question, WEATHER) == expected


def test_forced_function_is_called_whatever_the_question() -> None:
    choice = {"type": "function", "name": "get_weather"}

    assert calls("Hello from Lima", WEATHER, tool_choice=choice) == [
        ("get_weather", {"city": "Lima"})
    ]


def test_required_tool_choice_calls_a_function_once() -> None:
    """After the outputs it answers instead of calling again."""
    made = {"type": "function_call", "call_id": "c", "name": "get_weather", "arguments": "{}"}
    given = {"type": "function_call_output", "call_id": "c", "output": "18 degrees"}

    assert calls("Hello", WEATHER, tool_choice="required") == [("get_weather", {"city": "Hello"})]
    assert (
        answer("Hello", made, given, tools=[WEATHER], tool_choice="required")
        == "get_weather returned 18 degrees"
    )


@pytest.mark.parametrize(
    ("properties", "required", "question", "arguments"),
    [
        ({"symbol": TEXT}, ["symbol"], "Act on AAPL?", {"symbol": "AAPL"}),
        (
            {"a": {"type": "number"}, "b": {"type": "number"}},
            ["a", "b"],
            "Act on 5 and 7.5",
            {"a": 5, "b": 7.5},
        ),
        ({"user_id": {"type": "integer"}}, ["user_id"], "Act for user 17", {"user_id": 17}),
        (
            {"to": TEXT, "subject": TEXT},
            ["to", "subject"],
            "Act with b@c.de about 'Lunch'",
            {"to": "b@c.de", "subject": "Lunch"},
        ),
        (
            {"person": TEXT, "day": TEXT, "time": TEXT},
            ["person", "day", "time"],
            "Act with Grace on Friday at 10:00.",
            {"person": "Grace", "day": "Friday", "time": "10:00"},
        ),
        (
            {"state": {"type": "string", "enum": ["on", "off"]}},
            ["state"],
            "Act: off",
            {"state": "off"},
        ),
        (
            {"toppings": {"type": "array", "items": TEXT}},
            ["toppings"],
            "Act with these toppings: ham, olives",
            {"toppings": ["ham", "olives"]},
        ),
        (
            {"order": {"type": "object", "properties": {"size": {"enum": ["small", "large"]}}}},
            [],
            "Act on a large pizza",
            {"order": {"size": "large"}},
        ),
        (
            {"items": {"type": "array", "items": {"enum": ["tea", "milk", "jam"]}}},
            [],
            "Act with milk and tea",
            {"items": ["tea", "milk"]},
        ),
        (
            {"lines": {"type": "array", "items": {"type": "object", "properties": {
                "count": {"type": "integer"}}, "required": ["count"]}}},
            ["lines"],
            "Act on 3 and 4",
            {"lines": [{"count": 3}, {"count": 4}]},
        ),
        ({"unit": {"enum": ["c", "f"]}, "note": TEXT}, [], "act now", {}),
        ({"day": {"type": "string", "format": "date"}}, ["day"], "Act on 2026-11-28",
         {"day": "2026-11-28"}),
        ({"city": {"anyOf": [{"type": "null"}, TEXT]}}, ["city"], "Act in Rome", {"city": "Rome"}),
        ({"notify": {"type": "boolean"}}, ["notify"], "Act, do not notify", {"notify": False}),
        ({"kind": {"const": "x"}, "level": {"type": "integer", "maximum": 5}}, ["kind", "level"],
         "Act with level 9", {"kind": "x", "level": 5}),
    ],
)  # fmt: skip
def test_arguments_fit_their_schema(
    properties: dict[str, Any], required: list[str], question: str, arguments: dict[str, Any]
) -> None:
    """Names, enum values and types decide what is taken; optional parameters need a match."""
    assert calls(question, function("act", *required, **properties)) == [("act", arguments)]


def test_references_of_a_schema_are_followed() -> None:
    tool = function("act", "size", size={"$ref": "#/$defs/Size"})
    tool["parameters"]["$defs"] = {"Size": {"enum": ["small", "large"]}}

    assert calls("Act with large", tool) == [("act", {"size": "large"})]


def test_json_schema_shapes_the_answer() -> None:
    schema = {
        "type": "object",
        "properties": {
            "day": {"enum": ["Thursday", "Friday"]},
            "people": {"type": "array", "items": TEXT},
        },
        "required": ["day", "people"],
    }

    text = answer(
        "Extract: Alice and Bob meet on Friday. people: Alice, Bob",
        text_format={"type": "json_schema", "name": "event", "schema": schema},
    )

    assert json.loads(text) == {"day": "Friday", "people": ["Alice", "Bob"]}


def test_json_object_is_an_object() -> None:
    assert json.loads(answer("Hello", text_format={"type": "json_object"})) == {
        "answer": "You said: Hello"
    }


def test_unreadable_document_is_reported() -> None:
    assert answer("What is in it?", desk=EmptyDesk(a_pdf=b"%PDF-1.4")) == "I cannot read a.pdf."


def test_code_interpreter_reports_a_file_that_it_cannot_read() -> None:
    prompt = Prompt("", normalise_input("Draw a chart."), tools=[{"type": "code_interpreter"}])

    call, message = respond(prompt, EmptyDesk(a_xlsx=b"PK"))

    assert call["type"] == "code_interpreter_call"
    assert message["content"][0]["text"] == "I cannot read a.xlsx."
