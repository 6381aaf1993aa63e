"""The functions that a query may call, by dialect, in lower case.

Listed are functions of their arguments, aggregates and the clock. Not listed are functions that
read settings, catalogs, files, sequences or sessions, run SQL or XML from text, return sets, wait
or lock. `calls.py` bounds the size of what each listed function returns.
"""


def words(text: str) -> frozenset[str]:
    """Returns the words of a text."""
    return frozenset(text.split())


_COMMON = """
    abs acos asin atan atan2 avg ceil ceiling coalesce concat concat_ws cos count cume_dist
    degrees dense_rank exp first_value floor format lag last_value lead length ln log log10
    lower ltrim max min mod nth_value ntile nullif percent_rank pi power radians random rank
    replace round row_number rtrim sign sin sqrt string_agg substr substring sum tan trim trunc
    upper
"""

_POSTGRES = """
    age any_value array array_agg array_append array_cat array_length array_position
    array_prepend array_remove array_to_string ascii bit_and bit_or bool_and bool_or btrim
    cardinality cbrt char_length character_length chr clock_timestamp corr count covar_pop
    covar_samp date_bin date_part date_trunc div every extract gcd greatest grouping initcap
    isfinite json_agg json_array_length json_build_array json_build_object
    json_extract_path_text json_object_agg json_typeof jsonb_agg jsonb_array_length
    jsonb_build_array jsonb_build_object jsonb_extract_path_text jsonb_object_agg jsonb_pretty
    jsonb_typeof justify_days justify_hours justify_interval lcm least left lpad make_date
    make_interval make_time make_timestamp make_timestamptz md5 mode now num_nonnulls num_nulls
    octet_length percentile_cont percentile_disc position pow regexp_count regexp_instr
    regexp_like regexp_replace regexp_substr regr_avgx regr_avgy regr_count regr_intercept
    regr_r2 regr_slope repeat reverse right rpad scale split_part starts_with
    statement_timestamp stddev stddev_pop stddev_samp string_to_array strpos timezone to_char
    to_date to_number to_timestamp transaction_timestamp translate var_pop var_samp variance
    width_bucket
"""

_SQLITE = """
    char date datetime glob group_concat hex ifnull iif instr json json_array json_array_length
    json_extract json_group_array json_group_object json_insert json_object json_patch
    json_quote json_remove json_replace json_set json_type json_valid julianday like likely log2
    median percentile pow printf quote strftime time timediff total typeof unicode unixepoch
    unlikely
"""

POSTGRES_FUNCTIONS = words(_COMMON + _POSTGRES)
SQLITE_FUNCTIONS = words(_COMMON + _SQLITE)

FUNCTIONS = {"postgres": POSTGRES_FUNCTIONS, "sqlite": SQLITE_FUNCTIONS}

SYSTEM_COLUMNS = {
    "postgres": frozenset(["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"]),
    "sqlite": frozenset[str](),
}
"""Columns that every table has."""

_SESSION = frozenset(
    [
        "current_catalog",
        "current_role",
        "current_schema",
        "current_user",
        "session_user",
        "system_user",
    ]
)
BARE_CALLS = {"postgres": _SESSION | {"user"}, "sqlite": _SESSION}
"""Functions of the session that are called without parentheses."""

LENGTH_ARGUMENTS = {"lpad": 1, "rpad": 1, "repeat": 1}
"""Functions with the position of the argument that is the length of the result."""

FORMATTING = frozenset({"format", "printf"})

JOINING = frozenset({"concat", "concat_ws", "replace", "format", "printf"})
"""Functions whose result contains their arguments."""

KEEPING = frozenset(
    [
        "upper",
        "lower",
        "trim",
        "ltrim",
        "rtrim",
        "btrim",
        "coalesce",
        "ifnull",
        "nullif",
        "max",
        "min",
    ]
)
"""Functions whose result can be as long as an argument."""

ROW_FUNCTIONS = words(
    """
    any_value array_agg hash_record json_agg json_agg_strict json_build_array json_build_object
    jsonb_agg jsonb_agg_strict jsonb_build_array jsonb_build_object num_nonnulls num_nulls
    quote_literal quote_nullable record_out record_send row_to_json to_json to_jsonb
    """
)
"""PostgreSQL's functions of a row whose names are not usual names of columns."""

WHOLE_ROW_FUNCTIONS = frozenset({"count", "json_agg", "jsonb_agg"})
"""Functions that may be given a whole row of a subquery, which has no type of its own."""
