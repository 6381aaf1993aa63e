"""Webhooks of an application: signed, retried, and sent when one of its runs ends."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI
from understudy.adapters.receivers import HttpReceivers
from understudy.domain.api_keys import digest_of
from understudy.errors import InvalidRequestError, NotDeliveredError
from understudy.services import Services
from understudy.settings import Settings

from local.provider.control import ControlClient
from local.stack import NOTIFIER, Stack
from operate import api_key
from tests.e2e.application import Application, own_certificate
from tests.e2e.conversations import ended, recorded, start
from tests.limits import WAIT_SECONDS

TENANT = "shop"
PATH = "/runs?token=canary-of-the-path"
LARGE = "Be brief. " * 15_000
"""Too large for the run's item: they are stored in the bucket."""

TRIES = 3


@pytest.fixture
def operator(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Returns the services that the operator's commands use."""
    arn = stack.deployment.outputs["ReceiverSecretArn"]
    made = Services(Settings(receiver_secret_arn=arn, receiver_loopback=True))
    made.__dict__["table"] = stack.table()
    secrets = stack.client("secretsmanager")
    origin = secrets.get_secret_value(SecretId=arn)["SecretString"]
    monkeypatch.setattr(made, "receiver_secret", lambda: origin)
    return made


@pytest.fixture
def key(operator: Services) -> str:
    """Creates an API key for the application."""
    return api_key.create(operator, TENANT, "web shop", ["*"])


@pytest.fixture
def shop(stack: Stack, key: str) -> Iterator[OpenAI]:
    """The SDK with the application's key."""
    with OpenAI(base_url=stack.base_url, api_key=key, max_retries=0) as made:
        yield made


def listen(operator: Services, key: str, application: Application, path: str = PATH) -> str:
    """Sets the key's webhook URL, as the operator's command does; returns the secret."""
    secret = api_key.set_webhook(operator, TENANT, digest_of(key)[:12], application.url + path)
    assert secret is not None
    return secret


def notifier_log(stack: Stack) -> str:
    assert stack.aws.runtime is not None
    return stack.aws.runtime.logs(NOTIFIER)


def test_application_receives_a_signed_webhook_when_its_run_ends(
    stack: Stack, operator: Services, key: str, shop: OpenAI
) -> None:
    """It gets one request with the event's detail. Another secret does not verify it."""
    with Application() as application:
        secret = listen(operator, key, application)
        run = ended(shop, start(shop, "Hello", instructions=LARGE))
        detail = recorded(stack, run)
        stack.events.drain(WAIT_SECONDS)
        [told] = application.received(1)

    told.check(secret)
    with pytest.raises(InvalidRequestError):
        told.check(listen(operator, key, application))
    assert told.path == PATH
    assert told.headers["webhook-id"] == run.id
    assert told.headers["content-type"] == "application/json"
    body = json.loads(told.body)
    assert body["type"] == "understudy.run.completed"
    assert body["data"] == detail
    assert detail["webhook"] is True
    assert "canary-of-the-path" not in notifier_log(stack)
    assert "canary-of-the-path" not in json.dumps(stack.events.seen())
    assert application.url not in run.model_dump_json()


def test_failed_run_is_sent_to_the_application(
    operator: Services, key: str, shop: OpenAI, control: ControlClient
) -> None:
    """Webhooks are sent for every kind of end."""
    control.script_fault(status=400, match={"path": "/v1/responses"})
    with Application() as application:
        listen(operator, key, application)
        run = ended(shop, start(shop, "Hello"))
        [told] = application.received(1)

    assert json.loads(told.body)["type"] == "understudy.run.failed"
    assert json.loads(told.body)["data"]["run_id"] == run.id


def test_webhook_is_retried_while_the_application_is_down(
    stack: Stack, operator: Services, key: str, shop: OpenAI
) -> None:
    """Retries have the same id, so that duplicates are recognized, and a new timestamp."""
    with Application([503, 200]) as application:
        secret = listen(operator, key, application)
        ended(shop, start(shop, "Hello"))
        first, second = application.received(2)
        stack.events.drain(WAIT_SECONDS)
        assert len(application.received(2)) == 2

    second.check(secret)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_undelivered_event_goes_to_the_dead_letter_queue(
    stack: Stack, operator: Services, key: str, shop: OpenAI
) -> None:
    """Redirects are not followed. After three attempts the queue has the unchanged event."""
    queue, sqs = stack.deployment.physical_ids["DeadLetterQueue"], stack.client("sqs")
    with Application([307] * TRIES + [200]) as application:
        listen(operator, key, application)
        run = ended(shop, start(shop, "Hello"))
        application.received(TRIES)
        stack.events.drain(WAIT_SECONDS)
        letters = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        [letter] = [each for each in letters if run.id in each["Body"]]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter["ReceiptHandle"])

        stack.events.invoke_async(NOTIFIER, letter["Body"].encode())

        received = application.received(TRIES + 1)
    assert {(each.path, each.headers["webhook-id"]) for each in received} == {(PATH, run.id)}


def test_key_without_a_url_sends_no_webhook(
    stack: Stack, operator: Services, key: str, shop: OpenAI
) -> None:
    """No function is invoked, neither for this key nor for one whose URL was removed."""
    with Application() as application:
        listen(operator, key, application)
        api_key.set_webhook(operator, TENANT, digest_of(key), "")
        before = notifier_log(stack)
        run = ended(shop, start(shop, "Hello"))
        assert recorded(stack, run)["webhook"] is False
        stack.events.drain(WAIT_SECONDS)

        assert application.received(0) == []
    assert notifier_log(stack) == before
    item = stack.table().get({"pk": f"thread#{TENANT}#{run.thread_id}", "sk": f"run#{run.id}"})
    assert item is not None
    assert "receiver" not in item


def test_self_signed_certificate_is_rejected(tmp_path: Path) -> None:
    """No request is sent."""
    with Application(certificate=own_certificate(tmp_path)) as application:
        with pytest.raises(NotDeliveredError, match="SSLCertVerificationError"):
            HttpReceivers().deliver(application.url, {}, b"{}")

        assert application.received(0) == []


def test_refused_connection_raises_a_typed_error() -> None:
    """The event is retried after this error."""
    with Application() as application:
        url = application.url

    with pytest.raises(NotDeliveredError, match="ConnectionRefusedError"):
        HttpReceivers().deliver(url, {}, b"{}")
