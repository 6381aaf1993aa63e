"""The event of an ended run calls the webhook of the application."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from understudy.domain.receivers import Receiver, new_receiver, signing_secret
from understudy.domain.runs import Run, RunStatus
from understudy.domain.webhooks import check_age, read_delivery, verify
from understudy.errors import NotDeliveredError
from understudy.http.objects.runs import run_object
from understudy.services import Services

from functions.notify_application.app import handler
from tests.fakes.provider import usage
from tests.unit import stage

URL = "https://shop.example.com/runs?from=understudy"
SECRET = "the deployment's"
Notify = Callable[[], dict[str, Any]]


class RecordedReceivers:
    """Records deliveries in place of HTTP requests."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []
        self.refuses = False

    def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self.got.append((url, headers, body))
        if self.refuses:
            raise NotDeliveredError("HTTP 503")


@pytest.fixture
def receivers(services: Services, monkeypatch: pytest.MonkeyPatch) -> RecordedReceivers:
    monkeypatch.setattr(services, "receiver_secret", lambda: SECRET)
    made = RecordedReceivers()
    services.__dict__["receivers"] = made
    return made


@pytest.fixture
def notify(services: Services, load_event: Callable[..., Any]) -> Notify:
    """Invokes the function with the sample event."""
    event = load_event("notify_application", "completed")
    return lambda: handler(event, stage.Context(), services)


def ended(services: Services, receiver: Receiver | None) -> Run:
    """Returns an ended run of a key with this receiver."""
    run = stage.put_run(services, receiver=receiver)
    over = {"status": RunStatus.COMPLETED, "ended_at": run.created_at + 7, "usage": [usage()]}
    services.runs.end(run.model_copy(update=over))
    return stage.stored_run(services)


def test_application_gets_a_verifiable_webhook(
    services: Services, receivers: RecordedReceivers, notify: Notify
) -> None:
    """Any library of Standard Webhooks verifies it with the secret that the operator was shown."""
    receiver = new_receiver(URL)
    ended(services, receiver)

    assert notify() == {"delivered": True}

    [(url, headers, body)] = receivers.got
    assert url == URL
    delivery = read_delivery(headers, body.decode(), is_base64=False)
    verify(delivery, signing_secret(SECRET, receiver))
    check_age(delivery, services.now())
    assert delivery.id == stage.RUN_ID


def test_body_has_the_fields_of_the_event(
    services: Services,
    receivers: RecordedReceivers,
    notify: Notify,
    load_event: Callable[..., Any],
) -> None:
    """Read from the table, with ids and numbers and no contents."""
    ended(services, new_receiver(URL))

    notify()

    [(_, _, body)] = receivers.got
    told, event = json.loads(body), load_event("notify_application", "completed")
    assert told["type"] == event["detail-type"]
    assert told["timestamp"] == "2027-01-15T08:00:07Z"
    assert told["data"].keys() == event["detail"].keys()
    assert told["data"]["run_id"] == stage.RUN_ID
    assert "Be brief." not in body.decode()


def test_repeated_delivery_has_the_same_id_and_body(
    services: Services, receivers: RecordedReceivers, notify: Notify, clock: Any
) -> None:
    """So that the application can deduplicate, however late it arrives."""
    ended(services, new_receiver(URL))
    receivers.refuses = True

    for _ in range(2):
        with pytest.raises(NotDeliveredError):
            notify()
        clock.advance(120)

    [first, second] = receivers.got
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    assert first[1]["webhook-timestamp"] != second[1]["webhook-timestamp"]
    assert first[2] == second[2]


def test_key_without_a_url_has_no_delivery(
    services: Services, receivers: RecordedReceivers, notify: Notify
) -> None:
    """The table decides, not the event."""
    ended(services, None)

    assert notify() == {"delivered": False}
    assert receivers.got == []


def test_missing_or_open_run_has_no_delivery(
    services: Services, receivers: RecordedReceivers, notify: Notify
) -> None:
    """A forged event delivers nothing false."""
    assert notify() == {"delivered": False}
    stage.put_run(services, receiver=new_receiver(URL))

    assert notify() == {"delivered": False}
    assert receivers.got == []


def test_invalid_url_is_not_called(
    services: Services, receivers: RecordedReceivers, notify: Notify
) -> None:
    """Even if it is in the table; only local AWS allows 127.0.0.1."""
    ended(services, Receiver(url="http://127.0.0.1:8080/", id="1"))

    with pytest.raises(NotDeliveredError):
        notify()
    assert receivers.got == []


def test_api_does_not_show_the_receiver(services: Services) -> None:
    """The URL may contain a secret."""
    run = ended(services, new_receiver(URL))

    assert run.receiver is not None
    assert "shop.example.com" not in json.dumps(run_object(run))


def test_two_receivers_have_two_secrets() -> None:
    """Also for the same URL, so setting it again rotates the secret."""
    one, other = new_receiver(URL), new_receiver(URL)

    assert signing_secret(SECRET, one) != signing_secret(SECRET, other)
    assert signing_secret(SECRET, one) != signing_secret("another deployment's", one)
