"""Unit tests: the real adapters on moto inside this process, no socket, a clock that stands."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.core.base_backend import BackendDict
from understudy.adapters import aws
from understudy.services import Services
from understudy.settings import Settings

from tests.fakes.executions import RecordedExecutions
from tests.fakes.provider import ScriptedProvider

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
TABLE, BUCKET = "table", "bucket"


class StandingClock:
    """A clock that moves only when a test says so. Unix seconds."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test that opens a connection fails."""

    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a unit test tried to open a connection")

    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.fixture(scope="session")
def table_definition() -> dict[str, Any]:
    """The table as the template declares it."""
    from samtranslator.yaml_helper import yaml_parse

    template = yaml_parse(TEMPLATE.read_text())
    return dict(template["Resources"]["Table"]["Properties"])


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def provider() -> ScriptedProvider:
    return ScriptedProvider()


@pytest.fixture
def executions() -> RecordedExecutions:
    return RecordedExecutions()


@pytest.fixture(scope="session")
def aws_session() -> Any:
    """One session for all tests: reading botocore's data took half of a test's time."""
    return aws.session.__wrapped__()


@pytest.fixture(scope="module")
def memory_aws(aws_session: Any) -> Iterator[None]:
    """AWS in this process for the tests of one file, with the same clients for all of them."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setattr(aws, "session", lambda: aws_session)
        aws.client.cache_clear()
        yield
    aws.client.cache_clear()


@pytest.fixture
def services(
    memory_aws: None,
    table_definition: dict[str, Any],
    clock: StandingClock,
    provider: ScriptedProvider,
    executions: RecordedExecutions,
) -> Services:
    """The services of a function, with a scripted provider and recorded executions.

    AWS has an empty table and an empty bucket.
    """
    BackendDict.reset()
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    aws.client("dynamodb").create_table(
        TableName=TABLE, **{name: table_definition[name] for name in wanted}
    )
    aws.client("s3").create_bucket(Bucket=BUCKET)
    made = Services(
        Settings(
            table_name=TABLE,
            bucket_name=BUCKET,
            server_tools=["query_database", "get_table_schema"],
        ),
        clock,
    )
    made.__dict__ |= {"provider": provider, "executions": executions}
    return made
