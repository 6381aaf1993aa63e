"""The bundled sample database."""

import sqlite3
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

from understudy.tools.database.sample_data import sample_file
from understudy.tools.database.sample_rows import SALES, customers, products, sales


def test_rows_are_reproducible() -> None:
    """Fixed sums detect a changed generator."""
    rows = list(sales())

    assert rows == list(sales())
    assert len(rows) == SALES
    assert sum(row.amount for row in rows) == Decimal("633793.75")
    assert rows[0].sold_on == date(2024, 10, 1)
    assert rows[-1].sold_on == date(2026, 9, 30)


def test_rows_are_consistent() -> None:
    """Every sale has a customer of its region, a product, and the right amount."""
    regions = {customer.customer_id: customer.region for customer in customers()}
    known = {product.product_id for product in products()}

    for sale in sales():
        assert regions[sale.customer_id] == sale.region
        assert sale.product_id in known
        assert sale.amount == sale.quantity * sale.unit_price
        assert sale.amount * 4 % 1 == 0


def test_last_two_quarters_have_different_best_regions() -> None:
    """So a follow-up question about the previous quarter has another result."""

    def best(first: date, last: date) -> str:
        totals: Counter[str] = Counter()
        for sale in sales():
            if first <= sale.sold_on <= last:
                totals[sale.region] += sale.amount  # type: ignore[assignment]
        return totals.most_common(1)[0][0]

    assert best(date(2026, 7, 1), date(2026, 9, 30)) == "West"
    assert best(date(2026, 4, 1), date(2026, 6, 30)) == "East"


def test_file_is_written_once(tmp_path: Path) -> None:
    """The second call uses the existing file; no temporary file remains."""
    path = sample_file(tmp_path)
    written = path.stat().st_mtime_ns

    assert sample_file(tmp_path) == path
    assert path.stat().st_mtime_ns == written
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM sales").fetchone() == (SALES,)
    connection.close()
