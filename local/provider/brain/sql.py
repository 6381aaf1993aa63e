# ruff: noqa: S608 - text for a tool to judge; nothing here runs it
"""Composing SQL that SQLite and PostgreSQL both understand, from the tables that were described."""

from __future__ import annotations

from local.provider.brain.catalog import Catalog, Table
from local.provider.brain.intent import Dimension, Measure
from local.provider.brain.periods import Period

_AMOUNTS = ("revenue", "amount", "total", "total_amount", "total_price", "sales", "value", "net")
_QUANTITIES = ("quantity", "qty", "units", "count")
_PRICES = ("unit_price", "price", "list_price")


class NoSuchDataError(Exception):
    """The tables do not hold what the question asks for."""


def newest_date(fact: Table) -> str:
    """The newest date in a table, as the column `newest`."""
    if fact.date_column is None:
        raise NoSuchDataError(f"{fact.name} has no date column")
    return f"SELECT MAX({fact.name}.{fact.date_column.name}) AS newest FROM {fact.name}"


def count_rows(table: Table, period: Period | None) -> str:
    """How many rows a table has, as the column `total`; of a period, if the table is dated."""
    dated = period if table.date_column else None
    return _joined(f"SELECT COUNT(*) AS total FROM {table.name}", _period(table, dated))


def total(catalog: Catalog, fact: Table, measure: Measure, period: Period | None) -> str:
    """One number for a whole period, as the column `total`."""
    expression, needed = _measured(catalog, fact, measure)
    return _joined(
        f"SELECT {expression} AS total FROM {fact.name}{_joins(catalog, fact, needed)}",
        _period(fact, period),
    )


def ranking(
    catalog: Catalog,
    fact: Table,
    measure: Measure,
    by: Dimension,
    period: Period | None,
    *,
    limit: int,
    least: bool = False,
    only: tuple[Dimension, str] | None = None,
) -> str:
    """The best (or least) by a dimension, within one value of another if `only` is given."""
    expression, needed = _measured(catalog, fact, measure)
    tables = [*needed, by.table, *([only[0].table] if only else [])]
    conditions = _period(fact, period)
    if only is not None:
        dimension, value = only
        literal = value.replace("'", "''")
        conditions.append(f"{dimension.table.name}.{dimension.column.name} = '{literal}'")
    column = f"{by.table.name}.{by.column.name}"
    select = f'SELECT {column} AS "{by.word}", {expression} AS total FROM {fact.name}'
    order = "ASC" if least else "DESC"
    return (
        _joined(select + _joins(catalog, fact, tables), conditions)
        + f" GROUP BY {column} ORDER BY total {order}, {column} LIMIT {limit}"
    )


def _measured(catalog: Catalog, fact: Table, measure: Measure) -> tuple[str, list[Table]]:
    function = "AVG" if measure == "average" else "SUM"
    quantity = fact.column(*_QUANTITIES)
    if measure == "units" and quantity:
        return f"SUM({fact.name}.{quantity.name})", []
    if measure == "rows":
        return "COUNT(*)", []
    if (amount := fact.column(*_AMOUNTS)) is not None:
        return f"{function}({fact.name}.{amount.name})", []
    linked = [other for other, _ in catalog.links(fact)]
    for table in [fact, *linked]:
        price = table.column(*_PRICES)
        if price is not None and quantity is not None:
            product = f"{fact.name}.{quantity.name} * {table.name}.{price.name}"
            return f"{function}({product})", [] if table is fact else [table]
    if (price := fact.column(*_PRICES)) is not None:
        return f"{function}({fact.name}.{price.name})", []
    return "COUNT(*)", []


def _joins(catalog: Catalog, fact: Table, tables: list[Table]) -> str:
    joined: dict[str, str] = {}
    for table in tables:
        path = catalog.path(fact, table)
        if path is None:
            raise NoSuchDataError(f"{table.name} cannot be joined to {fact.name}")
        joined |= {other.name: condition for other, condition in path}
    return "".join(f" JOIN {name} ON {condition}" for name, condition in joined.items())


def _period(table: Table, period: Period | None) -> list[str]:
    if period is None or table.date_column is None:
        return []
    column = f"{table.name}.{table.date_column.name}"
    return [f"{column} >= '{period.start}'", f"{column} < '{period.end}'"]


def _joined(select: str, conditions: list[str]) -> str:
    return f"{select} WHERE {' AND '.join(conditions)}" if conditions else select
