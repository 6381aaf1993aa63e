"""Recognising the two functions that make a database: one describes tables, one runs SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.provider.brain.prompt import Function, Prompt

_LISTED = re.compile(
    r"\btables?\b[^:.\n]{0,40}?(?::|\bare\b|\bone of\b|\bsuch as\b|\()\s*([\w`\"', ]+)", re.I
)
_NOT_TABLES = {"and", "or", "the", "a", "of", "in", "to", "table", "tables", "one"}


@dataclass(frozen=True)
class DatabaseTools:
    """The two functions, and the parameters that matter."""

    describe: Function
    table_parameter: str
    query: Function
    sql_parameter: str

    def table_names(self, guidance: str) -> list[str]:
        """The tables there are: an enum, or a list in a description or in the instructions."""
        schema = self.describe.properties[self.table_parameter]
        if schema.get("enum"):
            return [str(name) for name in schema["enum"]]
        texts = (
            str(schema.get("description") or ""),
            self.describe.description,
            self.query.description,
            guidance,
        )
        return next((names for text in texts if (names := listed_tables(text))), [])


def listed_tables(text: str) -> list[str]:
    """Two or more table names in a text that lists them: `Tables: sales, customers`."""
    for match in _LISTED.finditer(text):
        names = [n for n in re.findall(r"[a-z_]\w*", match.group(1)) if n not in _NOT_TABLES]
        if len(names) > 1:
            return names
    return []


def database_tools(prompt: Prompt) -> DatabaseTools | None:
    """The pair of tools, known by their parameters, if both are declared."""
    describe = next(
        ((f, p) for f in prompt.functions for p in f.properties if p in {"table", "table_name"}),
        None,
    )
    query = next(
        (
            (f, p)
            for f in prompt.functions
            for p in f.properties
            if p in {"sql", "query", "statement"}
            and "sql" in f"{p} {f.description} {f.name}".lower()
        ),
        None,
    )
    return DatabaseTools(*describe, *query) if describe and query else None
