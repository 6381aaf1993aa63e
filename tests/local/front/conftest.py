"""A front door on a free port for each test, closed after it."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from local.aws.deployment import Deployment
from local.front import ApiDefinition, RestApi
from tests.limits import WAIT_SECONDS
from tests.local.front.apis import ROUTES, Functions, echo

Serve = Callable[..., tuple[RestApi, httpx2.Client]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves a deployment; returns the API and an HTTP client for it.

    The client reads no certificates, which would take longer than most of the tests.
    """
    opened: list[tuple[RestApi, httpx2.Client]] = []

    def start(
        deployment: Deployment, functions: Functions, **settings: Any
    ) -> tuple[RestApi, httpx2.Client]:
        api = RestApi(ApiDefinition.of(deployment), functions.invoke, functions.stream, **settings)
        client = httpx2.Client(
            base_url=api.url, trust_env=False, verify=False, timeout=WAIT_SECONDS
        )
        opened.append((api, client))
        return api, client

    yield start
    for api, client in opened:
        client.close()
        api.close()


@pytest.fixture
def api(serve: Serve) -> RestApi:
    """An API whose function returns the path and the size of the body."""
    return serve(ROUTES, Functions(Api=echo))[0]


@pytest.fixture
def wire(api: RestApi) -> Iterator[socket.socket]:
    """A bare connection to it."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=WAIT_SECONDS) as connection:
        yield connection
