"""Queries whose values, rows or plans grow with every level, spelled in many ways.

With `LEVELS` levels most of them need gigabytes; they must never be sent to a database.
"""

from collections.abc import Callable

LEVELS = 26


def _chain(first: str, step: str, last: str, levels: int, materialized: str = "") -> str:
    """Returns a chain of CTEs in which each reads the previous one (`{p}`)."""
    ctes = [f"c0 AS ({first})"]
    ctes += [f"c{n} AS {materialized}({step.format(p=f'c{n - 1}')})" for n in range(1, levels)]
    return f"WITH {', '.join(ctes)} {last.format(p=f'c{levels - 1}')}"


def _nested(first: str, step: str, last: str, levels: int) -> str:
    """Returns derived tables, each in the FROM clause of the next one."""
    inner = first
    for _ in range(levels):
        inner = step.format(p=f"({inner}) x")
    return last.format(p=f"({inner}) y")


TEXTS = "SELECT name AS s, category AS t FROM products"
LENGTH = "SELECT max(length(s)) FROM {p}"


def _pair(first: str, second: str) -> Callable[[int], str]:
    """A family with two columns that both grow, so no expression repeats a column."""
    step = f"SELECT {first} AS s, {second} AS t FROM {{p}}"
    return lambda levels: _chain(TEXTS, step, LENGTH, levels)


