"""The SQL guard: accepts one read-only SELECT and rejects everything else.

It checks the syntax tree against allow-lists and returns SQL that is rendered from that tree, so
the database runs exactly what was checked. Each rule is one function; `RULES` lists them all.
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
    name_rules.allowed_tables,
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
"""Every rule that a query must satisfy, cheap and fundamental ones first."""


def check_query(
    sql: str,
    *,
    dialect: str,
    tables: Collection[str],
    columns: Mapping[str, Collection[str]] | None = None,
) -> str:
    """Returns the statement to run for an acceptable query.

    `dialect` is postgres (or postgresql) or sqlite. The query may use no tables but `tables`; an
    empty collection allows nothing. `columns` has the columns of the tables where they are known;
    without them PostgreSQL may read `s.f` as a call of the function f for the row s. The limits of
    `text_rules` keep the check below 100 ms. The first call also imports sqlglot (0.2 s).

    Raises QueryRefusedError for any other query, and for one that the guard fails to check. The
    message names no table that is not in `tables`.
    """
    try:
        return _check(sql, DIALECTS[dialect], tables, columns or {})
    except QueryRefusedError:
        raise
    except RecursionError:
        raise QueryRefusedError("The query is nested too deeply.") from None
    except Exception as error:  # noqa: BLE001 - the guard rejects what it cannot check
        logger.info("The SQL guard could not parse a query: %s", type(error).__name__)
        raise QueryRefusedError("The query cannot be parsed as one plain SELECT.") from None


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
