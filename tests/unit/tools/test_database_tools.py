"""query_database and get_table_schema as a model calls them."""

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


def test_a_query_answers_columns_and_rows(
    configured: DatabaseSettings, context: ToolContext
) -> None:
    """The output is what a model can compute with."""
    sql = "SELECT region, sum(amount) AS total FROM sales WHERE sold_on >= '2026-07-01' GROUP BY 1"

    answer = _call("query_database", context, sql=sql + " ORDER BY 2 DESC")

    assert answer["columns"] == ["region", "total"]
    assert [row[0] for row in answer["rows"]][:1] == ["West"]
    assert answer["row_count"] == 4


def test_a_schema_tells_columns_keys_and_the_days_covered(
    configured: DatabaseSettings, context: ToolContext
) -> None:
    """A model can resolve "last quarter" by the data's own last day."""
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
def test_a_hidden_table_looks_like_one_that_does_not_exist(
    table: str, configured: DatabaseSettings, context: ToolContext
) -> None:
    """The answer is the same list either way."""
    answer = _call("get_table_schema", context, table=table)

    message = "table must be one of: customers, products, sales."
    assert answer == {"error": {"code": "invalid_arguments", "message": message}}


def test_a_key_to_a_hidden_table_is_not_shown(
    configured: DatabaseSettings, context: ToolContext
) -> None:
    """A foreign key would name its table."""
    configure(lambda: replace(configured, tables=("sales", "products")))

    schema = _call("get_table_schema", context, table="sales")

    assert {key["table"] for key in schema["foreign_keys"]} == {"products"}


def test_a_listed_table_that_is_gone_is_told(
    configured: DatabaseSettings, context: ToolContext
) -> None:
    """Schema drift is an error output with the listed name only."""
    configure(lambda: replace(configured, tables=("sales", "orders")))

    gone = _call("get_table_schema", context, table="orders")
    query = _call("query_database", context, sql="SELECT * FROM orders")

    assert gone["error"]["message"] == "The table orders does not exist in the database."
    assert query["error"]["code"] == "query_failed"


def test_a_table_that_is_slow_to_count_is_described_without_counts(
    configured: DatabaseSettings, context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns matter more than numbers."""
    from understudy.tools.database import table_schema

    monkeypatch.setattr(table_schema, "COUNT_SECONDS", 0)

    schema = _call("get_table_schema", context, table="sales")

    assert schema["columns"]
    assert "row_count" not in schema


def test_an_empty_list_of_tables_opens_nothing(
    configured: DatabaseSettings, context: ToolContext
) -> None:
    """Neither tool answers anything about a database without open tables."""
    configure(lambda: replace(configured, tables=()))

    assert (
        "No tables" in local_tools().definitions(["query_database"])[0]["function"]["description"]
    )
    assert "error" in _call("query_database", context, sql="SELECT 1")
    assert "error" in _call("get_table_schema", context, table="sales")


def test_a_hijacked_model_gets_nothing(configured: DatabaseSettings, context: ToolContext) -> None:
    """Every attack, through the tool as a model would send it, is an error without a secret."""
    for sql in attacks("sqlite"):
        result = local_tools().call("query_database", json.dumps({"sql": sql}), context)

        assert result.error_code == "query_refused"
        assert SECRET not in result.output


def test_without_a_configuration_the_sample_answers(context: ToolContext) -> None:
    """A first deploy and the demo work with nothing."""
    configure(sample_settings)

    answer = _call("query_database", context, sql="SELECT count(*) FROM customers")

    assert answer["rows"] == [[160]]
