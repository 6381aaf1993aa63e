"""These tests run against the embedded stack."""

from collections.abc import Iterator

import pytest

from local.provider.control.client import ControlClient
from local.stack import Stack
from tests.stack_fixture import client, fresh_provider, stack

__all__ = ["client", "fresh_provider", "stack"]

FUNCTION = "AnswerDirectlyFunction"


@pytest.fixture
def control(stack: Stack) -> ControlClient:
    assert stack.provider is not None
    return stack.provider.control


@pytest.fixture
def fallback(stack: Stack) -> Iterator[None]:
    """The fallback is switched on, as a deploy with FallbackEnabled=true does it."""
    assert stack.aws.runtime is not None
    stack.aws.runtime.reconfigure(FUNCTION, FALLBACK_ENABLED="true", FALLBACK_MODEL="gpt-4o-mini")
    yield
    stack.aws.runtime.reconfigure(FUNCTION, FALLBACK_ENABLED="false", FALLBACK_MODEL="")
