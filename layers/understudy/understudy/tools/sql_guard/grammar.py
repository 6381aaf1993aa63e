"""sqlglot dialects that parse and render SQL without translating it.

Functions keep their names instead of becoming sqlglot's own node types, so the allow-list is a
list of SQL names, and `to_char(d, 'Day')` is rendered unchanged.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

SPECIAL_SYNTAX = ("CAST", "EXTRACT", "OVERLAY", "POSITION", "SUBSTRING", "TRIM")
"""Functions with keywords between their arguments, such as `EXTRACT(year FROM day)`."""

INTERVAL_UNITS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")


@cache
def grammar(dialect: str) -> Any:
    """Returns the sqlglot dialect for parsing and rendering. Imports sqlglot."""
    from sqlglot import exp
    from sqlglot.dialects import Postgres, SQLite
    from sqlglot.parser import build_json_extract, build_json_extract_scalar
    from sqlglot.tokens import TokenType

    base: Any = {"postgres": Postgres, "sqlite": SQLite}[dialect]
    parsers = base.Parser.FUNCTION_PARSERS
    arrows = {TokenType.ARROW: build_json_extract, TokenType.DARROW: build_json_extract_scalar}
    parser = type(
        "GuardParser",
        (base.Parser,),
        {
            "FUNCTIONS": {},
            "FUNCTION_PARSERS": {name: parsers[name] for name in SPECIAL_SYNTAX if name in parsers},
            "JSON_OPERATORS": base.Parser.JSON_OPERATORS | arrows if dialect == "postgres" else {},
            "JOINS_HAVE_EQUAL_PRECEDENCE": False,
            "_parse_interval_span": _read_interval,
            "_warn_unsupported": _say_nothing,
        },
    )
    generator = type(
        "GuardGenerator",
        (base.Generator,),
        {
            "MULTI_ARG_DISTINCT": True,
            "TYPE_MAPPING": base.Generator.TYPE_MAPPING if dialect == "postgres" else {},
            "TRANSFORMS": {
                **base.Generator.TRANSFORMS,
                exp.ByteString: _plain_string,
                exp.Cast: _plain_cast,
                exp.CurrentTime: lambda *_: "CURRENT_TIME",
                exp.Interval: _plain_interval,
                exp.Pow: lambda writer, node: writer.binary(node, "^"),
            },
        },
    )
    parts = {"Parser": parser, "Generator": generator, "Tokenizer": base.Tokenizer}
    return type(f"Guard{base.__name__}", (base,), parts | {"to_json_path": _as_written})()


def tokenize(sql: str, dialect: str) -> list[Any]:
    tokens: list[Any] = grammar(dialect).tokenize(sql)
    return tokens


def parse(tokens: Sequence[Any], sql: str, dialect: str) -> list[Any]:
    """Returns the statements of a text, without empty ones."""
    trees = grammar(dialect).parser().parse(tokens, sql)
    return [tree for tree in trees if tree is not None and type(tree).__name__ != "Semicolon"]


def render(tree: Any, dialect: str) -> str:
    """Renders a tree as SQL without comments. The tree cannot be used afterwards.

    Raises sqlglot's error if the dialect cannot express a part of it.
    """
    from sqlglot import ErrorLevel

    sql: str = grammar(dialect).generate(
        tree,
        copy=False,
        comments=False,
        normalize_functions=False,
        unsupported_level=ErrorLevel.RAISE,
    )
    return sql


def _say_nothing(_parser: Any) -> None:
    """Replaces a sqlglot method that would log the text of statements it cannot parse."""


def _read_interval(parser: Any, this: Any, parse_function_unit: bool = True) -> Any:
    """Parses `INTERVAL '1-2' YEAR TO MONTH` and keeps its text, which sqlglot would split."""
    from sqlglot import exp

    unit = _read_unit(parser)
    if unit is not None and parser._match_text_seq("TO"):
        unit = exp.IntervalSpan(this=unit, expression=_read_unit(parser))
    return exp.Interval(this=this, unit=unit)


def _read_unit(parser: Any) -> Any:
    from sqlglot import exp

    return exp.var(parser._prev.text.upper()) if parser._match_texts(INTERVAL_UNITS) else None


def _as_written(_dialect: Any, path: Any) -> Any:
    """Returns a JSON path unchanged."""
    return path


def _plain_cast(generator: Any, node: Any) -> str:
    """Renders a CAST. sqlglot would render DATE(x) for SQLite, which returns another value."""
    return f"CAST({generator.sql(node.this)} AS {generator.sql(node.args['to'])})"


def _plain_interval(generator: Any, node: Any) -> str:
    unit = node.args.get("unit")
    return f"INTERVAL {generator.sql(node.this)}" + (f" {generator.sql(unit)}" if unit else "")


def _plain_string(generator: Any, node: Any) -> str:
    """Renders PostgreSQL's E'…' as the plain string with the same value."""
    from sqlglot import exp

    text: str = generator.sql(exp.Literal.string(node.name))
    return text
