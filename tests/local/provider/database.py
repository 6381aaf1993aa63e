"""A real database behind the two functions of the demo, for tests of the model."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from openai import OpenAI
from openai.types.responses import Response

from local.provider.control.client import ControlClient

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": "get_table_schema",
        "description": "Describe the columns of a table.",
        "parameters": {
            "type": "object",
            "properties": {
                "table": {"type": "string", "enum": ["sales", "customers", "products"]},
            },
            "required": ["table"],
        },
    },
    {
        "type": "function",
        "name": "query_database",
        "description": "Run one read-only SQL statement and get its rows.",
        "parameters": {
            "type": "object",
            "properties": {"sql": {"type": "string"}},
            "required": ["sql"],
        },
    },
]
INSTRUCTIONS = "You are a Data Analyst. Answer from the database."
QUESTION = "Which region sold most last quarter, and which three products drove it?"


class SalesDatabase:
    """Regions belong to customers, names to products, money to sales."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")
        self._refusals: list[str] = []
        self.connection.executescript(
            """
            CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, region TEXT);
            CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT, price REAL);
            CREATE TABLE sales (id INTEGER PRIMARY KEY, customer_id INTEGER, product_id INTEGER,
                                sold_on DATE, quantity INTEGER, amount REAL);
            INSERT INTO customers VALUES (1, 'Ines', 'North'), (2, 'Jo', 'South'),
                (3, 'Kim', 'West');
            INSERT INTO products VALUES (1, 'Lamp', 'Home', 10), (2, 'Desk', 'Home', 90),
                (3, 'Chair', 'Home', 45), (4, 'Rug', 'Home', 30);
            """
        )
        self.sell(
            [
                (1, 1, "2026-08-03", 111.5),
                (1, 2, "2026-08-20", 902.25),
                (1, 3, "2026-09-29", 450),
                (1, 4, "2026-07-01", 60),
                (2, 2, "2026-07-15", 700),
                (3, 1, "2026-09-09", 20),
                (2, 4, "2026-04-02", 5000),
                (2, 1, "2026-05-02", 33.75),
                (1, 1, "2026-06-30", 40),
                (3, 3, "2026-11-02", 9999),
            ]
        )

    def sell(self, sales: Iterable[tuple[int, int, str, float]]) -> None:
        """Add sales: customer, product, day, amount."""
        self.connection.executemany(
            "INSERT INTO sales (customer_id, product_id, sold_on, quantity, amount)"
            " VALUES (?, ?, ?, 1, ?)",
            sales,
        )

    def refuse(self, message: str, times: int = 100) -> None:
        """Answer the next queries with an error."""
        self._refusals = [message] * times

    def call(self, name: str, arguments: dict[str, Any]) -> str:
        """The output of one of the two functions, as JSON."""
        if name == "get_table_schema":
            columns = self.connection.execute(f"PRAGMA table_info({arguments['table']})")
            listed = [{"name": column[1], "type": column[2]} for column in columns]
            return json.dumps({"table": arguments["table"], "columns": listed})
        if self._refusals:
            return json.dumps({"error": self._refusals.pop()})
        try:
            cursor = self.connection.execute(arguments["sql"])
        except sqlite3.Error as error:
            return json.dumps({"error": str(error)})
        return json.dumps(
            {"columns": [c[0] for c in cursor.description], "rows": cursor.fetchall()}
        )


class Conversation:
    """Turns with the model in background mode, calls answered from the database."""

    def __init__(self, client: OpenAI, control: ControlClient, database: SalesDatabase) -> None:
        self._client = client
        self._control = control
        self._database = database
        self.rounds: list[list[tuple[str, dict[str, Any]]]] = []

    def ask(self, history: list[Any], **settings: Any) -> str:
        """The answer to a history that ends in a question; `rounds` has the calls on the way."""
        self.rounds = []
        response = self._create(input=history, **settings)
        while calls := [item for item in response.output if item.type == "function_call"]:
            made = [(c.call_id, c.name, json.loads(c.arguments)) for c in calls]
            self.rounds.append([(name, arguments) for _, name, arguments in made])
            outputs = [
                {
                    "type": "function_call_output",
                    "call_id": call_id,
                    "output": self._database.call(name, arguments),
                }
                for call_id, name, arguments in made
            ]
            response = self._create(input=outputs, previous_response_id=response.id, **settings)
        return response.output_text

    def _create(self, **settings: Any) -> Response:
        settings = {
            "model": "gpt-5.6-luna",
            "instructions": INSTRUCTIONS,
            "tools": TOOLS,
            **settings,
        }
        created = self._client.responses.create(background=True, store=True, **settings)
        self._control.wait_for_response(created.id, "completed", "failed", "incomplete")
        return self._client.responses.retrieve(created.id)
