"""These tests run against the local stack."""

import zlib
from collections.abc import Iterator

import pytest

from local.ledger import assert_nothing_ownerless, ownerless
from local.stack import Stack
from tests.e2e.bucket import Bucket
from tests.limits import WAIT_SECONDS
from tests.stack_fixture import client, control, fresh_provider, stack

__all__ = ["client", "control", "fresh_provider", "stack"]

FUNCTION = "AnswerDirectlyFunction"


@pytest.fixture
def bucket(stack: Stack) -> Bucket:
    """The bucket for dropped files and their reports."""
    return Bucket(stack)


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A user id that belongs to this test only."""
    return f"user-{zlib.crc32(request.node.name.encode())}"


@pytest.fixture
def fallback(stack: Stack) -> Iterator[None]:
    """Enables the fallback, as a deployment with FallbackEnabled=true does."""
    assert stack.aws.runtime is not None
    stack.aws.runtime.reconfigure(FUNCTION, FALLBACK_ENABLED="true", FALLBACK_MODEL="gpt-4o-mini")
    yield
    stack.aws.runtime.reconfigure(FUNCTION, FALLBACK_ENABLED="false", FALLBACK_MODEL="")


@pytest.fixture(autouse=True)
def nothing_left_behind(stack: Stack, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves provider objects without a record."""
    yield
    if request.node.get_closest_marker("leaves_orphans") is None and ownerless(stack):
        stack.events.drain(WAIT_SECONDS)  # a cleanup may still be running
        assert_nothing_ownerless(stack)
