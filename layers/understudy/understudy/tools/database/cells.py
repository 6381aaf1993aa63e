"""Converts database rows to JSON within limits."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic_core import to_json

LARGEST_EXACT_INTEGER = 2**53
"""JSON parsers that use floating point lose digits of larger integers."""


@dataclass
class CutRows:
    """Rows as JSON values, and what was cut from them."""

    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    cut: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        result = {"columns": self.columns, "rows": self.rows, "row_count": len(self.rows)}
        return result | ({"truncated": True, "cut": self.cut} if self.cut else {})


def cut_rows(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    max_rows: int,
    max_columns: int,
    max_cell: int,
    max_result: int,
) -> CutRows:
    """Reads rows one at a time until a limit is reached, so a huge result is never in memory.

    The limits are the number of rows and columns and the characters of one cell and of all cells.
    """
    kept = CutRows([_cut(str(name), max_cell)[0] for name in columns[:max_columns]])
    if len(columns) > max_columns:
        kept.cut["columns"] = f"{max_columns} of {len(columns)} columns are shown"
    room = max_result - sum(map(len, kept.columns))
    for row in rows:
        if len(kept.rows) == max_rows:
            kept.cut["rows"] = f"only the first {max_rows} rows are shown"
            break
        cells = [_cut(encode_cell(value), max_cell) for value in row[:max_columns]]
        room -= sum(len(to_json(cell)) + 1 for cell, _ in cells)
        if room < 0:
            kept.cut["size"] = f"only the first {len(kept.rows)} rows fit"
            break
        kept.rows.append([cell for cell, _ in cells])
        if any(was_cut for _, was_cut in cells):
            kept.cut["cells"] = f"long cells are cut after {max_cell} characters"
    return kept


def encode_cell(value: Any) -> Any:
    """Returns a JSON value. Numbers that JSON cannot represent exactly become text."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= LARGEST_EXACT_INTEGER else _digits(value)
        case float():
            return value if math.isfinite(value) else _not_finite(value)
        case Decimal():
            return _decimal(value)
        case bytes() | bytearray() | memoryview():
            return "\\x" + bytes(value).hex()
        case list() | tuple():
            return [encode_cell(item) for item in value]
        case dict():
            return {str(key): encode_cell(item) for key, item in value.items()}
    return str(value)


def _cut(value: Any, limit: int) -> tuple[Any, bool]:
    if isinstance(value, list | dict):
        text = to_json(value).decode(errors="replace")
        return (value, False) if len(text) <= limit else (text[:limit] + "…", True)
    if isinstance(value, str):
        text = value.encode(errors="replace").decode()
        return (text, False) if len(text) <= limit else (text[:limit] + "…", True)
    return value, False


def _digits(value: int) -> str:
    """Returns the digits of an integer, or its size: Python prints at most 4,300 digits."""
    return str(value) if value.bit_length() < 4096 else f"about 2^{value.bit_length() - 1}"


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _decimal(value: Decimal) -> Any:
    if not value.is_finite():
        return "NaN" if value.is_nan() else "Infinity" if value > 0 else "-Infinity"
    short = float(value)
    return short if math.isfinite(short) and Decimal(repr(short)) == value else str(value)
