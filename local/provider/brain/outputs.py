"""Reading what tools gave back: errors, rows, values."""

from __future__ import annotations

import csv
import json
from decimal import Decimal, InvalidOperation
from typing import Any

from local.provider.brain.prompt import Json

Row = dict[str, Any]
_ROW_KEYS = ("rows", "data", "results", "result", "records")


def parsed(output: str) -> Any:
    """The output as JSON, or as the text it is."""
    try:
        return json.loads(output)
    except ValueError:
        return output


def error_of(output: str) -> str | None:
    """The message of an output that reports an error, else None."""
    value = parsed(output)
    if isinstance(value, dict) and value.get("error"):
        error = value["error"]
        if isinstance(error, dict):
            error = error.get("message") or error.get("code") or json.dumps(error)
        detail = value.get("message") or value.get("detail")
        return f"{error}: {detail}" if isinstance(detail, str) else str(error)
    if isinstance(value, str) and value.strip().lower().startswith(("error", "failed")):
        return value.strip()
    return None


def rows_of(output: str) -> list[Row]:
    """The rows of a query's output, in whichever common shape it came."""
    value = parsed(output)
    if isinstance(value, str):
        return [dict(row) for row in csv.DictReader(value.strip().splitlines())]
    columns: list[str] = []
    if isinstance(value, dict):
        columns = [
            c if isinstance(c, str) else str(c.get("name")) for c in value.get("columns") or []
        ]
        for key in _ROW_KEYS:
            if isinstance(value.get(key), list):
                value = value[key]
                break
        else:
            value = [value]
    rows = value if isinstance(value, list) else [value]
    return [_row(row, columns) for row in rows]


def number(value: Any) -> Decimal | None:
    """A value as a number: also when it came as a string."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return Decimal(str(value).replace(",", ""))
    except InvalidOperation:
        return None


def shown(value: Any) -> str:
    """A value for people: thousands separated, two decimals unless whole."""
    amount = number(value)
    if amount is None or not isinstance(value, (int, float, str, Decimal)):
        return str(value)
    if amount == amount.to_integral_value():
        return f"{int(amount):,}"
    return f"{amount:,.2f}"


def described(output: str) -> str:
    """An output in words: `temperature 22, unit celsius`. Every value in it is kept as it came."""
    return _described(parsed(output))


def _described(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{key.replace('_', ' ')} {_described(item)}" for key, item in value.items()
        )
    if isinstance(value, list):
        return "; ".join(_described(item) for item in value) or "nothing"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _row(row: Any, columns: list[str]) -> Row:
    if isinstance(row, dict):
        return row
    values: list[Any] = row if isinstance(row, list) else [row]
    names = columns if len(columns) == len(values) else [f"column{i}" for i in range(len(values))]
    named: Json = dict(zip(names, values, strict=True))
    return named
