"""These tests run against the embedded stack."""

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.stack_fixture import client, fresh_provider, stack
from tests.statemachine.paths import Paths

__all__ = ["client", "fresh_provider", "stack"]


@pytest.fixture
def paths(stack: Stack) -> Iterator[Paths]:
    """The ways of the executions that start during the test."""
    before, listening = stack.aws.on_history, Paths()
    stack.aws.on_history = listening.on_history
    yield listening
    stack.aws.on_history = before
