"""The node types that a query may contain, and the parts that each may have.

Names are those of sqlglot, whose version is pinned in the database layer's requirements. The guard
rejects everything that is not listed here, so a new sqlglot can only make it stricter.
"""

_BINARY = "this expression"
_LIMITED = "order limit offset"

_QUERIES = {
    "Select": f"with_ expressions distinct from_ joins where group having windows {_LIMITED}",
    "Union": f"with_ this expression distinct {_LIMITED}",
    "Except": f"with_ this expression distinct {_LIMITED}",
    "Intersect": f"with_ this expression distinct {_LIMITED}",
    "Subquery": f"with_ this alias joins {_LIMITED}",
    "With": "expressions",
    "CTE": "this alias materialized",
    "Values": "expressions alias",
    "From": "this",
    "Table": "this db alias joins",
    "TableAlias": "this columns",
    "Join": "this on using side kind method",
    "Where": "this",
    "Group": "expressions",
    "Having": "this",
    "Order": "this expressions",
    "Ordered": "this desc nulls_first",
    "Limit": "expression",
    "Offset": "expression",
    "Distinct": "expressions",
}

_EXPRESSIONS = {
    "Alias": "this alias",
    "Anonymous": "this expressions",
    "Between": "this low high symmetric",
    "Boolean": "this",
    "Case": "this ifs default",
    "Cast": "this to",
    "Collate": _BINARY,
    "Column": "this table db",
    "CurrentDate": "",
    "CurrentTime": "",
    "CurrentTimestamp": "",
    "DPipe": "this expression safe",
    "DataType": "this expressions nested",
    "DataTypeParam": "this",
    "Div": "this expression typed safe",
    "Escape": _BINARY,
    "Exists": "this",
    "Filter": _BINARY,
    "Identifier": "this quoted",
    "If": "this true",
    "In": "this expressions query",
    "Is": "this expression negate",
    "JSONExtract": "this expression only_json_types",
    "JSONExtractScalar": "this expression only_json_types scalar_only",
    "Like": "this expression negate",
    "Literal": "this is_string",
    "Null": "",
    "Star": "",
    "Substring": "this start length",
    "Trim": "this position expression",
    "Tuple": "expressions",
    "Var": "this",
    "Window": "this partition_by order spec alias over",
    "WindowSpec": "kind start start_side end end_side exclude",
}

_OPERATORS = """
    Add And BitwiseAnd BitwiseLeftShift BitwiseOr BitwiseRightShift EQ GT GTE LT LTE Mod Mul NEQ
    NullSafeEQ NullSafeNEQ Or Sub
"""
_SIGNS = "BitwiseNot Neg Not Paren"

COMMON = (
    _QUERIES
    | _EXPRESSIONS
    | dict.fromkeys(_OPERATORS.split(), _BINARY)
    | dict.fromkeys(_SIGNS.split(), "this")
)

POSTGRES = {
    "All": "this",
    "Any": "this",
    "Array": "expressions",
    "ArrayContainedBy": _BINARY,
    "ArrayContainsAll": _BINARY,
    "ArrayOverlaps": _BINARY,
    "AtTimeZone": "this zone",
    "Bracket": "this expressions offset",
    "ByteString": "this",
    "Cube": "expressions",
    "Distinct": "expressions on",
    "Extract": _BINARY,
    "Fetch": "direction count limit_options",
    "GroupingSets": "expressions",
    "ILike": "this expression negate",
    "Interval": "this unit",
    "IntervalSpan": _BINARY,
    "JSONBContainsAllTopKeys": _BINARY,
    "JSONBContainsAnyTopKeys": _BINARY,
    "JSONBContainsTopKey": _BINARY,
    "JSONBExtract": _BINARY,
    "JSONBExtractScalar": _BINARY,
    "Kwarg": _BINARY,
    "Lateral": "this alias",
    "LimitOptions": "rows",
    "Localtime": "",
    "Localtimestamp": "",
    "Overlaps": _BINARY,
    "Overlay": "this expression from_ for_",
    "Pow": _BINARY,
    "RawString": "this",
    "RegexpILike": _BINARY,
    "RegexpLike": _BINARY,
    "Rollup": "expressions",
    "SimilarTo": _BINARY,
    "Slice": _BINARY,
    "StrPosition": "this substr",
    "WithinGroup": _BINARY,
}

SQLITE = {"Glob": _BINARY, "HexString": "this"}

NODES: dict[str, dict[str, frozenset[str]]] = {
    dialect: {kind: frozenset(parts.split()) for kind, parts in (COMMON | own).items()}
    for dialect, own in (("postgres", POSTGRES), ("sqlite", SQLITE))
}

_COMMON_TYPES = """
    BIGINT BOOLEAN CHAR DATE DECIMAL DOUBLE FLOAT INT SMALLINT TEXT TIME TIMESTAMP VARCHAR
"""
_POSTGRES_TYPES = "ARRAY INTERVAL JSON JSONB TIMESTAMPTZ TIMETZ UUID"

TYPES = {
    "postgres": frozenset(f"{_COMMON_TYPES} {_POSTGRES_TYPES}".split()),
    "sqlite": frozenset(f"{_COMMON_TYPES} DATETIME".split()),
}
"""Target types of a CAST. Row types and `regclass` are not listed: they name other objects."""
