"""The SQL guard: lets one harmless SELECT through and refuses everything else.

It works by allow-lists on the syntax tree, and what it returns is written from that tree: the
database runs what was checked, not the text that came. Each rule is one function; `RULES` names
them all.
"""

import logging
from collections.abc import Collection, Mapping

from understudy.tools.registry.errors import QueryRefusedError
from understudy.tools.sql_guard import cost_rules, name_rules, shape_rules, text_rules
from understudy.tools.sql_guard.query import read_query

__all__ = ["QueryRefusedError", "check_query"]

logger = logging.getLogger(__name__)

DIALECTS = {"postgres": "postgres", "postgresql": "postgres", "sqlite": "sqlite"}

RULES = (
    shape_rules.one_statement,
    shape_rules.selects_something,
    shape_rules.no_recursion,
    shape_rules.known_nodes,
    shape_rules.known_parts,
    shape_rules.known_types,
    shape_rules.known_joins,
    shape_rules.clear_negations,
    name_rules.plain_sources,
    name_rules.open_tables,
    name_rules.own_schema,
    name_rules.known_functions,
    name_rules.no_system_names,
    name_rules.plain_names,
    name_rules.plain_collations,
    name_rules.known_columns,
    name_rules.no_whole_rows,
    cost_rules.short_results,
    cost_rules.short_formats,
    cost_rules.small_powers,
    cost_rules.no_doubling,
    cost_rules.joined_tables,
    cost_rules.short_separators,
    cost_rules.bounded_values,
    cost_rules.bounded_plan,
    cost_rules.bounded_volume,
)
"""What a query must satisfy, cheap and fundamental rules first."""


def check_query(
    sql: str,
    *,
    dialect: str,
    tables: Collection[str],
    columns: Mapping[str, Collection[str]] | None = None,
) -> str:
    """The statement to run for a query that may be run.

    `dialect` is postgres (or postgresql) or sqlite; `tables` are the only tables that the query
    may name, and an empty collection allows nothing. The text is at most `text_rules.MAX_LENGTH`
    characters, which bounds the time (under 100 ms; the first call imports sqlglot, 0.2 s more).

    Raises QueryRefusedError for everything else, its own failures included. The reason repeats
    no name of a table.
    """
    try:
        return _check(sql, DIALECTS[dialect], tables, columns or {})
    except QueryRefusedError:
        raise
    except RecursionError:
        raise QueryRefusedError("The query is nested too deeply.") from None
    except Exception as error:  # noqa: BLE001 - what the guard does not understand is refused
        logger.info("The SQL guard could not read a query: %s", type(error).__name__)
        raise QueryRefusedError("The query cannot be read as one plain SELECT.") from None


def _check(
    sql: str, dialect: str, tables: Collection[str], columns: Mapping[str, Collection[str]]
) -> str:
    if not tables:
        raise QueryRefusedError("No tables are available for queries.")
    _refuse_if(text_rules.first_problem_of_text(sql))
    query = read_query(sql, dialect, tables, columns)
    for rule in RULES:
        _refuse_if(rule(query))
    return query.as_sql()


def _refuse_if(reason: str | None) -> None:
    if reason:
        raise QueryRefusedError(reason)
