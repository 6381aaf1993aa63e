"""A front on a free port for each test, closed after it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from local.aws.deployment import Deployment
from local.front import ApiDefinition, Gateway, HttpApi
from tests.local.front.apis import Functions

Serve = Callable[..., tuple[HttpApi, httpx2.Client]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves a deployment; gives the API and an HTTP client for it."""
    opened: list[tuple[HttpApi, httpx2.Client]] = []

    def start(
        served: Deployment | ApiDefinition, functions: Functions, **settings: Any
    ) -> tuple[HttpApi, httpx2.Client]:
        definition = ApiDefinition.of(served) if isinstance(served, Deployment) else served
        gateway = Gateway(definition, functions.invoke, **settings)
        api = HttpApi(gateway)
        client = httpx2.Client(base_url=api.url, trust_env=False)
        opened.append((api, client))
        return api, client

    yield start
    for api, client in opened:
        client.close()
        api.close()
