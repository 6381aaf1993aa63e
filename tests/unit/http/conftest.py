"""The API function with the keys of two tenants."""

import pytest
from understudy.services import Services

from tests.unit.http.caller import WEATHER, Api
from tests.unit.stage import put_key

OTHER_KEY = "us-other-tenants-key"


@pytest.fixture
def api(services: Services) -> Api:
    """A client of the tenant."""
    put_key(services)
    return Api(services)


@pytest.fixture
def stranger(api: Api) -> Api:
    """Returns a client of another tenant."""
    put_key(api.services, OTHER_KEY, tenant="other")
    return Api(api.services, OTHER_KEY)


@pytest.fixture
def assistant_id(api: Api) -> str:
    """Returns the id of an assistant with instructions and a function tool."""
    fields = {"model": "gpt-4o", "instructions": "Be brief.", "tools": [WEATHER]}
    return str(api.made("/v1/assistants", fields)["id"])


@pytest.fixture
def thread_id(api: Api) -> str:
    """Returns the id of an empty thread."""
    return str(api.made("/v1/threads")["id"])


@pytest.fixture
def run_id(api: Api, thread_id: str, assistant_id: str) -> str:
    """Returns the id of a queued run of that assistant on that thread."""
    return str(api.made(f"/v1/threads/{thread_id}/runs", {"assistant_id": assistant_id})["id"])
