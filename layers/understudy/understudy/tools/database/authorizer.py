"""SQLite's authorizer callback: decides, while SQLite compiles a statement, what it may do."""

import sqlite3
from collections.abc import Callable, Collection

from understudy.tools.sql_guard.functions import SQLITE_FUNCTIONS

READ_COLUMN = sqlite3.SQLITE_READ
SELECT = sqlite3.SQLITE_SELECT
CALL_FUNCTION = sqlite3.SQLITE_FUNCTION

OPERATORS = {"like", "glob", "->", "->>", "current_date", "current_time", "current_timestamp"}
"""Operators and words that SQLite reports as functions."""

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]


def authorizer(tables: Collection[str], other_objects: Collection[str]) -> Authorizer:
    """Returns a callback that allows SELECT, reading `tables`, and the guard's functions.

    `other_objects` are the file's tables and views that are not allowed. For a read without
    columns, such as `count(*)`, SQLite reports the name in the FROM clause, which may be a CTE. The
    callback allows that unless it is the name of one of `other_objects`.
    """
    allowed = {name.lower() for name in tables}
    others = {name.lower() for name in other_objects}
    functions = {name.lower() for name in SQLITE_FUNCTIONS} | OPERATORS

    def may_read(table: str, column: str) -> bool:
        if table in allowed:
            return True
        real = table in others or table.startswith(("sqlite_", "pragma_"))
        return column == "" and not real

    def decide(
        action: int, first: str | None, second: str | None, _database: str | None, _via: str | None
    ) -> int:
        allowed_action = (
            action == SELECT
            or (action == READ_COLUMN and may_read((first or "").lower(), second or ""))
            or (action == CALL_FUNCTION and (second or "").lower() in functions)
        )
        return sqlite3.SQLITE_OK if allowed_action else sqlite3.SQLITE_DENY

    return decide
