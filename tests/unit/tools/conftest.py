"""Fixtures: the sample database with additional secret tables, and a tool context."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from understudy.tools.database import DatabaseSettings, configure, sample_settings
from understudy.tools.database.sample_data import SAMPLE_TABLES, write_sample
from understudy.tools.registry import ToolContext

from tests.limits import WAIT_SECONDS
from tests.unit.tools.secrets_beside import SECRET_TABLES


@pytest.fixture(scope="session")
def database_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Writes the sample with `users`, `employees` and other tables that are not allowed."""
    path = tmp_path_factory.mktemp("database") / "sample.sqlite"
    write_sample(path)
    connection = sqlite3.connect(path)
    for statement in SECRET_TABLES:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


@pytest.fixture(scope="session")
def settings(database_file: Path) -> DatabaseSettings:
    return DatabaseSettings(
        url=lambda: f"sqlite:///{database_file}",
        tables=SAMPLE_TABLES,
        statement_timeout=WAIT_SECONDS,
    )


@pytest.fixture
def configured(settings: DatabaseSettings) -> Iterator[DatabaseSettings]:
    """Configures the tools for the sample with secret tables during a test."""
    configure(lambda: settings)
    yield settings
    configure(sample_settings)


@pytest.fixture
def context() -> ToolContext:
    """Returns the context of a call whose deadline is far away."""
    return ToolContext(
        tenant="tenant_a",
        user_id="ada",
        thread_id="thread_1",
        run_id="run_1",
        tool_call_id="call_1",
        deadline=datetime.now(UTC) + timedelta(seconds=WAIT_SECONDS),
    )
