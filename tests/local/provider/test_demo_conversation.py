"""The model as a data analyst: schemas first, then SQL, then an answer out of the rows."""

from __future__ import annotations

from typing import Any

import pytest
import sqlglot
from openai import OpenAI

from local.provider.control.client import ControlClient
from tests.local.provider.database import INSTRUCTIONS, QUESTION, Conversation, SalesDatabase


@pytest.fixture
def database() -> SalesDatabase:
    return SalesDatabase()


@pytest.fixture
def conversation(client: OpenAI, control: ControlClient, database: SalesDatabase) -> Conversation:
    return Conversation(client, control, database)


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def test_schemas_are_asked_for_in_parallel_and_then_queried(conversation: Conversation) -> None:
    """The first round describes all tables at once, the following ones run SQL."""
    answer = conversation.ask([user(QUESTION)])

    first, *others = conversation.rounds
    assert [name for name, _ in first] == ["get_table_schema"] * 3
    assert {arguments["table"] for _, arguments in first} == {"sales", "customers", "products"}
    assert others
    assert all(name == "query_database" for calls in others for name, _ in calls)
    assert answer.startswith("North is the region that sold most in Q3 2026")


def test_the_sql_is_good_for_sqlite_and_postgresql(conversation: Conversation) -> None:
    """Every statement parses in both dialects, and all of them only read."""
    conversation.ask([user(QUESTION)])

    statements = [arguments["sql"] for calls in conversation.rounds[1:] for _, arguments in calls]
    assert len(statements) == 3
    for statement in statements:
        for dialect in ("sqlite", "postgres"):
            assert sqlglot.parse_one(statement, dialect=dialect).key == "select"


def test_the_numbers_of_the_answer_come_from_the_rows(
    conversation: Conversation, database: SalesDatabase
) -> None:
    """The answer follows the data: with other rows there is another winner with other sums."""
    assert "1,523.75" in conversation.ask([user(QUESTION)])
    database.sell([(3, 2, "2026-08-08", 4321.09)])

    answer = conversation.ask([user(QUESTION)])

    assert answer.startswith("West is the region that sold most")
    assert "4,341.09" in answer
    assert "Desk (4,321.09), Lamp (20)" in answer


def test_the_three_products_are_those_of_the_winning_region(conversation: Conversation) -> None:
    """The second part of the question is answered within the first part's answer."""
    answer = conversation.ask([user(QUESTION)])

    assert (
        "The three products that drove North: Desk (902.25), Chair (450), Lamp (111.50)." in answer
    )


def test_a_follow_up_is_understood_through_the_history(conversation: Conversation) -> None:
    """The quarter before is the one before the quarter that the history's answer names."""
    answer = conversation.ask([user(QUESTION)])

    history = [user(QUESTION), assistant(answer), user("And the quarter before?")]
    follow_up = conversation.ask(history)

    assert follow_up.startswith("South is the region that sold most in Q2 2026")
    assert "5,033.75" in follow_up


def test_a_follow_up_without_history_asks_back(conversation: Conversation) -> None:
    """Without the earlier question there is nothing to go by, and no query is made up."""
    answer = conversation.ask([user("And the quarter before?")])

    assert conversation.rounds == []
    assert "nothing earlier" in answer.lower()


def test_a_date_in_the_instructions_decides_what_last_quarter_is(
    conversation: Conversation,
) -> None:
    """Told what day it is, the model reckons from that day and not from the newest row."""
    instructions = f"{INSTRUCTIONS} Today is 2026-07-10."

    answer = conversation.ask([user(QUESTION)], instructions=instructions)

    assert "in Q2 2026 (1 April to 30 June 2026)" in answer


def test_without_parallel_calls_there_is_one_call_a_turn(conversation: Conversation) -> None:
    """`parallel_tool_calls=False` gives the same answer, one call at a time."""
    answer = conversation.ask([user(QUESTION)], parallel_tool_calls=False)

    assert all(len(calls) == 1 for calls in conversation.rounds)
    assert answer.startswith("North is the region")


def test_a_refused_query_is_reported_and_not_made_up(
    conversation: Conversation, database: SalesDatabase
) -> None:
    """When the tool answers with an error, the model says which one and gives no numbers."""
    database.refuse("customers is not an allowed table")

    answer = conversation.ask([user(QUESTION)])

    assert answer == (
        "I could not answer that: query_database reported: customers is not an allowed table"
    )


def test_a_query_that_timed_out_is_tried_once_more(
    conversation: Conversation, database: SalesDatabase
) -> None:
    """An error that may pass is worth a second try of the same query."""
    database.refuse("timed out, try again", times=1)

    answer = conversation.ask([user(QUESTION)])

    assert conversation.rounds[1] == conversation.rounds[2]
    assert answer.startswith("North is the region that sold most")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many customers do we have?", "There are 3 customers."),
        ("What was the total revenue in Q2 2026?", "is 5,073.75."),
        ("Which product sold least in Q3 2026?", "Rug is the product that sold least"),
        ("What are the top 2 products by revenue in Q3 2026?", "Desk (1,602.25), Chair (450)"),
    ],
)
def test_other_questions_about_the_same_tables(
    conversation: Conversation, question: str, expected: str
) -> None:
    """Counts, totals, least and top lists are read out of the question."""
    assert expected in conversation.ask([user(question)])
