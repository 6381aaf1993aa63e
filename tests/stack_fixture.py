"""The local stack as a fixture, one for each package of tests that uses it."""

from collections.abc import Iterator

import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from local.stack import Stack, StackOptions

SCALE = 0.05
"""A second of a wait lasts 50 ms."""


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """The whole system, with waits twenty times shorter; runs poll the fake provider."""
    options = StackOptions(api_key="us-test-key-of-the-suite", scale=SCALE, webhooks=False)
    with Stack(options) as running:
        yield running


@pytest.fixture
def client(stack: Stack) -> Iterator[OpenAI]:
    """The official SDK with the stack's base URL and key."""
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
