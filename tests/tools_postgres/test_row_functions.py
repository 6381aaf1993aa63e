"""Functions that take a table's row: neither the guard nor the role lets a query reach them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from understudy.tools.database import DatabaseSettings, configure, sample_settings
from understudy.tools.database.columns import columns_of_tables, forget_columns
from understudy.tools.database.queries import run_query
from understudy.tools.registry import DatabaseError, ToolContext, local_tools
from understudy.tools.sql_guard import QueryRefusedError, check_query

from tests.limits import WAIT_SECONDS
from tests.unit.tools.secrets_beside import SECRET

LEAK = """
    CREATE FUNCTION leak(sales) RETURNS text LANGUAGE sql SECURITY DEFINER
    AS $$ SELECT max(password) FROM users $$
"""
QUERIES = [
    "SELECT s.leak FROM sales s",
    "SELECT sales.leak FROM sales",
    "SELECT public.sales.leak FROM public.sales",
    "SELECT 1 FROM sales s WHERE s.leak IS NOT NULL",
    "SELECT 1 FROM sales s ORDER BY s.leak",
    "SELECT max(s.leak) FROM sales s",
    "SELECT (SELECT s.leak) FROM sales s",
    "SELECT x.leak FROM (SELECT s.leak FROM sales s) x",
    "WITH c AS (SELECT s.leak AS a FROM sales s) SELECT c.a FROM c",
    "SELECT t.region FROM customers t JOIN sales s ON s.leak = t.name",
    "SELECT (s).leak FROM sales s",
    "SELECT s.row_to_json FROM sales s",
    "SELECT t.leak FROM LATERAL (SELECT * FROM sales) t",
    "SELECT s.text FROM sales s",
]


@pytest.fixture
def later_function(owner: Engine) -> Iterator[None]:
    """Creates a function after the documented SQL has been run."""
    with owner.begin() as connection:
        connection.exec_driver_sql(LEAK)
    yield
    with owner.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION leak(sales)")


@pytest.fixture
def callable_function(owner: Engine, later_function: None) -> None:
    """Makes the function callable, as in a database where the documented SQL was not run."""
    with owner.begin() as connection:
        connection.exec_driver_sql("GRANT EXECUTE ON FUNCTION leak(sales) TO PUBLIC")


@pytest.mark.usefixtures("later_function")
def test_role_cannot_execute_functions_created_later(
    owner: Engine, settings: DatabaseSettings
) -> None:
    """The documented default privileges apply to functions created after them."""
    allowed = "SELECT has_function_privilege('understudy_reader', 'leak(sales)', 'EXECUTE')"

    with owner.connect() as connection:
        assert connection.exec_driver_sql(allowed).scalar() is False
    with pytest.raises(DatabaseError, match="does not allow"):
        run_query("SELECT s.leak FROM sales s", settings, WAIT_SECONDS)


@pytest.mark.usefixtures("callable_function")
@pytest.mark.parametrize("sql", QUERIES)
def test_guard_rejects_functions_in_attribute_notation(
    sql: str, settings: DatabaseSettings
) -> None:
    """Also where the role may execute the function."""
    with pytest.raises(QueryRefusedError):
        check_query(
            sql,
            dialect="postgres",
            tables=settings.tables,
            columns=columns_of_tables(settings, WAIT_SECONDS),
        )


@pytest.mark.usefixtures("callable_function")
def test_tool_passes_the_columns_to_the_guard(
    settings: DatabaseSettings, context: ToolContext
) -> None:
    """The model receives `query_refused` and no secret, but can read existing columns."""
    configure(lambda: settings)
    tools = local_tools()
    try:
        leak = tools.call("query_database", '{"sql": "SELECT s.leak FROM sales s"}', context)
        amount = tools.call(
            "query_database", '{"sql": "SELECT s.amount FROM sales s LIMIT 1"}', context
        )
    finally:
        configure(sample_settings)

    assert run_query("SELECT s.leak FROM sales s LIMIT 1", settings, WAIT_SECONDS).rows == [
        [SECRET]
    ]
    assert leak.error_code == "query_refused"
    assert SECRET not in leak.output
    assert not amount.is_error


def test_new_column_is_known_after_the_cache_expires(
    owner: Engine, settings: DatabaseSettings
) -> None:
    """Columns are read from the database and cached."""
    forget_columns()
    before = columns_of_tables(settings, WAIT_SECONDS)
    with owner.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE products ADD COLUMN weight INT")
    cached = columns_of_tables(settings, WAIT_SECONDS)
    forget_columns()
    after = columns_of_tables(settings, WAIT_SECONDS)
    with owner.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE products DROP COLUMN weight")
    forget_columns()

    assert before["products"] == ("product_id", "name", "category", "unit_price")
    assert cached == before
    assert after["products"] == (*before["products"], "weight")
