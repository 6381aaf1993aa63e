"""Rules that bound the memory and the planning of a query, which no timeout can interrupt."""

import re
from collections import Counter
from collections.abc import Iterator

from understudy.tools.sql_guard.analysis import analysis_of
from understudy.tools.sql_guard.functions import FORMATTING, JOINING, KEEPING, LENGTH_ARGUMENTS
from understudy.tools.sql_guard.query import ASCII_LOWER, Node, Query, below, children_of, kind_of

MAX_MADE_LENGTH = 200
MAX_EXPONENT = 100
MAX_FREE_TABLES = 2
"""Whole tables that one SELECT may combine without a condition."""

MAX_COMBINATIONS = 10**8
"""Rows of sources that no condition links."""

MAX_BYTES = 10_000_000
"""Bytes of all values that one SELECT computes for one row, where a stored column counts as 100
and a table as 1,000 rows."""

MAX_SEPARATOR = 20
MAX_PLAN = 100_000
"""For every node of the expanded query the number of nodes below it. PostgreSQL takes about 300
bytes for each."""

MAX_VOLUME = 10**10

WIDE_FORMAT = re.compile(r"%[^%a-zA-Z]*(\*|\d{3})")
TRANSPARENT = frozenset({"Paren", "Cast", "Distinct", "Trim"})


def short_results(query: Query) -> str | None:
    """Rejects `repeat('x', 1000000000)`: SQLite cannot interrupt a single call."""
    for call in query.of_kind("Anonymous"):
        position = LENGTH_ARGUMENTS.get(_name(call))
        if position is None:
            continue
        nested = any(_name(node) in LENGTH_ARGUMENTS for node in below(call) if node is not call)
        if nested or not _is_small(call.expressions[position : position + 1], MAX_MADE_LENGTH):
            return f"The length given to {_name(call)} must be a number up to {MAX_MADE_LENGTH}."
    return None


def short_formats(query: Query) -> str | None:
    """Rejects `printf('%1000000000d', 1)`, which has the length in its format."""
    for call in query.of_kind("Anonymous"):
        if _name(call) in FORMATTING:
            format_ = call.expressions[0] if call.expressions else None
            if format_ is None or not _is_text(format_) or WIDE_FORMAT.search(format_.name):
                return f"The format of {_name(call)} must be a literal with widths below 100."
    return None


def small_powers(query: Query) -> str | None:
    """Rejects large exponents: PostgreSQL computes every digit of an exact power."""
    powers = [node.args.get("expression") for node in query.of_kind("Pow")]
    powers += [
        call.expressions[1]
        for call in query.of_kind("Anonymous")
        if _name(call) in {"power", "pow"} and len(call.expressions) > 1
    ]
    for exponent in powers:
        numbers = [node for node in below(exponent) if kind_of(node) == "Literal"]
        if not all(_is_small([number], MAX_EXPONENT) for number in numbers):
            return f"Exponents must be numbers up to {MAX_EXPONENT}."
    return None


def no_doubling(query: Query) -> str | None:
    """Rejects `s || s`: nested thirty times it makes a gigabyte."""
    for node in query.of_kind("DPipe", "Anonymous"):
        if (kind_of(node) == "DPipe" and kind_of(node.parent) != "DPipe") or _name(node) in JOINING:
            columns = Counter(
                (column.text("table"), query.fold(column.this)) for column in _kept_columns(node)
            )
            if columns and max(columns.values()) > 1:
                return "A text must not be joined with itself."
    return None


def joined_tables(query: Query) -> str | None:
    """Rejects products of whole tables: `FROM sales a, sales b, sales c`."""
    for product in analysis_of(query).products:
        tables = [table for group in product.unlinked for table in group]
        if (
            len(product.unlinked) > MAX_FREE_TABLES
            or len(set(tables)) < len(tables)
            or product.combinations > MAX_COMBINATIONS
        ):
            return "Join tables on a condition; a product of whole tables is too large."
    return None


def bounded_values(query: Query) -> str | None:
    """Rejects text, arrays and JSON that grow at each step, however the steps are written."""
    if analysis_of(query).work > MAX_BYTES:
        return (
            "A value of the query can become too large: text, arrays or JSON are multiplied by "
            "joining, repeating, replacing or aggregating. Aggregate fewer or shorter values."
        )
    return None


def short_separators(query: Query) -> str | None:
    """Rejects long separators, which are repeated for every row."""
    if analysis_of(query).separator > MAX_SEPARATOR:
        return f"The separator of a text aggregate must have at most {MAX_SEPARATOR} bytes."
    return None


def bounded_plan(query: Query) -> str | None:
    """Rejects queries that expand: planners inline subqueries without checking the timeout."""
    if analysis_of(query).plan > MAX_PLAN:
        return (
            "The query is too large once its subqueries are expanded: they are used too often, or "
            "their expressions are nested too deeply. Use each result once, or send two queries."
        )
    return None


def bounded_volume(query: Query) -> str | None:
    """Rejects intermediate results with too many wide rows, which databases write to disk."""
    if analysis_of(query).volume > MAX_VOLUME:
        return "The query combines too many wide rows. Join on a condition and select less."
    return None


def _name(call: Node) -> str:
    name = call.this if kind_of(call) == "Anonymous" else None
    return name.translate(ASCII_LOWER) if isinstance(name, str) else ""


def _is_text(node: Node) -> bool:
    return kind_of(node) == "Literal" and bool(node.args.get("is_string"))


def _is_small(nodes: list[Node], limit: int) -> bool:
    """Returns whether `nodes` is one literal number up to the limit."""
    if len(nodes) != 1 or kind_of(nodes[0]) != "Literal" or nodes[0].args.get("is_string"):
        return False
    return float(nodes[0].name) <= limit


def _kept_columns(node: Node) -> Iterator[Node]:
    """Yields the columns whose whole text becomes part of the result."""
    for child in children_of(node):
        if kind_of(child) == "Column":
            yield child
        elif kind_of(child) in TRANSPARENT | {"DPipe"} or _name(child) in JOINING | KEEPING:
            yield from _kept_columns(child)
