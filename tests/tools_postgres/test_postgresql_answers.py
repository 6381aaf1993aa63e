"""PostgreSQL's rows, errors and table descriptions as the model receives them."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.queries import run_query
from understudy.tools.database.table_schema import describe_table
from understudy.tools.registry import DatabaseError

from tests.limits import WAIT_SECONDS


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1.50::numeric", 1.5),
        ("12345678901234567890.123456789::numeric", "12345678901234567890.123456789"),
        ("'NaN'::numeric", "NaN"),
        ("'NaN'::float", "NaN"),
        ("'-Infinity'::float", "-Infinity"),
        ("'infinity'::date", "infinity"),
        ("'-infinity'::timestamp", "-infinity"),
        ("'10000-01-01'::date", "10000-01-01"),
        ("'4713-01-01 BC'::date", "4713-01-01 BC"),
        ("9223372036854775807::bigint", "9223372036854775807"),
        ("decode('00ff', 'hex')", "\\x00ff"),
        ("ARRAY[1, NULL, 3]", [1, None, 3]),
        ("ARRAY['2026-01-01'::date]", ["2026-01-01"]),
        ("'{\"a\": [1.5, null]}'::jsonb", '{"a": [1.5, null]}'),
        ("'0f8fad5b-d9cb-469f-a165-70867728950e'::uuid", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("interval '1 month 2 days'", "1 mon 2 days"),
        ("int4range(1, 5)", "[1, 5)"),
        ("'10.0.0.1'::inet", "10.0.0.1"),
        ("ROW(1, 'a')", ["1", "a"]),
        ("NULL", None),
        ("true", True),
        ("'100%'", "100%"),
        ("':name %s %(x)s'", ":name %s %(x)s"),
    ],
)
def test_every_type_becomes_json(
    expression: str, expected: object, settings: DatabaseSettings
) -> None:
    """Every PostgreSQL value has a JSON form."""
    assert run_query(f"SELECT {expression}", settings, WAIT_SECONDS).rows == [[expected]]


def test_rows_beyond_the_limit_are_not_fetched(settings: DatabaseSettings) -> None:
    """Reading stops at the limit."""
    result = run_query("SELECT a.sale_id FROM sales a, sales b", settings, WAIT_SECONDS)

    assert len(result.rows) == settings.max_rows
    assert "rows" in result.cut


def test_huge_cell_is_cut(settings: DatabaseSettings) -> None:
    """A cell of ten megabytes is cut and marked."""
    result = run_query("SELECT repeat('x', 10000000)", settings, WAIT_SECONDS)

    assert len(result.rows[0][0]) == settings.max_cell + 1
    assert "cells" in result.cut


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT s.amounts FROM sales s", "does not exist: amounts"),
        ("SELECT amounts FROM sales", "does not exist: amounts"),
        ("SELECT * FROM nowhere", "does not exist"),
        ("SELECT users.password FROM sales", "does not exist"),
        ("SELECT 1 / 0", "division by zero"),
        ("SELECT 'x'::int", "invalid input syntax"),
        ("SELECT region, amount FROM sales GROUP BY region", "must appear in the GROUP BY"),
        ("SELECT sum(region) FROM sales", "function sum(text) does not exist"),
        ("SELECT * FROM users", "does not allow"),
    ],
)
def test_error_message_is_helpful_and_safe(
    sql: str, message: str, settings: DatabaseSettings
) -> None:
    """The server's message is passed on only where it quotes the query."""
    with pytest.raises(DatabaseError) as failure:
        run_query(sql, settings, WAIT_SECONDS)

    assert message in failure.value.message
    assert "users" not in failure.value.message


def test_login_failure_does_not_name_role_or_host(
    reader_url: str, settings: DatabaseSettings
) -> None:
    """The log has the error code; the model learns that the database cannot be reached."""
    wrong = reader_url.replace("understudy_reader", "canary_role")

    with pytest.raises(DatabaseError, match="cannot be reached") as failure:
        run_query("SELECT 1", replace(settings, url=lambda: wrong), WAIT_SECONDS)

    assert "canary" not in failure.value.message


def test_table_description(settings: DatabaseSettings) -> None:
    """Columns, keys, row count and date ranges, as on SQLite."""
    schema = describe_table("Sales", settings, WAIT_SECONDS)

    assert schema["columns"][1] == {"name": "sold_on", "type": "DATE", "nullable": False}
    assert {"name": "amount", "type": "NUMERIC(12, 2)", "nullable": False} in schema["columns"]
    assert [key["table"] for key in schema["foreign_keys"]].count("customers") == 1
    assert schema["row_count"] == 4000
    assert schema["date_ranges"] == {"sold_on": ["2024-10-01", "2026-09-30"]}


def test_table_of_another_schema_can_be_described_and_queried(
    owner: Engine, settings: DatabaseSettings
) -> None:
    """`reporting.orders` is used under that name."""
    with owner.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA reporting")
        connection.exec_driver_sql('CREATE TABLE reporting.orders (id INT, "on" DATE)')
        connection.exec_driver_sql("GRANT USAGE ON SCHEMA reporting TO understudy_reader")
        connection.exec_driver_sql("GRANT SELECT ON reporting.orders TO understudy_reader")
    reporting = replace(settings, tables=("reporting.orders",))

    schema = describe_table("orders", reporting, WAIT_SECONDS)

    assert schema["table"] == "reporting.orders"
    assert schema["row_count"] == 0
    assert schema["date_ranges"] == {"on": [None, None]}
    with owner.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA reporting CASCADE")
