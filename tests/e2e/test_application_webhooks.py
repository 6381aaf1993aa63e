"""An application hears of the end of its runs at its own URL, and can check who tells it."""

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
"""Instructions that are in the bucket and not in the run's item."""

TRIES = 3


@pytest.fixture
def operator(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Services:
    """What the operator's commands work with."""
    arn = stack.deployment.outputs["ReceiverSecretArn"]
    made = Services(Settings(receiver_secret_arn=arn, receiver_loopback=True))
    made.__dict__["table"] = stack.table()
    secrets = stack.client("secretsmanager")
    origin = secrets.get_secret_value(SecretId=arn)["SecretString"]
    monkeypatch.setattr(made, "receiver_secret", lambda: origin)
    return made


@pytest.fixture
def key(operator: Services) -> str:
    """A key of the application's own."""
    return api_key.create(operator, TENANT, "web shop", ["*"])


@pytest.fixture
def shop(stack: Stack, key: str) -> Iterator[OpenAI]:
    """The SDK as the application uses it."""
    with OpenAI(base_url=stack.base_url, api_key=key, max_retries=0) as made:
        yield made


def listen(operator: Services, key: str, application: Application, path: str = PATH) -> str:
    """Gives the key the application's URL, as the operator's command does; the secret."""
    secret = api_key.set_webhook(operator, TENANT, digest_of(key)[:12], application.url + path)
    assert secret is not None
    return secret


def notifier_log(stack: Stack) -> str:
    assert stack.aws.runtime is not None
    return stack.aws.runtime.logs(NOTIFIER)


def test_an_application_is_told_with_a_signature_that_it_can_check(
    stack: Stack, operator: Services, key: str, shop: OpenAI
) -> None:
    """Once for the run, with the detail of the event; another secret does not fit."""
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


def test_a_failed_run_is_told_of_too(
    operator: Services, key: str, shop: OpenAI, control: ControlClient
) -> None:
    """However it ends."""
    control.script_fault(status=400, match={"path": "/v1/responses"})
    with Application() as application:
        listen(operator, key, application)
        run = ended(shop, start(shop, "Hello"))
        [told] = application.received(1)

    assert json.loads(told.body)["type"] == "understudy.run.failed"
    assert json.loads(told.body)["data"]["run_id"] == run.id


def test_an_application_that_is_down_is_told_later(
    stack: Stack, operator: Services, key: str, shop: OpenAI
) -> None:
    """With the same id, so that it can tell a repetition, and a signature of the time."""
    with Application([503, 200]) as application:
        secret = listen(operator, key, application)
        ended(shop, start(shop, "Hello"))
        first, second = application.received(2)
        stack.events.drain(WAIT_SECONDS)
        assert len(application.received(2)) == 2

    second.check(secret)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_what_nobody_takes_is_kept_for_a_redrive(
    stack: Stack, operator: Services, key: str, shop: OpenAI
) -> None:
    """A redirect is not followed; after three tries the queue has the event, whole."""
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


def test_a_key_without_a_url_tells_nobody(
    stack: Stack, operator: Services, key: str, shop: OpenAI
) -> None:
    """Not even a function is invoked; nor for the runs of a key whose URL was taken away."""
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


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    """Nothing is sent to it."""
    with Application(certificate=own_certificate(tmp_path)) as application:
        with pytest.raises(NotDeliveredError, match="SSLCertVerificationError"):
            HttpReceivers().deliver(application.url, {}, b"{}")

        assert application.received(0) == []


def test_an_address_where_nobody_listens_is_not_an_unforeseen_error() -> None:
    """It is one of the errors after which the event is tried again."""
    with Application() as application:
        url = application.url

    with pytest.raises(NotDeliveredError, match="ConnectionRefusedError"):
        HttpReceivers().deliver(url, {}, b"{}")
