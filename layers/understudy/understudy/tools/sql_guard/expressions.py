"""The size of an expression, node by node."""

import re
from collections.abc import Mapping, Sequence

from understudy.tools.sql_guard import calls, sizes
from understudy.tools.sql_guard.frames import Frame
from understudy.tools.sql_guard.functions import words
from understudy.tools.sql_guard.grouping import is_windowed
from understudy.tools.sql_guard.query import ASCII_LOWER, Node, below, kind_of
from understudy.tools.sql_guard.sizes import LONGEST_NUMBER, NOTHING, NUMBER_WIDTH, Size

SHORT = words(
    """
    All And Any Between Boolean CurrentDate CurrentTime CurrentTimestamp EQ Exists Extract GT GTE
    Glob ILike In Interval IntervalSpan Is JSONBContainsAllTopKeys JSONBContainsAnyTopKeys
    JSONBContainsTopKey LT LTE Like Localtime Localtimestamp NEQ Not Null NullSafeEQ NullSafeNEQ
    Or Overlaps RegexpILike RegexpLike SimilarTo StrPosition AtTimeZone ArrayContainedBy
    ArrayContainsAll ArrayOverlaps BitwiseAnd BitwiseNot BitwiseOr BitwiseLeftShift
    BitwiseRightShift Div Mod
    """
)
"""Conditions, dates and numbers of a fixed size."""

FIRST = words(
    "Bracket Collate Escape Filter JSONBExtract JSONBExtractScalar JSONExtract "
    "JSONExtractScalar Ordered Paren Substring Trim Window"
)
"""The first part, or a piece of it."""

ADDED = frozenset({"Add", "Neg", "Sub"})
EXPONENT = re.compile(r"[eE]")
SEPARATED = frozenset({"group_concat", "string_agg"})
EXACT = frozenset({"DECIMAL", "BIGDECIMAL"})


def size_of_node(
    node: Node, children: Sequence[Node], measured: Mapping[int, Size], scope: Frame
) -> Size:
    """Returns the size of one node, from the sizes of its children."""
    kind = kind_of(node)
    parts = [measured[id(child)] for child in children]
    if kind == "Anonymous":
        return _call(node, parts, measured, scope)
    if kind in {"Literal", "RawString", "ByteString", "HexString"}:
        return _literal(node)
    if kind in SHORT:
        return sizes.number(parts)
    if kind in FIRST:
        return sizes.one_of(parts, [measured.get(id(node.this), NOTHING)])
    if kind in {"Case", "If", "WithinGroup"}:
        return sizes.one_of(parts)
    if kind == "Cast":
        return _cast(node, parts, measured[id(node.this)])
    if kind == "Pow":
        exponent = calls.literal_number([node.expression], LONGEST_NUMBER)
        digits = max(measured[id(node.this)].width, 1) * max(exponent, 1)
        return sizes.fixed(parts, min(digits, LONGEST_NUMBER))
    if kind == "Mul":
        return sizes.fixed(parts, min(sum(part.width for part in parts), LONGEST_NUMBER))
    if kind in ADDED:
        return sizes.one_of(parts)
    return sizes.joined(parts, made=kind in {"DPipe", "Overlay"})


def separator_of(node: Node, measured: Mapping[int, Size]) -> int:
    """Returns the bytes of the separator of an aggregate."""
    if kind_of(node) != "Anonymous" or str(node.this).lower() not in SEPARATED:
        return 0
    return max((measured[id(each)].width for each in calls.arguments_of(node)[1:]), default=0)


def _call(node: Node, parts: Sequence[Size], measured: Mapping[int, Size], scope: Frame) -> Size:
    name = str(node.this).translate(ASCII_LOWER)
    arguments = [measured.get(id(each), NOTHING) for each in calls.arguments_of(node)]
    if name not in calls.COLLECTING:
        return calls.size_of_call(name, node, parts, arguments)
    has_separator = name in SEPARATED
    items, separators = (arguments[:1], arguments[1:]) if has_separator else (arguments, [])
    item = sizes.as_json(items) if "json" in name else sizes.joined(items)
    separator = max((each.width for each in separators), default=1) + 1
    distinct = any(kind_of(each) == "Distinct" for each in below(node))
    read = calls.arguments_of(node)[: len(items)] if distinct else []
    rows = min(scope.rows, scope.rows_of(_qualifiers(read))) if distinct else scope.rows
    whole = sizes.aggregated(
        parts, item, separator, rows, grouped=scope.grouped and not is_windowed(node)
    )
    if scope.usual >= rows or scope.grouped:
        return whole
    mean = min(whole.width, scope.usual * (item.mean + separator))
    return sizes.over(parts, whole.width, mean, depth=whole.depth, made=True)


def _qualifiers(nodes: Sequence[Node]) -> set[str]:
    return {
        column.text("table")
        for node in nodes
        for column in below(node)
        if kind_of(column) == "Column"
    }


def _literal(node: Node) -> Size:
    text = node.name
    if node.args.get("is_string", True):
        width = len(text.encode())
        spells_number = any(sign.isdigit() for sign in text) and EXPONENT.search(text) is not None
        return Size(width, width, width, made=spells_number)
    _, _, exponent = text.lower().partition("e")
    digits = abs(int(exponent)) if exponent.lstrip("+-").isdigit() else 0
    width = min(len(text) + digits, LONGEST_NUMBER)
    return Size(width, width, width)


def _cast(node: Node, parts: Sequence[Size], value: Size) -> Size:
    """Returns the size of a cast, which can pad (`char(n)`), write out digits, or nest JSON."""
    target = node.args["to"]
    name = getattr(target.this, "name", "")
    lengths = [each.this for each in target.expressions if kind_of(each) == "DataTypeParam"]
    if name == "CHAR" and lengths:
        return sizes.fixed(parts, max(value.width, calls.literal_number(lengths, sizes.CAP)))
    if name in EXACT:
        return sizes.fixed(parts, LONGEST_NUMBER if value.made else max(value.width, NUMBER_WIDTH))
    if name in {"JSON", "JSONB"}:
        depth = value.depth or value.width // 2
        return sizes.over(parts, value.width * 2, value.mean * 2, depth=depth)
    if name == "ARRAY":
        return sizes.times(parts, value, 10)
    made = value.made or value.depth > 0
    return sizes.over(parts, value.width, value.mean, made=made)
