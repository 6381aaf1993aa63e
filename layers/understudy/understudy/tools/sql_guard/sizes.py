"""Upper bounds for expressions: the bytes of their values and the work of a planner.

The data is not known: a stored column counts as `STORED_WIDTH` bytes, so a bound tells how much a
query multiplies stored data. All numbers stop at `CAP`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

CAP = 10**15
STORED_WIDTH = 100
NUMBER_WIDTH = 40
LONGEST_NUMBER = 131_072
"""Digits of PostgreSQL's largest numeric."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bounds for one expression.

    `width` bounds the bytes of any of its values and `mean` those of an average value; `work`
    adds up the bytes of all intermediate values. `plan` is what a planner may copy once the
    columns of subqueries are replaced by their expressions: for every node, the nodes below it.
    `depth` is how deep a JSON value nests, 0 for other types. `made` marks text that the query
    assembles, which may spell anything.
    """

    width: int
    mean: int
    work: int = 0
    nodes: int = 1
    plan: int = 1
    depth: int = 0
    made: bool = False


STORED = Size(STORED_WIDTH, STORED_WIDTH)
NOTHING = Size(0, 0, nodes=0, plan=0)


def capped(number: int) -> int:
    return min(number, CAP)


def over(
    parts: Sequence[Size], width: int, mean: int, *, depth: int = 0, made: bool = False
) -> Size:
    """Returns the size of a node with children `parts` and a value of the given width."""
    nodes = capped(1 + sum(part.nodes for part in parts))
    return Size(
        capped(width),
        capped(min(mean, width)),
        capped(width + sum(part.work for part in parts)),
        nodes,
        capped(nodes + sum(part.plan for part in parts)),
        depth,
        made,
    )


def number(parts: Sequence[Size]) -> Size:
    """Returns the size of a number, date or boolean, which is long only if an argument is."""
    widest = max((part.width for part in parts), default=0)
    return fixed(parts, widest if widest > LONGEST_NUMBER // 2 else NUMBER_WIDTH)


def fixed(parts: Sequence[Size], width: int) -> Size:
    return over(parts, width, width)


def joined(parts: Sequence[Size], *, made: bool = True) -> Size:
    """Returns the size of a value that contains all parts."""
    return over(
        parts,
        sum(part.width for part in parts),
        sum(part.mean for part in parts),
        depth=max((part.depth for part in parts), default=0),
        made=made or any(part.made for part in parts),
    )


def one_of(parts: Sequence[Size], shown: Sequence[Size] | None = None) -> Size:
    """Returns the size of a value that is one of `shown`, or one of all parts."""
    choices = parts if shown is None else shown
    return over(
        parts,
        max((part.width for part in choices), default=0),
        sum(part.mean for part in choices),
        depth=max((part.depth for part in choices), default=0),
        made=any(part.made for part in choices),
    )


def times(parts: Sequence[Size], text: Size, factor: int) -> Size:
    """Returns the size of a value with up to `factor` bytes for each byte of `text`."""
    return over(parts, text.width * factor + factor, text.mean * factor + factor, made=True)


def as_json(parts: Sequence[Size]) -> Size:
    """Returns the size of a JSON object or array. Text is quoted and escaped in it."""
    escaped = [
        replace(part, width=part.width * 6, mean=part.mean * 6)
        if part.made and not part.depth
        else part
        for part in parts
    ]
    fresh = joined(escaped)
    room = 8 * len(parts) + 2
    depth = 1 + max((part.depth for part in parts), default=0)
    return over(parts, fresh.width + room, fresh.mean + room, depth=depth)


def indented(parts: Sequence[Size], value: Size) -> Size:
    """Returns the size of JSON with line breaks, where each line is indented by its depth."""
    factor = 4 * (value.depth + 2)
    return over(parts, value.width * factor, value.mean * factor, made=True)


def aggregated(
    parts: Sequence[Size], item: Size, separator: int, rows: int, *, grouped: bool
) -> Size:
    """Returns the size of an aggregate that contains an item for each row.

    With GROUP BY all groups together contain each item once.
    """
    mean = item.mean + separator
    total = capped(rows * mean)
    return over(parts, total, mean if grouped else total, depth=item.depth, made=True)


def of_subquery(columns: Sequence[Size], plan: int, rows: int, usual: int) -> Size:
    """Returns the size of a subquery's value, which has up to `rows` rows, `usual` on average."""
    row = joined(columns, made=False)
    return Size(
        capped(row.width * rows),
        capped(row.mean * usual),
        capped(row.work * usual),
        row.nodes,
        capped(row.plan + plan),
        row.depth,
        row.made,
    )


def widest(first: Size, second: Size) -> Size:
    """Returns bounds that hold for both sizes."""
    return Size(
        max(first.width, second.width),
        max(first.mean, second.mean),
        max(first.work, second.work),
        max(first.nodes, second.nodes),
        max(first.plan, second.plan),
        max(first.depth, second.depth),
        first.made or second.made,
    )
