"""The demo's scripted answers against the sample database."""

import pytest
from understudy.tools.database import sample_settings
from understudy.tools.database.queries import run_query

from local.demo import script


@pytest.mark.parametrize(
    ("quarter", "answer"),
    [
        (script.THIRD_QUARTER, script.THIRD_QUARTER_ANSWER),
        (script.SECOND_QUARTER, script.SECOND_QUARTER_ANSWER),
    ],
)
def test_scripted_numbers_are_those_of_the_scripted_queries(
    quarter: dict[str, str], answer: str
) -> None:
    """Every name and sum that the queries return is in the answer, the best region in bold."""
    regions, products = (
        run_query(query.format(**quarter), sample_settings(), 5).rows
        for query in (script.SALES, script.PRODUCTS)
    )

    assert f"**{regions[0][0]}**" in answer
    assert regions[0][0] == quarter["region"]
    for name, total in [*regions, *products]:
        assert name in answer
        assert f"{total:,.2f}" in answer
