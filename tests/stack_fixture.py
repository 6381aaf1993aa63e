"""The embedded stack for the suites that need it; one for each package of tests that needs it."""

from collections.abc import Iterator

import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from local.stack import Stack, StackOptions

SCALE = 0.05
"""A second of a wait lasts 50 ms."""


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """The whole system, with waits twenty times shorter, polling the stand-in for OpenAI."""
    options = StackOptions(api_key="us-test-key-of-the-suite", scale=SCALE, webhooks=False)
    with Stack(options) as running:
        yield running


@pytest.fixture
def client(stack: Stack) -> Iterator[OpenAI]:
    """The official SDK, pointed at the stack."""
    with OpenAI(base_url=stack.base_url, api_key=stack.api_key, max_retries=0) as made:
        yield made


@pytest.fixture
def control(stack: Stack) -> ControlClient:
    """What the stand-in for OpenAI does next, and what it was asked."""
    assert stack.provider is not None
    return stack.provider.control


@pytest.fixture(autouse=True)
def fresh_provider(stack: Stack) -> None:
    """Each test starts with a stand-in that has no script and holds nothing back."""
    assert stack.provider is not None
    stack.provider.control.reset()
