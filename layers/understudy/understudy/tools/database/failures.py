"""Turns database errors into messages that help the model and reveal nothing.

Only the messages listed here are passed on, because they quote the query itself. All others, such
as a driver's message with a host name, are replaced by a fixed sentence.
"""

import re
from typing import TYPE_CHECKING

from understudy.tools.registry.errors import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

TOO_SLOW = "The query took too long and was stopped. Ask for less: filter, aggregate, join less."
TOO_LARGE = "The query needs more memory than is allowed. Select less, or aggregate in steps."
UNREACHABLE = "The database cannot be reached at the moment."
NOT_ALLOWED = "The database does not allow this query."
NO_TABLE = "The query uses a table or alias that does not exist. Use get_table_schema."
NO_COLUMN = "A column of the query does not exist{name}. Use get_table_schema to see the columns."
OTHER = "The database could not run the query."

QUERY_CANCELED = "57014"
RETRYABLE = {"40001", "40P01", "57P01", "57P02", "57P03", "08000", "08003", "08006"}
"""Recovery conflict on a replica, a failover, a broken connection. (PostgreSQL, appendix A.)"""

OWN_WORDS = {"22003", "22007", "22008", "22012", "22P02", "42601", "42702", "42725", "42803"} | {
    "42804", "42809", "42846", "42883", "21000", "2201E", "2201F", "42P10", "42P20",
}  # fmt: skip
"""SQLSTATEs whose message quotes the query's operators, types and values."""

SENTENCES = {
    "57014": TOO_SLOW,
    "55P03": TOO_SLOW,
    "42P01": NO_TABLE,
    "42501": NOT_ALLOWED,
    "25006": NOT_ALLOWED,
    "53100": TOO_LARGE,
    "53200": TOO_LARGE,
    "53400": TOO_LARGE,
    "54000": TOO_LARGE,
    "54001": TOO_LARGE,
}

SQLITE_OWN_WORDS = re.compile(
    r'ambiguous column name|no such function|near "|misuse of|wrong number of arguments|'
    r"SELECTs to the left|a GROUP BY|GROUP BY term|ORDER BY term|\d+\w\w ORDER BY|incomplete input|"
    r"HAVING clause|too many|parser stack|sub-select returns|no such collation|unrecognized token|"
    r"Expression tree|integer overflow|cannot join using"
)
SQLITE_CODES = {
    "SQLITE_INTERRUPT": TOO_SLOW,
    "SQLITE_TOOBIG": "A value of the query is too long.",
    "SQLITE_NOMEM": TOO_LARGE,
    "SQLITE_AUTH": NOT_ALLOWED,
    "SQLITE_READONLY": NOT_ALLOWED,
    "SQLITE_CANTOPEN": UNREACHABLE,
}
LONGEST_REPEATED = 200


def sqlstate(error: "DBAPIError") -> str | None:
    """Returns PostgreSQL's error code, or None if the error has none."""
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None


def is_worth_a_retry(error: "DBAPIError", seconds: float, limit: float) -> bool:
    """Returns whether an immediate retry of the read may succeed.

    A cancellation (57014) before the statement's time limit came from a replica that cancels
    queries in conflict with recovery.
    """
    state = sqlstate(error)
    if state == QUERY_CANCELED:
        return seconds < 0.8 * limit
    return state in RETRYABLE or (error.connection_invalidated and state is None)


def reduced(error: "DBAPIError") -> DatabaseError:
    """Returns the error that the model receives."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if isinstance(name, str):
        return DatabaseError(_sqlite(name, str(error.orig)))
    state = sqlstate(error)
    if state is None:
        return DatabaseError(UNREACHABLE)
    diagnostics = getattr(error.orig, "diag", None)
    return DatabaseError(_postgresql(state, getattr(diagnostics, "message_primary", None) or ""))


def _postgresql(state: str, message: str) -> str:
    if state == "42703":
        return _no_column(
            re.search(r'"?(\w+)"? ', message.rpartition(".")[2].removeprefix("column "))
        )
    if state in OWN_WORDS:
        return f"The database says: {message[:LONGEST_REPEATED]}"
    if state[:2] in {"08", "28", "3D", "53", "57"} and state not in SENTENCES:
        return UNREACHABLE
    return SENTENCES.get(state, OTHER)


def _sqlite(name: str, message: str) -> str:
    if message.startswith("not authorized"):
        return NOT_ALLOWED
    if message.startswith("no such table"):
        return NO_TABLE
    if message.startswith("no such column"):
        return _no_column(re.search(r"(\w+)$", message))
    if SQLITE_OWN_WORDS.match(message):
        return f"The database says: {message[:LONGEST_REPEATED]}"
    return SQLITE_CODES.get(name, OTHER)


def _no_column(found: "re.Match[str] | None") -> str:
    return NO_COLUMN.format(name=f": {found[1]}" if found else "")
