"""The API function with a key, and another tenant's."""

import pytest
from understudy.bootstrap import Services
from understudy.http import keys

from tests.unit.http.caller import Api
from tests.unit.stage import put_key

OTHER_KEY = "us-other-tenants-key"


@pytest.fixture
def api(services: Services, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The function as its tenant's client finds it."""
    monkeypatch.setattr(keys, "_known", {})
    put_key(services)
    return Api(services)


@pytest.fixture
def stranger(api: Api) -> Api:
    """A client of another tenant."""
    put_key(api.services, OTHER_KEY, tenant="other")
    return Api(api.services, OTHER_KEY)
