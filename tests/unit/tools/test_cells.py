"""Database values as JSON."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from understudy.tools.database.cells import cut_rows, encode_cell

LIMITS = {"max_rows": 10, "max_columns": 10, "max_cell": 100, "max_result": 1000}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        ("text", "text"),
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (-(10**40), "-1" + "0" * 40),
        (1.5, 1.5),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (Decimal("12.50"), 12.5),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (Decimal("NaN"), "NaN"),
        (Decimal("-Infinity"), "-Infinity"),
        (Decimal("1E+400"), "1E+400"),
        (date(2026, 9, 30), "2026-09-30"),
        (datetime(2026, 9, 30, 1, 2), "2026-09-30 01:02:00"),  # noqa: DTZ001
        (timedelta(days=2), "2 days, 0:00:00"),
        (b"\x00\xff", "\\x00ff"),
        (memoryview(b"a"), "\\x61"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([1, Decimal("2.5"), None], [1, 2.5, None]),
        ({"a": [float("nan")], 2: date(2026, 1, 1)}, {"a": ["NaN"], "2": "2026-01-01"}),
    ],
)
def test_every_type_has_a_json_form(value: Any, expected: Any) -> None:
    """Numbers that JSON cannot represent exactly, and other types, become text."""
    encoded = encode_cell(value)

    assert encoded == expected
    assert json.loads(json.dumps(encoded, allow_nan=False)) == encoded


def test_integer_of_thousands_of_digits_is_described() -> None:
    """Python does not print more than 4,300 digits."""
    assert encode_cell(1 << 20_000) == "about 2^20000"


def test_long_structures_are_cut_as_text() -> None:
    """JSON cells have the same limit as text."""
    result = cut_rows(["a"], [[{"k": "v" * 200}]], **LIMITS)

    assert result.rows == [['{"k":"' + "v" * 94 + "…"]]
    assert "cells" in result.cut


def test_lone_surrogate_is_replaced() -> None:
    """Text that UTF-8 cannot encode becomes a question mark."""
    assert cut_rows(["a"], [["x\ud800y"]], **LIMITS).rows == [["x?y"]]


def test_rows_beyond_the_limit_are_never_read() -> None:
    """One row more than the limit is fetched."""
    fetched: list[int] = []

    def rows() -> Iterator[list[int]]:
        for number in range(1_000_000):
            fetched.append(number)
            yield [number]

    assert len(cut_rows(["n"], rows(), **LIMITS).rows) == 10
    assert len(fetched) == 11


def test_many_and_long_column_names_are_cut() -> None:
    """Names have the length limit of cells, and the number of columns is limited."""
    result = cut_rows(["x" * 500, *map(str, range(2000))], [list(range(2001))], **LIMITS)

    assert [len(result.columns), len(result.columns[0])] == [10, 101]
    assert result.cut == {"columns": "10 of 2001 columns are shown"}
