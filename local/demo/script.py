"""What the model says in the demo: its tool calls and answers are written down here.

Everything else is real: the template, the state machine, the functions, the database's rows. Where
nothing is scripted, as for the dropped file, the fake provider's test model answers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from local.provider.control import ControlClient

SALES = """SELECT sales.region AS region, SUM(sales.amount) AS total
FROM sales
WHERE sales.sold_on >= '{start}' AND sales.sold_on < '{end}'
GROUP BY sales.region
ORDER BY total DESC LIMIT 3"""
PRODUCTS = """SELECT products.name AS product, SUM(sales.amount) AS total
FROM sales
JOIN products ON products.product_id = sales.product_id
WHERE sales.sold_on >= '{start}' AND sales.sold_on < '{end}' AND sales.region = '{region}'
GROUP BY products.name
ORDER BY total DESC LIMIT 3"""

THIRD_QUARTER = {"start": "2026-07-01", "end": "2026-10-01", "region": "West"}
SECOND_QUARTER = {"start": "2026-04-01", "end": "2026-07-01", "region": "East"}

THIRD_QUARTER_ANSWER = (
    "**West** sold most in Q3 2026: 25,031.75, ahead of East with 19,717.00 and North with "
    "16,885.25. The three products that drove West:\n\n"
    "1. Cold Brew Concentrate, 6,203.50\n2. Hand Grinder, 4,020.50\n3. Pour-over Set, 3,073.00"
)
SECOND_QUARTER_ANSWER = (
    "In Q2 2026 it was **East** with 20,759.25, ahead of West with 19,331.00 and North with "
    "18,626.25. The three products that drove East:\n\n"
    "1. Decaf Beans, 4,552.25\n2. Milk Frother, 3,982.50\n3. Pour-over Set, 2,829.00"
)
DELTA_SECONDS = 0.03
"""The time between two pieces of an answer, so that a viewer sees them arrive."""

MEETING_ANSWER = "Done: you meet Grace on Friday at 10:00."


def script_model(control: ControlClient) -> None:
    """Script the model's answers of all scenes, in their order."""
    control.set_speeds(delta=DELTA_SECONDS)
    for answer in _answers():
        control.script_answer(match={"path": "/v1/responses"}, **answer)


def _answers() -> Iterator[Mapping[str, Any]]:
    schemas = [("get_table_schema", {"table": t}) for t in ("customers", "products", "sales")]
    yield {"calls": [{"name": name, "arguments": given} for name, given in schemas]}
    yield from _queries(THIRD_QUARTER)
    yield {"text": THIRD_QUARTER_ANSWER}
    yield from _queries(SECOND_QUARTER)
    yield {"text": SECOND_QUARTER_ANSWER}
    meeting = {"person": "Grace", "day": "Friday", "time": "10:00"}
    yield {"calls": [{"name": "book_meeting", "arguments": meeting}]}
    yield {"text": MEETING_ANSWER}
    yield {"never_ends": True}


def _queries(quarter: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    for query in (SALES, PRODUCTS):
        call = {"name": "query_database", "arguments": {"sql": query.format(**quarter)}}
        yield {"calls": [call]}
