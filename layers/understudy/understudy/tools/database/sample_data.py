"""The sample database: an SQLite file created on first use, or the same rows in PostgreSQL."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from understudy.tools.database.sample_rows import customers, products, sales

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

SAMPLE_TABLES = ("customers", "products", "sales")
VERSION = 1
"""Part of the file name. Increase it to make every machine write a new file."""

TABLES = {
    "customers": """
        CREATE TABLE customers (
            customer_id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            region TEXT NOT NULL,
            segment TEXT NOT NULL,
            signed_up_on DATE NOT NULL
        )""",
    "products": """
        CREATE TABLE products (
            product_id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            category TEXT NOT NULL,
            unit_price DECIMAL(10, 2) NOT NULL
        )""",
    "sales": """
        CREATE TABLE sales (
            sale_id INTEGER PRIMARY KEY,
            sold_on DATE NOT NULL,
            customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
            product_id INTEGER NOT NULL REFERENCES products (product_id),
            region TEXT NOT NULL,
            quantity INTEGER NOT NULL,
            unit_price DECIMAL(10, 2) NOT NULL,
            amount DECIMAL(12, 2) NOT NULL
        )""",
}
"""Ordered so that each table refers only to earlier ones."""


def rows_of(table: str) -> Iterable[tuple[Any, ...]]:
    """Returns the rows of one table, with dates and Decimals."""
    makers: dict[str, Callable[[], Iterable[tuple[Any, ...]]]] = {
        "customers": customers,
        "products": products,
        "sales": sales,
    }
    return makers[table]()


def sample_file(folder: Path | None = None) -> Path:
    """Returns the path of the sample database and writes the file if it is missing.

    Safe for concurrent processes: the complete file is renamed into place.
    """
    directory = folder or Path(tempfile.gettempdir())
    path = directory / f"understudy-sample-{VERSION}-{os.getuid()}.sqlite"
    if not path.exists():
        descriptor, name = tempfile.mkstemp(dir=directory, suffix=".sqlite")
        os.close(descriptor)
        write_sample(Path(name))
        Path(name).replace(path)
    return path


def sample_url() -> str:
    return f"sqlite:///{sample_file()}"


def write_sample(path: Path) -> None:
    """Writes the three tables into an empty SQLite file."""
    connection = sqlite3.connect(path)
    try:
        for table, statement in TABLES.items():
            connection.execute(statement)
            rows = [tuple(map(_plain, row)) for row in rows_of(table)]
            places = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - own names
        connection.commit()
    finally:
        connection.close()


def fill_postgresql(connection: "Connection") -> None:
    """Creates the three tables with the same rows in a PostgreSQL database."""
    for table, statement in TABLES.items():
        connection.exec_driver_sql(statement)
        rows = [tuple(row) for row in rows_of(table)]
        places = ", ".join(["%s"] * len(rows[0]))
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - own names


def _plain(value: Any) -> Any:
    """Returns a value as SQLite stores it: dates as text, Decimals as floats."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
