"""query_database and get_table_schema, called as a model calls them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from understudy.tools.database import DatabaseSettings, configure, sample_settings
from understudy.tools.registry import ToolContext, local_tools

from tests.unit.tools.corpus_files import attacks
from tests.unit.tools.secrets_beside import SECRET


def _call(name: str, context: ToolContext, **arguments: Any) -> Any:
    return json.loads(local_tools().call(name, json.dumps(arguments), context).output)


def test_query_returns_columns_and_rows(configured: DatabaseSettings, context: ToolContext) -> None:
    """The output has column names, rows and their count."""
    sql = "SELECT region, sum(amount) AS total FROM sales WHERE sold_on >= '2026-07-01' GROUP BY 1"

    output = _call("query_database", context, sql=sql + " ORDER BY 2 DESC")

    assert output["columns"] == ["region", "total"]
    assert [row[0] for row in output["rows"]][:1] == ["West"]
    assert output["row_count"] == 4


def test_schema_has_columns_keys_and_date_ranges(
    configured: DatabaseSettings, context: ToolContext
) -> None:
    """The model can resolve "last quarter" with the last day of the data."""
    schema = _call("get_table_schema", context, table="sales")

    assert schema["table"] == "sales"
    assert schema["columns"][:2] == [
        {"name": "sale_id", "type": "INTEGER", "nullable": True, "primary_key": True},
        {"name": "sold_on", "type": "DATE", "nullable": False},
    ]
    assert {key["table"] for key in schema["foreign_keys"]} == {"customers", "products"}
    assert schema["row_count"] == 4000
    assert schema["date_ranges"] == {"sold_on": ["2024-10-01", "2026-09-30"]}


@pytest.mark.parametrize("table", ["users", "employees", "sqlite_master", "", "sales; --", "nope"])
def test_secret_table_looks_like_a_missing_table(
    table: str, configured: DatabaseSettings, context: ToolContext
) -> None:
    """Both have the same error."""
    output = _call("get_table_schema", context, table=table)

    message = "table must be one of: customers, products, sales."
    assert output == {"error": {"code": "invalid_arguments", "message": message}}


def test_foreign_key_to_a_secret_table_is_not_shown(
    configured: DatabaseSettings, context: ToolContext
) -> None:
    """The key would reveal the name of the table."""
    configure(lambda: replace(configured, tables=("sales", "products")))

    schema = _call("get_table_schema", context, table="sales")

    assert {key["table"] for key in schema["foreign_keys"]} == {"products"}


def test_allowed_table_that_is_missing_is_an_error(
    configured: DatabaseSettings, context: ToolContext
) -> None:
    """The error names the allowed table only."""
    configure(lambda: replace(configured, tables=("sales", "orders")))

    missing = _call("get_table_schema", context, table="orders")
    query = _call("query_database", context, sql="SELECT * FROM orders")

    assert missing["error"]["message"] == "The table orders does not exist in the database."
    assert query["error"]["code"] == "query_failed"


def test_slow_table_is_described_without_row_count(
    configured: DatabaseSettings, context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow count does not delay the description."""
    from understudy.tools.database import table_schema

    monkeypatch.setattr(table_schema, "COUNT_SECONDS", 0)

    schema = _call("get_table_schema", context, table="sales")

    assert schema["columns"]
    assert "row_count" not in schema


def test_empty_list_of_tables_allows_nothing(
    configured: DatabaseSettings, context: ToolContext
) -> None:
    """Both tools return errors."""
    configure(lambda: replace(configured, tables=()))

    assert (
        "No tables" in local_tools().definitions(["query_database"])[0]["function"]["description"]
    )
    assert "error" in _call("query_database", context, sql="SELECT 1")
    assert "error" in _call("get_table_schema", context, table="sales")


def test_hijacked_model_gets_no_secret(configured: DatabaseSettings, context: ToolContext) -> None:
    """Every attack sent through the tool is an error output without a secret."""
    for sql in attacks("sqlite"):
        result = local_tools().call("query_database", json.dumps({"sql": sql}), context)

        assert result.error_code == "query_refused"
        assert SECRET not in result.output


def test_sample_is_used_without_configuration(context: ToolContext) -> None:
    """The first deployment and the demo need no database."""
    configure(sample_settings)

    output = _call("query_database", context, sql="SELECT count(*) FROM customers")

    assert output["rows"] == [[160]]
