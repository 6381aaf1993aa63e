"""The API function with a key, and another tenant's."""

import pytest
from understudy.services import Services

from tests.unit.http.caller import WEATHER, Api
from tests.unit.stage import put_key

OTHER_KEY = "us-other-tenants-key"


@pytest.fixture
def api(services: Services) -> Api:
    """The function as its tenant's client finds it."""
    put_key(services)
    return Api(services)


@pytest.fixture
def stranger(api: Api) -> Api:
    """A client of another tenant."""
    put_key(api.services, OTHER_KEY, tenant="other")
    return Api(api.services, OTHER_KEY)


@pytest.fixture
def assistant_id(api: Api) -> str:
    """An assistant with instructions and a function tool."""
    fields = {"model": "gpt-4o", "instructions": "Be brief.", "tools": [WEATHER]}
    return str(api.made("/v1/assistants", fields)["id"])


@pytest.fixture
def thread_id(api: Api) -> str:
    """An empty thread."""
    return str(api.made("/v1/threads")["id"])


@pytest.fixture
def run_id(api: Api, thread_id: str, assistant_id: str) -> str:
    """A run of that assistant on that thread, queued."""
    return str(api.made(f"/v1/threads/{thread_id}/runs", {"assistant_id": assistant_id})["id"])
