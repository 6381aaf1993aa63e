"""Fixtures of the packages that use the shared stack."""

from collections.abc import Iterator

import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from local.stack import Stack
from tests.shared_stack import SCALE, shared_stack

__all__ = ["SCALE", "client", "control", "fresh_provider", "stack"]


@pytest.fixture(scope="package")
def stack() -> Stack:
    """The shared stack: the template as it is, with waits twenty times shorter."""
    return shared_stack()


@pytest.fixture(scope="package")
def client(stack: Stack) -> Iterator[OpenAI]:
    """The official SDK with the stack's base URL and key. Creating one takes 30 ms of CPU time."""
    with OpenAI(base_url=stack.base_url, api_key=stack.api_key, max_retries=0) as made:
        yield made


@pytest.fixture
def control(stack: Stack) -> ControlClient:
    """Scripts the fake provider and reads the requests that it got."""
    assert stack.provider is not None
    return stack.provider.control


@pytest.fixture(autouse=True)
def fresh_provider(stack: Stack) -> None:
    """Resets the fake provider before each test."""
    assert stack.provider is not None
    stack.provider.control.reset()
