"""Bounds the size of the value that each allowed function returns.

Every function of `functions.py` is in exactly one group, which a test checks.
"""

from collections.abc import Sequence

from understudy.tools.sql_guard import sizes
from understudy.tools.sql_guard.functions import FORMATTING, LENGTH_ARGUMENTS, words
from understudy.tools.sql_guard.query import Node, kind_of
from understudy.tools.sql_guard.sizes import LONGEST_NUMBER, NOTHING, Size

NUMBERS = words(
    """
    abs acos age array_length array_position ascii asin atan atan2 avg bit_and bit_or bool_and
    bool_or cardinality cbrt ceil ceiling char_length character_length clock_timestamp corr cos
    count covar_pop covar_samp cume_dist date date_bin date_part date_trunc datetime degrees
    dense_rank div every extract floor gcd glob grouping instr isfinite json_array_length
    json_type json_typeof json_valid jsonb_array_length jsonb_typeof julianday justify_days
    justify_hours justify_interval lcm length like likely ln log log10 log2 make_date
    make_interval make_time make_timestamp make_timestamptz md5 median mod now ntile num_nonnulls
    num_nulls octet_length percent_rank percentile percentile_cont percentile_disc pi position
    radians random rank regexp_count regexp_instr regexp_like regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope round row_number scale sign sin sqrt starts_with
    statement_timestamp stddev stddev_pop stddev_samp strpos sum tan time timediff timezone
    to_date to_number to_timestamp total transaction_timestamp trunc typeof unicode unixepoch
    unlikely var_pop var_samp variance width_bucket
    """
)
"""Numbers, dates, booleans and other short values."""

KEEPING = words(
    """
    any_value array_remove btrim coalesce first_value greatest ifnull iif json_extract
    json_extract_path_text json_remove jsonb_extract_path_text lag last_value lead least left
    lower ltrim max min mode nth_value nullif regexp_substr reverse right rtrim split_part
    substr substring trim upper initcap
    """
)
"""The result is one of the arguments, or a part of it."""

JOINING = words(
    """
    array array_append array_cat array_prepend char chr concat json_insert json_patch
    json_replace json_set
    """
)
"""The result contains all arguments."""

JSON = words(
    """
    json json_array json_build_array json_build_object json_object json_quote jsonb_build_array
    jsonb_build_object
    """
)

COLLECTING = words(
    """
    array_agg group_concat json_agg json_group_array json_group_object json_object_agg jsonb_agg
    jsonb_object_agg string_agg
    """
)
"""Aggregates that hold every row."""

FACTORS = {"hex": 2, "quote": 2, "string_to_array": 10, "strftime": 30, "translate": 4}
"""Functions that turn each byte of an argument into several."""
PATTERNED = {"to_char": 16}
"""As above, for their second argument, a pattern."""

PRODUCTS = frozenset({"array_to_string", "regexp_replace", "replace"})
"""Functions that can put one argument in place of every character of the first."""

POWERS = frozenset({"exp", "pow", "power"})
OTHERS = frozenset({"concat_ws", "jsonb_pretty"}) | FORMATTING | frozenset(LENGTH_ARGUMENTS)

AGGREGATES = COLLECTING | words(
    """
    any_value avg bit_and bit_or bool_and bool_or corr count covar_pop covar_samp every max
    median min mode percentile percentile_cont percentile_disc regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope stddev stddev_pop stddev_samp sum total var_pop var_samp
    variance
    """
)


def arguments_of(call: Node) -> list[Node]:
    """Returns the arguments of a call without an aggregate's DISTINCT and ORDER BY."""
    plain: list[Node] = []
    for argument in call.expressions:
        inner = argument.this if kind_of(argument) == "Order" else argument
        plain += inner.expressions if kind_of(inner) == "Distinct" else [inner]
    return plain


def size_of_call(name: str, call: Node, parts: Sequence[Size], arguments: Sequence[Size]) -> Size:
    """Returns the size of any call except those in `COLLECTING`.

    `parts` are the sizes of all children, `arguments` those of the arguments in their order.
    """
    first = arguments[0] if arguments else NOTHING
    if name in NUMBERS:
        return sizes.number(parts)
    if name in KEEPING:
        return sizes.one_of(parts, arguments)
    if name in JSON:
        return sizes.as_json(parts)
    if name in PRODUCTS:
        replacement = max(
            (each.width for each in arguments[1 if name == "array_to_string" else 2 :]), default=0
        )
        return sizes.times(parts, first, replacement + 1)
    if name in FACTORS:
        return sizes.times(parts, max(arguments, key=lambda each: each.width), FACTORS[name])
    if name in PATTERNED:
        return sizes.times(parts, max(arguments[1:], key=_width, default=first), PATTERNED[name])
    if name in LENGTH_ARGUMENTS:
        return _of_given_length(name, call, parts, arguments)
    if name in FORMATTING:
        return _formatted(call, parts, arguments)
    if name in POWERS:
        return _power(name, call, parts, first)
    if name == "concat_ws":
        separators = first.width * len(arguments)
        whole = sizes.joined(parts)
        return sizes.over(parts, whole.width + separators, whole.mean + separators, made=True)
    if name == "jsonb_pretty":
        return sizes.indented(parts, first)
    return sizes.joined(parts)


def _width(size: Size) -> int:
    return size.width


def _of_given_length(
    name: str, call: Node, parts: Sequence[Size], arguments: Sequence[Size]
) -> Size:
    """Returns the size for `repeat`, `lpad` and `rpad`; a character has up to four bytes."""
    position = LENGTH_ARGUMENTS[name]
    length = literal_number(call.expressions[position : position + 1], sizes.CAP)
    if name == "repeat":
        return sizes.times(parts, arguments[0], length) if arguments else sizes.joined(parts)
    return sizes.over(parts, 4 * length, 4 * length, made=True)


def _formatted(call: Node, parts: Sequence[Size], arguments: Sequence[Size]) -> Size:
    """Returns the size for `format`: a directive writes one argument and up to 100 blanks."""
    directives = call.expressions[0].name.count("%") if call.expressions else 0
    longest = max(map(_width, arguments[1:]), default=0)
    mean = sum(each.mean for each in arguments[1:])
    own = (arguments[0].width if arguments else 0) + 100 * directives
    return sizes.over(parts, own + directives * longest, own + directives * mean, made=True)


def _power(name: str, call: Node, parts: Sequence[Size], base: Size) -> Size:
    exponent = literal_number(call.expressions[1:2], LONGEST_NUMBER)
    digits = LONGEST_NUMBER if name == "exp" else max(base.width, 1) * max(exponent, 1)
    return sizes.fixed(parts, min(digits, LONGEST_NUMBER))


def literal_number(nodes: Sequence[Node], otherwise: int) -> int:
    """Returns the value of a literal number, or `otherwise` for any other expression."""
    if len(nodes) != 1 or kind_of(nodes[0]) != "Literal" or nodes[0].args.get("is_string"):
        return otherwise
    try:
        return min(int(float(nodes[0].name)), otherwise)
    except (ValueError, OverflowError):
        return otherwise
