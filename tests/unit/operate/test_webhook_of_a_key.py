"""The operator's command that has the ends of a key's runs posted to a URL."""

import pytest
from understudy.domain.api_keys import ApiKey, digest_of
from understudy.domain.receivers import signing_secret
from understudy.services import Services

from operate import api_key, budget

URL = "https://shop.example.com/runs"
SECRET = "the deployment's"


@pytest.fixture
def key(services: Services, monkeypatch: pytest.MonkeyPatch) -> str:
    """The hash of a key of the tenant."""
    monkeypatch.setattr(services, "receiver_secret", lambda: SECRET)
    return digest_of(api_key.create(services, "acme", "shop", ["*"]))


def found(services: Services, digest: str) -> ApiKey:
    key = services.api_keys.find(digest)
    assert key is not None
    return key


def test_the_secret_is_shown_and_not_stored(services: Services, key: str) -> None:
    """It follows from what is stored and a secret of the deployment."""
    secret = api_key.set_webhook(services, "acme", key[:12], URL)

    receiver = found(services, key).receiver
    assert receiver is not None
    assert receiver.url == URL
    assert secret == signing_secret(SECRET, receiver)
    assert secret.startswith("whsec_")
    assert secret not in found(services, key).model_dump_json()
    assert URL in api_key.listed(services, "acme")[0]


def test_setting_it_again_gives_another_secret(services: Services, key: str) -> None:
    """Which is how a secret that leaked is changed."""
    first = api_key.set_webhook(services, "acme", key[:12], URL)

    assert api_key.set_webhook(services, "acme", key[:12], URL) != first


def test_an_empty_url_ends_it(services: Services, key: str) -> None:
    """The key stays as it is otherwise."""
    api_key.set_webhook(services, "acme", key[:12], URL)

    assert api_key.set_webhook(services, "acme", key[:12], "") is None

    assert found(services, key).receiver is None


def test_a_url_that_is_not_fit_changes_nothing(services: Services, key: str) -> None:
    """Not even one on the operator's own machine."""
    api_key.set_webhook(services, "acme", key[:12], URL)

    for url in ("http://shop.example.com/", "http://127.0.0.1:80/", "https://10.0.0.1/"):
        with pytest.raises(api_key.ApiKeyError):
            api_key.set_webhook(services, "acme", key[:12], url)

    receiver = found(services, key).receiver
    assert receiver is not None
    assert receiver.url == URL


def test_only_this_key_has_it_and_limits_leave_it_alone(services: Services, key: str) -> None:
    """A budget is of all keys of the tenant, a webhook of one."""
    api_key.set_webhook(services, "acme", key[:12], URL)

    budget.set_limits(services, "acme", {"tenant_day_usd": 1})
    other = digest_of(api_key.create(services, "acme", "other", ["*"]))

    assert found(services, key).receiver is not None
    assert found(services, other).receiver is None
    assert found(services, other).limits is not None
