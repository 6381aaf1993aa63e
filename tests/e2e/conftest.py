"""These tests run against the embedded stack."""

import zlib
from collections.abc import Iterator

import pytest

from local.ledger import assert_nothing_ownerless, ownerless
from local.stack import Stack
from tests.e2e.bucket import Bucket
from tests.e2e.conversations import WAIT_SECONDS
from tests.stack_fixture import client, control, fresh_provider, stack

__all__ = ["client", "control", "fresh_provider", "stack"]

FUNCTION = "AnswerDirectlyFunction"


@pytest.fixture
def bucket(stack: Stack) -> Bucket:
    """Where files are dropped and answers land."""
    return Bucket(stack)


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A user of the test's own."""
    return f"user-{zlib.crc32(request.node.name.encode())}"


@pytest.fixture
def fallback(stack: Stack) -> Iterator[None]:
    """The fallback is switched on, as a deploy with FallbackEnabled=true does it."""
    assert stack.aws.runtime is not None
    stack.aws.runtime.reconfigure(FUNCTION, FALLBACK_ENABLED="true", FALLBACK_MODEL="gpt-4o-mini")
    yield
    stack.aws.runtime.reconfigure(FUNCTION, FALLBACK_ENABLED="false", FALLBACK_MODEL="")


@pytest.fixture(autouse=True)
def nothing_left_behind(stack: Stack, request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test the provider keeps nothing that no record of ours refers to."""
    yield
    if request.node.get_closest_marker("leaves_orphans") is None and ownerless(stack):
        stack.events.drain(WAIT_SECONDS)  # a cleanup may be under way
        assert_nothing_ownerless(stack)
