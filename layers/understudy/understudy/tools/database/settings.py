"""Which database the tools query, which tables, and the limits."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from understudy.tools.registry.errors import ToolDeclarationError


@dataclass(frozen=True)
class DatabaseSettings:
    """A database and its limits.

    `url` is a function because it may have to fetch a secret, which listing the tools does not
    need. A query may use only `tables` (`sales` or `reporting.sales`); an empty tuple allows
    nothing. Times are in seconds, sizes in characters.
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
    """Returns the URL in a secret: the secret is a URL or the JSON object that Amazon RDS writes.

    Adds the driver psycopg to PostgreSQL URLs. Raises ToolDeclarationError, without any text of
    the secret, if it is neither.
    """
    text = secret.strip()
    if text.startswith("{"):
        text = _from_rds(text)
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ToolDeclarationError("the database secret is neither a URL nor JSON")
    driver = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
    return f"{driver.get(scheme, scheme)}://{rest}"


def _from_rds(text: str) -> str:
    try:
        secret: Mapping[str, Any] = json.loads(text)
        user, password = (quote(str(secret[key]), safe="") for key in ("username", "password"))
        host, port = secret["host"], secret.get("port", 5432)
        database = quote(str(secret.get("dbname", "postgres")), safe="")
    except (ValueError, KeyError):
        raise ToolDeclarationError(
            "the database secret must have host, username and password"
        ) from None
    return f"postgresql://{user}:{password}@{host}:{port}/{database}?sslmode=require"
