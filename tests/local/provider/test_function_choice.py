"""Which function the model calls, with what, and what it makes of the output."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.provider.brain.database import listed_tables
from tests.local.provider.thinking import MEETING, TEXT, WEATHER, answer, calls, function


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Book a meeting with Grace on Friday at 10",
            [("book_meeting", {"attendee": "Grace", "day": "Friday", "time": "10"})],
        ),
        (
            "What's the weather in Paris and Rome?",
            [("get_weather", {"location": "Paris"}), ("get_weather", {"location": "Rome"})],
        ),
        (
            "Will I need an umbrella? How hot is it in New York?",
            [("get_weather", {"location": "New York"})],
        ),
        ("Hello!", []),
        ("What is my name?", []),
    ],
)
def test_a_function_is_called_for_what_it_is_for(
    question: str, expected: list[tuple[str, Any]]
) -> None:
    """The function is chosen and its arguments are filled from the question; else it is left."""
    assert calls(question, WEATHER, MEETING) == expected


@pytest.mark.parametrize(
    ("tool", "question", "arguments"),
    [
        (function("get_stock_price", symbol=TEXT), "Stock price of AAPL?", {"symbol": "AAPL"}),
        (
            function("add_numbers", a={"type": "number"}, b={"type": "number"}),
            "Add 5 and 7",
            {"a": 5.0, "b": 7.0},
        ),
        (
            function("lookup_user", user_id={"type": "integer"}),
            "Use lookup_user for user 17",
            {"user_id": 17},
        ),
        (
            function("send_email", to=TEXT, subject=TEXT),
            "Send an email to b@c.de about 'Lunch'",
            {"to": "b@c.de", "subject": "Lunch"},
        ),
        (
            function("set_light", state={"type": "string", "enum": ["on", "off"]}),
            "Set the light off",
            {"state": "off"},
        ),
        (
            function("order_pizza", toppings={"type": "array", "items": TEXT}),
            "Order pizza with these toppings: ham, olives",
            {"toppings": ["ham", "olives"]},
        ),
    ],
)
def test_arguments_fit_their_parameters(
    tool: dict[str, Any], question: str, arguments: dict[str, Any]
) -> None:
    """Names and types of parameters decide what is taken from the question."""
    assert calls(question, tool) == [(tool["name"], arguments)]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"temperature": 18, "sky": "clear"}', "Oslo: temperature 18, sky clear."),
        ("18 degrees", "Oslo: 18 degrees."),
        (
            '{"error": "station closed"}',
            "I could not get a result from get_weather for Oslo: station closed.",
        ),
    ],
)
def test_the_answer_is_made_of_the_tools_output(output: str, expected: str) -> None:
    """Values are quoted as they came, an error is reported as one."""
    arguments = '{"location": "Oslo"}'
    made = {"type": "function_call", "call_id": "c", "name": "get_weather", "arguments": arguments}
    given = {"type": "function_call_output", "call_id": "c", "output": output}

    text = answer("What is the weather in Oslo?", made, given, tools=[WEATHER])

    assert text == expected


def test_a_command_goes_to_its_function_though_a_database_is_there() -> None:
    """ "Send the sales report" is for `send_report`, not a question about sales."""
    tools = [
        function("get_table_schema", "Describe a table. Tables: sales, products", table=TEXT),
        function("query_database", "Run SQL", sql=TEXT),
        function("send_report", "Send a report to a person", recipient=TEXT),
    ]

    assert calls("Send the sales report to Grace", *tools) == [
        ("send_report", {"recipient": "Grace"})
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Tables: sales, customers, products.", ["sales", "customers", "products"]),
        ("The allowed tables are `sales` and `products`.", ["sales", "products"]),
        ("The table, one of sales, customers or products", ["sales", "customers", "products"]),
        ("Table name (required)", []),
    ],
)
def test_table_names_are_read_out_of_descriptions(text: str, names: list[str]) -> None:
    """A list of tables is found in its usual wordings."""
    assert listed_tables(text) == names


def test_a_schema_is_filled_from_the_question() -> None:
    """Properties of the asked-for JSON take names, days and lists out of the question."""
    schema = {
        "type": "object",
        "properties": {
            "day": TEXT,
            "participants": {"type": "array", "items": TEXT},
        },
    }

    text = answer(
        "Extract: Alice and Bob meet on Friday",
        answer_format={"type": "json_schema", "name": "event", "schema": schema},
    )

    assert json.loads(text) == {"day": "Friday", "participants": ["Alice", "Bob"]}
