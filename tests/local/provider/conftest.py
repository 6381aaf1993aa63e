"""One stand-in for all of these tests; every test starts with an empty account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from local.provider.control.client import ControlClient
from local.provider.process import ProviderProcess

KEY = "sk-test-0123456789"


@pytest.fixture(scope="session")
def process() -> Iterator[ProviderProcess]:
    with ProviderProcess(key=KEY) as running:
        yield running


@pytest.fixture
def control(process: ProviderProcess) -> ControlClient:
    process.control.reset()
    process.control.set_speeds(queued=0, working=0, indexing=0, webhook_retry=0.01)
    return process.control


@pytest.fixture
def client(process: ProviderProcess, control: ControlClient) -> Iterator[OpenAI]:
    with OpenAI(base_url=process.base_url, api_key=KEY, max_retries=0, timeout=20) as made:
        yield made