BOTH: dict[str, Callable[[int], str]] = {
    "two aliases": _pair("s || t", "t || s"),
    "two aliases, literals": lambda n: _chain(
        "SELECT '0123456789' AS s, '0123456789' AS t",
        "SELECT s || t AS s, s || t AS t FROM {p}",
        LENGTH,
        n,
    ),
    "materialized": lambda n: _chain(
        TEXTS, "SELECT s || t AS s, s || t AS t FROM {p}", LENGTH, n, "MATERIALIZED "
    ),
    "derived tables": lambda n: _nested(
        TEXTS, "SELECT s || t AS s, t || s AS t FROM {p}", LENGTH, min(n, 24)
    ),
    "case": _pair(
        "CASE WHEN s > t THEN s || t ELSE t || s END", "CASE WHEN t > s THEN t || s END"
    ),
    "coalesce": _pair("coalesce(s, '') || coalesce(t, '')", "coalesce(t, s) || coalesce(s, t)"),
    "upper": _pair("upper(s) || lower(t)", "trim(t) || upper(s)"),
    "numbers": lambda n: _chain(
        "SELECT amount AS s, quantity AS t FROM sales",
        "SELECT s + t AS s, s - t AS t FROM {p}",
        "SELECT sum(s) FROM {p}",
        n,
    ),
    "products of numbers": lambda n: _chain(
        "SELECT amount AS s, quantity AS t FROM sales",
        "SELECT s * t AS s, t * s AS t FROM {p}",
        "SELECT sum(s) FROM {p}",
        n,
    ),
    "conditions": lambda n: _chain(
        "SELECT amount > 1 AS s, quantity > 1 AS t FROM sales",
        "SELECT (s AND t) AS s, (s OR t) AS t FROM {p}",
        "SELECT count(*) FROM {p} WHERE s",
        n,
    ),
    "self join": lambda n: _chain(
        TEXTS, "SELECT x.s || y.t AS s, y.s || x.t AS t FROM {p} x, {p} y", LENGTH, n
    ),
    "self join on a condition": lambda n: _chain(
        TEXTS, "SELECT x.s || y.t AS s, x.t AS t FROM {p} x JOIN {p} y ON x.t = y.t", LENGTH, n
    ),
    "union of itself": lambda n: _chain(
        "SELECT name AS s FROM products",
        "SELECT s FROM {p} UNION ALL SELECT s FROM {p}",
        "SELECT count(*) FROM {p}",
        n,
    ),
    "scalar subqueries": lambda n: _chain(
        "SELECT 'x' AS s", "SELECT (SELECT s FROM {p}) || (SELECT s FROM {p}) AS s", LENGTH, n
    ),
    "subqueries in conditions": lambda n: _chain(
        "SELECT name AS s FROM products",
        "SELECT s FROM {p} WHERE s IN (SELECT s FROM {p})",
        "SELECT count(*) FROM {p}",
        n,
    ),
    "renamed columns": lambda n: (
        "WITH c0 (s, t) AS (SELECT name, category FROM products), "
        + ", ".join(f"c{k} (s, t) AS (SELECT s || t, t || s FROM c{k - 1})" for k in range(1, n))
        + f" SELECT s FROM c{n - 1}"
    ),
    "window": _pair(
        "max(s) OVER (ORDER BY t) || min(t) OVER (ORDER BY s)", "first_value(t) OVER () || s"
    ),
    "grouped": lambda n: _chain(
        TEXTS, "SELECT max(s || t) AS s, min(t || s) AS t FROM {p} GROUP BY s", LENGTH, n
    ),
    "replace": lambda n: "SELECT length("
    + "replace(" * (n // 3)
    + "name"
    + f", 'x', '{'x' * 200}')" * (n // 3)
    + ") FROM products",
    "replace, names": lambda n: _chain(
        TEXTS, "SELECT replace(s, 'a', t) AS s, replace(t, 'b', s) AS t FROM {p}", LENGTH, n // 3
    ),
    "many sums of one column": lambda n: _chain(
        "SELECT amount AS s FROM sales", "SELECT s + s * 2 - s AS s FROM {p}",
        "SELECT max(s) FROM {p}", n,
    ),
}  # fmt: skip

POSTGRES: dict[str, Callable[[int], str]] = {
    "concat": _pair("concat(s, t)", "concat(t, s)"),
    "concat_ws": _pair("concat_ws('-', s, t)", "concat_ws('-', t, s)"),
    "format": _pair("format('%s%s', s, t)", "format('%s%s', t, s)"),
    "format by number": lambda n: _chain(
        "SELECT name AS s FROM products",
        "SELECT format('%1$s%1$s%1$s', s) AS s FROM {p}",
        LENGTH,
        n // 2,
    ),
    "arrays": lambda n: _chain(
        "SELECT ARRAY[name] AS s, ARRAY[category] AS t FROM products",
        "SELECT array_cat(s, t) AS s, t || s AS t FROM {p}",
        "SELECT max(cardinality(s)) FROM {p}",
        n,
    ),
    "array of arrays": _pair("ARRAY[s, t]", "ARRAY[t, s]"),
    "json": _pair("json_build_array(s, t)", "json_build_object('a', s, 'b', t)"),
    "quoted json": lambda n: _chain(
        "SELECT name AS s FROM products",
        "SELECT json_build_array(s)::text || '' AS s FROM {p}",
        LENGTH,
        n,
    ),
    "not materialized": lambda n: _chain(
        TEXTS, "SELECT s || t AS s, s || t AS t FROM {p}", LENGTH, n, "NOT MATERIALIZED "
    ),
    "lateral": lambda n: (
        "SELECT max(length(x.s)) FROM (SELECT name AS s, category AS t FROM products) x0"
        + "".join(
            f", LATERAL (SELECT x{k - 1}.s || x{k - 1}.t AS s, x{k - 1}.t || x{k - 1}.s AS t) x{k}"
            for k in range(1, n)
        )
        + f", LATERAL (SELECT x{n - 1}.s) x"
    ),
    "regexp_replace": lambda n: (
        "SELECT length("
        + "regexp_replace(" * (n // 3)
        + "name"
        + f", '.', '{'x' * 200}', 'g')" * (n // 3)
        + ") FROM products"
    ),
    "regexp_replace, references": lambda n: (
        "SELECT length("
        + "regexp_replace(" * (n // 3)
        + "name"
        + (", '.', '" + "\\&" * 100 + "', 'g')") * (n // 3)
        + ") FROM products"
    ),
    "replace, repeat": lambda n: (
        "SELECT length("
        + "replace(" * (n // 5)
        + "'x'"
        + ", 'x', repeat('x', 200))" * (n // 5)
        + ")"
    ),
    "repeat in steps": lambda n: _chain(
        "SELECT 'x' AS s", "SELECT repeat(s, 200) AS s FROM {p}", LENGTH, n // 5
    ),
    "aggregates of aggregates": lambda n: _chain(
        "SELECT name AS s FROM products",
        "SELECT string_agg(x.s, ',') AS s FROM {p} x, products y",
        LENGTH,
        n // 5,
    ),
    "json aggregates": lambda n: _chain(
        "SELECT jsonb_agg(name) AS s FROM products",
        "SELECT jsonb_agg(x.s) AS s FROM {p} x, products y",
        "SELECT max(length(s::text)) FROM {p}",
        n // 5,
    ),
    "array_to_string": lambda n: _chain(
        "SELECT name AS s FROM products",
        "SELECT array_to_string(string_to_array(s, NULL), s) AS s FROM {p}",
        LENGTH,
        n // 5,
    ),
}

SQLITE: dict[str, Callable[[int], str]] = {
    "printf": _pair("printf('%s%s', s, t)", "format('%s%s', t, s)"),
    "hex": lambda n: _chain(
        "SELECT name AS s FROM products", "SELECT hex(s) AS s FROM {p}", LENGTH, n
    ),
    "quote": _pair("quote(s) || t", "quote(t) || s"),
    "names after the text": lambda n: _nested(
        "SELECT name AS s FROM products",
        'SELECT q || q AS s FROM (SELECT upper(s) || lower(s) AS q FROM {p})',
        LENGTH,
        min(n, 12),
    ),
    "json arrays": _pair("json_array(s, t)", "json_array(t, s)"),
    "group_concat": lambda n: _chain(
        "SELECT name AS s FROM products",
        "SELECT group_concat(x.s) AS s FROM {p} x, products y",
        LENGTH,
        n // 5,
    ),
}  # fmt: skip

SINGLE_BOTH = [
    f"SELECT string_agg(a.name, '{'x' * 200}') FROM products a JOIN sales b ON b.product_id = 1",
    f"SELECT string_agg(name, '{'x' * 100}') FROM products",
    "SELECT string_agg(a.region, ',') FROM sales a JOIN sales b ON a.region = b.region",
    "SELECT string_agg(a.region || b.region, ',') FROM sales a, sales b WHERE a.region = b.region",
    "SELECT string_agg(g.region, ',') FROM (SELECT region, sale_id FROM sales GROUP BY region, "
    "sale_id) g JOIN (SELECT region, sale_id FROM sales GROUP BY region, sale_id) h "
    "ON g.region = h.region",
    "WITH c AS (SELECT * FROM sales) SELECT count(*) FROM c x, c y",
    "WITH c AS (SELECT * FROM sales) SELECT count(*) FROM c x, c y, c z WHERE x.sale_id > 0",
    "SELECT count(*) FROM (SELECT * FROM sales) a, (SELECT * FROM sales) b",
    "SELECT count(*) FROM sales a, sales b, sales c WHERE a.sale_id > 0",
]
SINGLE_POSTGRES = [
    "SELECT length(replace(replace(replace(replace('x','x',repeat('x',200)),'x',repeat('x',200)),"
    "'x',repeat('x',200)),'x',repeat('x',200)))",
    "SELECT string_agg(a.name, repeat('x',200)) FROM products a JOIN sales b ON true",
    "SELECT length('a'::char(100000000))",
    "SELECT string_agg('a'::char(100000), ',') FROM sales",
    "SELECT string_agg((1e131000)::text, ',') FROM sales",
    "SELECT string_agg(('1e13' || '1000')::numeric::text, ',') FROM sales",
    "SELECT string_agg(exp(300000.0)::text, ',') FROM sales",
    f"SELECT length(jsonb_pretty('{'[' * 4000}{']' * 4000}'::jsonb))",
    "SELECT array_agg(a.name) FROM sales b JOIN sales c ON b.region = c.region JOIN products a "
    "ON true",
    "SELECT json_agg(a) FROM (SELECT x.region FROM sales x, sales y) a",
    "SELECT string_agg(n, ',') FROM (SELECT string_agg(name, ',') OVER (ORDER BY name) AS n "
    "FROM customers) t, products p",
    "SELECT ARRAY(SELECT a.name FROM customers a JOIN customers b ON a.region = b.region JOIN "
    "customers c ON c.region = a.region)",
]
SINGLE_SQLITE = [
    "SELECT group_concat(a.region, b.region) FROM sales a JOIN sales b ON a.region = b.region",
    f"SELECT group_concat(name, '{'x' * 50}') FROM products",
]


def growing(dialect: str) -> dict[str, str]:
    """Returns queries that must be rejected, by name."""
    singles = SINGLE_BOTH + (SINGLE_POSTGRES if dialect == "postgres" else SINGLE_SQLITE)
    return {name: build(LEVELS) for name, build in families(dialect).items()} | {
        f"single {number}": sql for number, sql in enumerate(singles)
    }


NO_SMALL_FORM = {
    "aggregates of aggregates",
    "array_to_string",
    "coalesce",
    "group_concat",
    "json aggregates",
    "names after the text",
    "repeat in steps",
    "replace, names",
    "self join",
}
"""Families with fewer steps than levels, and those that another rule rejects at any level."""

NEVER_ALLOWED = {"coalesce", "names after the text", "self join"}
"""Families whose queries are rejected at any level, because of another rule."""


def harmless(dialect: str) -> dict[str, str]:
    """Returns the same families with two levels, which must pass."""
    return {
        name: build(2) for name, build in families(dialect).items() if name not in NO_SMALL_FORM
    }


def families(dialect: str) -> dict[str, Callable[[int], str]]:
    """Returns functions that build a query with a number of levels, by name."""
    return BOTH | (POSTGRES if dialect == "postgres" else SQLITE)


def largest_allowed(family: Callable[[int], str], allowed: Callable[[str], bool]) -> str | None:
    """Returns the query with the most levels that `allowed` accepts, or None if it accepts none.

    Some families are invalid with few levels. After one is accepted, the first refusal is the end.
    """
    largest = None
    for levels in range(2, LEVELS):
        query = family(levels)
        if allowed(query):
            largest = query
        elif largest:
            break
    return largest
