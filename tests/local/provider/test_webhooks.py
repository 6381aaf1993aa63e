"""Webhooks: signed so that the SDK accepts them, retried, duplicated, held."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from tests.local.provider.turns import start


class Receiver:
    """A server that records requests; responds with its `statuses` first, then with 200."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.received.append((dict(self.headers), body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def listen(client: OpenAI, receiver: Receiver) -> tuple[str, str]:
    endpoint = client.webhooks.create(
        event_types=["response.completed", "response.cancelled", "response.failed"],
        name="test",
        url=receiver.url,
    )
    return endpoint.id, endpoint.signing_secret


def test_completed_response_is_announced_with_valid_signature(
    client: OpenAI, control: ControlClient, receiver: Receiver
) -> None:
    """The event holds the response's id only."""
    _, secret = listen(client, receiver)

    created = start(client)
    control.wait_for_deliveries(1)

    [(headers, body)] = receiver.received
    event = client.webhooks.unwrap(body, headers, secret=secret)
    assert event.type == "response.completed"
    assert event.data.id == created.id
    with pytest.raises(openai.InvalidWebhookSignatureError):
        client.webhooks.unwrap(body + b" ", headers, secret=secret)


def test_synchronous_response_is_not_announced(
    client: OpenAI, control: ControlClient, receiver: Receiver
) -> None:
    listen(client, receiver)
    client.responses.create(model="gpt-4o", input="Hello")
    control.wait_until_idle()

    assert control.deliveries() == []


def test_refused_delivery_is_retried_with_the_same_id(
    client: OpenAI, control: ControlClient, receiver: Receiver
) -> None:
    listen(client, receiver)
    receiver.statuses = [500, 302]

    start(client)
    control.wait_for_deliveries(1)

    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
    assert control.deliveries()[0]["attempts"] == [500, 302, 200]


def test_rotated_secret_and_old_secret_both_sign(
    client: OpenAI, control: ControlClient, receiver: Receiver
) -> None:
    endpoint_id, old = listen(client, receiver)
    new = client.webhooks.rotate_secret(
        endpoint_id, keep_old_secret_active_for_24_hours=True
    ).signing_secret

    start(client)
    control.wait_for_deliveries(1)

    [(headers, body)] = receiver.received
    assert old != new
    for secret in (old, new):
        client.webhooks.verify_signature(body, headers, secret=secret)


def test_deliveries_can_be_held_and_duplicated(
    client: OpenAI, control: ControlClient, receiver: Receiver
) -> None:
    """A receiver may get each one late, and more than once."""
    listen(client, receiver)
    control.set_deliveries(hold=True, copies=2)
    created = start(client)
    control.wait_for_deliveries(1, state="held")

    assert receiver.received == []
    assert control.release_deliveries() == 2
    control.wait_until_idle()

    bodies = [body.decode() for _, body in receiver.received]
    assert [created.id in body for body in bodies] == [True, True]


def test_secret_is_shown_once(client: OpenAI, receiver: Receiver) -> None:
    """Retrieving and listing show a hint only."""
    endpoint_id, secret = listen(client, receiver)

    listed = client.webhooks.list().data

    assert [endpoint.id for endpoint in listed] == [endpoint_id]
    assert secret not in client.webhooks.retrieve(endpoint_id).model_dump_json()
    client.webhooks.delete(endpoint_id)
    assert client.webhooks.list().data == []
