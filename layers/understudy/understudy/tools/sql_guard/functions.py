"""The functions that a query may call, by dialect."""

SQLITE_FUNCTIONS = frozenset(["count", "sum", "avg", "min", "max", "round"])
