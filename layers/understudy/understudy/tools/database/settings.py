"""Which database the tools query, and what of it a query may use."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from understudy.tools.registry.errors import ToolDeclarationError


@dataclass(frozen=True)
class DatabaseSettings:
    """A database and its limits.

    `url` is a function because reading it may cost a call for a secret, and listing the tools
    needs the table names alone. `tables` are the only ones that a query may name, `sales` or
    `reporting.sales`; none at all allows nothing. Times are seconds, sizes are characters.
    """

    url: Callable[[], str]
    tables: tuple[str, ...]
    statement_timeout: float = 5.0
    lock_timeout: float = 1.0
    connect_timeout: float = 5.0
    max_rows: int = 200
    max_columns: int = 60
    max_cell: int = 2_000
    max_result: int = 40_000


def database_url(secret: str) -> str:
    """The URL that a secret holds: as it is, or as the JSON object that Amazon RDS writes.

    PostgreSQL URLs without a driver get psycopg. Raises ToolDeclarationError, without a word of
    the secret, if it holds neither.
    """
    text = secret.strip()
    if text.startswith("{"):
        text = _from_rds(text)
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ToolDeclarationError("the database secret holds no URL")
    driver = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
    return f"{driver.get(scheme, scheme)}://{rest}"


def _from_rds(text: str) -> str:
    try:
        secret: Mapping[str, Any] = json.loads(text)
        user, password = (quote(str(secret[key]), safe="") for key in ("username", "password"))
        host, port = secret["host"], secret.get("port", 5432)
        database = quote(str(secret.get("dbname", "postgres")), safe="")
    except (ValueError, KeyError):
        raise ToolDeclarationError("the database secret lacks a field") from None
    return f"postgresql://{user}:{password}@{host}:{port}/{database}?sslmode=require"
