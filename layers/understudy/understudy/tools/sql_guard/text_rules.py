"""Rules on a query's text and tokens. They run before parsing and bound its cost."""

from collections.abc import Sequence
from typing import Any

MAX_LENGTH = 10_000
"""Characters. sqlglot's tokenizer reads about 500 per millisecond."""

MAX_TOKENS = 1_000
"""The parser takes about 40 microseconds per token. Analysts' queries have some hundreds."""
MAX_NESTING = 30
"""Parentheses. sqlglot's parser uses about 20 Python frames for each."""

FIRST_WORDS = ("SELECT", "WITH")
LINE_CONTROLS = "\t\n\r"


def not_too_long(sql: str) -> str | None:
    if len(sql) > MAX_LENGTH:
        return f"The query is longer than {MAX_LENGTH} characters."
    return None


def printable(sql: str) -> str | None:
    """Rejects control characters and lone surrogates, which drivers and databases disagree on."""
    if any(
        (character < " " and character not in LINE_CONTROLS)
        or "\x7f" <= character < "\xa0"
        or "\ud800" <= character < "\ue000"
        for character in sql
    ):
        return "The query contains control characters."
    return None


TEXT_RULES = (not_too_long, printable)


def first_problem_of_text(sql: str) -> str | None:
    return next(filter(None, (rule(sql) for rule in TEXT_RULES)), None)


def not_too_many_tokens(tokens: Sequence[Any]) -> str | None:
    if len(tokens) > MAX_TOKENS:
        return f"The query has more than {MAX_TOKENS} words and signs."
    return None


def not_too_deep(tokens: Sequence[Any]) -> str | None:
    depth = deepest = 0
    for token in tokens:
        name = token.token_type.name
        depth += (name in {"L_PAREN", "L_BRACKET"}) - (name in {"R_PAREN", "R_BRACKET"})
        deepest = max(deepest, depth)
    if deepest > MAX_NESTING:
        return f"The query nests more than {MAX_NESTING} parentheses."
    return None


def no_escaped_names(tokens: Sequence[Any]) -> str | None:
    """Rejects `U&"..."`, an escaped name that sqlglot reads as column U, operator and name."""
    for first, sign, name in zip(tokens, tokens[1:], tokens[2:], strict=False):
        adjacent = first.end + 1 == sign.start and sign.end + 1 == name.start
        if adjacent and first.text.lower() == "u" and sign.text == "&" and _is_quoted(name):
            return "Write names without Unicode escapes."
    return None


def begins_with_select(tokens: Sequence[Any]) -> str | None:
    """Requires SELECT or WITH: sqlglot also parses `TABLE users` into a SELECT."""
    words = [token.text.upper() for token in tokens if token.token_type.name != "L_PAREN"]
    if words[:1] not in ([word] for word in FIRST_WORDS):
        return "Only SELECT is allowed; a query begins with SELECT or WITH."
    return None


def no_braces(tokens: Sequence[Any]) -> str | None:
    """Rejects `{fn now()}` and `{{ name }}`, which drivers and templates expand."""
    if any(token.token_type.name in {"L_BRACE", "R_BRACE"} for token in tokens):
        return "Write the query without braces."
    return None


TOKEN_RULES = (
    not_too_many_tokens,
    not_too_deep,
    begins_with_select,
    no_braces,
    no_escaped_names,
)


def first_problem_of_tokens(tokens: Sequence[Any]) -> str | None:
    return next(filter(None, (rule(tokens) for rule in TOKEN_RULES)), None)


def _is_quoted(token: Any) -> bool:
    return token.token_type.name in {"IDENTIFIER", "STRING"}
