"""F048-F105: how the adapters of AWS and of the provider handle unusual responses."""

from collections import deque
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from botocore.exceptions import ClientError
from understudy.adapters import secrets
from understudy.adapters.dynamodb.runs import Runs
from understudy.adapters.dynamodb.table import Table, Write
from understudy.adapters.openai.bounds import BODY_SECONDS, CONNECT_SECONDS, SECONDS
from understudy.adapters.openai.client import provider_client
from understudy.adapters.openai.errors import DEFAULT_RETRY_AFTER, translated
from understudy.errors import ProviderRateLimitedError, StorageUnavailableError, WriteRefusedError

from functions.record_runs.app import handler

NOW = 1_800_000_000
KEY = {"pk": "thread#t#1", "sk": "run#1"}
RAW = {"pk": {"S": "thread#t#1"}, "sk": {"S": "run#1"}}


class Answers:
    """A DynamoDB client that returns given responses and records the requests."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answers = deque(answers)

    def __getattr__(self, method: str) -> Any:
        def answer(**arguments: Any) -> Any:
            self.asked.append((method, arguments))
            given = self._answers.popleft()
            if isinstance(given, Exception):
                raise given
            return given

        return answer


def refusal(code: str, *reasons: str) -> ClientError:
    """Returns an error of DynamoDB."""
    answer: Any = {
        "Error": {"Code": code, "Message": ""},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(answer, "UpdateItem")


def table(*answers: Any) -> tuple[Table, Answers]:
    """Returns a table with such a client and a fixed time."""
    client = Answers(*answers)
    return Table(client, "table", now=lambda: NOW), client


def test_f048_secret_is_cached_for_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run may wait longer than a key is valid. The next request reads the new key."""
    asked: list[int] = []

    def get(arn: str, max_age: int) -> str:
        asked.append(max_age)
        return f"value of {arn}"

    monkeypatch.setattr(secrets, "_provider", lambda: SimpleNamespace(get=get))

    assert secrets.secret("arn") == "value of arn"
    assert asked == [300]


def test_f062_request_to_the_provider_times_out_before_its_function() -> None:
    """The SDK's default is ten minutes; functions have 30 s. The SDK does not retry."""
    client = provider_client("sk-one", "http://127.0.0.1:9/v1")

    assert client.max_retries == 0
    assert (client.timeout.read, client.timeout.connect) == (SECONDS, CONNECT_SECONDS)
    assert CONNECT_SECONDS + SECONDS + BODY_SECONDS < 30


def test_f076_next_request_uses_a_rotated_key() -> None:
    """A cached client belongs to one key."""
    url = "http://127.0.0.1:9/v1"

    first, again, rotated = (provider_client(key, url) for key in ("sk-1", "sk-1", "sk-2"))

    assert first is again
    assert (first.api_key, rotated.api_key) == ("sk-1", "sk-2")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, DEFAULT_RETRY_AFTER),
        ({"retry-after": "soon"}, DEFAULT_RETRY_AFTER),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, DEFAULT_RETRY_AFTER),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
    ],
)
def test_f075_invalid_retry_headers_are_ignored(headers: dict[str, str], seconds: float) -> None:
    """The delay is always a number of seconds, and never negative."""
    answer: Any = SimpleNamespace(status_code=429, headers=headers, request=None)

    with pytest.raises(ProviderRateLimitedError) as caught, translated():
        raise openai.RateLimitError("slow down", response=answer, body=None)

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"]
)
def test_f092_f100_transient_errors_differ_from_permanent_ones(code: str) -> None:
    """The state machine retries the former; the latter end the run."""
    made, _ = table(refusal(code))

    with pytest.raises(StorageUnavailableError):
        made.write(Write(key=KEY, assign={"a": 1}))


def test_f096_transaction_conflict_is_transient_and_failed_condition_is_not() -> None:
    """Concurrent transactions are retried; one whose condition fails is not."""
    conflict = refusal("TransactionCanceledException", "TransactionConflict", "None")
    lost = refusal("TransactionCanceledException", "ConditionalCheckFailed", "TransactionConflict")
    made, _ = table(conflict, lost)

    with pytest.raises(StorageUnavailableError):
        made.transact([Write(key=KEY, assign={"a": 1})])
    with pytest.raises(WriteRefusedError):
        made.transact([Write(key=KEY, assign={"a": 1})])


def test_f097_reads_before_decisions_are_consistent() -> None:
    """A stale status would start a second run or end one twice."""
    made, client = table({}, {"Responses": {}}, {"Items": []})

    made.get(KEY)
    made.get_many([KEY])
    list(made.query("thread#t#1"))

    (_, get), (_, batch), (_, query) = client.asked
    assert get["ConsistentRead"]
    assert batch["RequestItems"]["table"]["ConsistentRead"]
    assert query["ConsistentRead"]


def test_f099_remaining_pages_and_unprocessed_keys_are_requested() -> None:
    """A page may be empty without being the last; a batch may be processed in part."""
    made, client = table(
        {"Items": [], "LastEvaluatedKey": RAW},
        {"Items": [RAW]},
        {"Responses": {}, "UnprocessedKeys": {"table": {"Keys": [RAW]}}},
        {"Responses": {"table": [RAW]}},
        {"UnprocessedItems": {"table": [{"DeleteRequest": {"Key": RAW}}]}},
        {},
    )

    assert list(made.query("thread#t#1")) == [KEY]
    assert made.get_many([KEY]) == [KEY]
    made.delete_many([KEY])

    assert len(client.asked) == 6


def test_f102_expired_items_are_missing_in_every_read() -> None:
    """DynamoDB deletes expired items within days (I14)."""
    raw = {**RAW, "expires_at": {"N": str(NOW)}}
    made, _ = table({"Item": raw}, {"Responses": {"table": [raw]}}, {"Items": [raw]})

    assert made.get(KEY) is None
    assert made.get_many([KEY]) == []
    assert list(made.query("thread#t#1")) == []


def test_f105_record_without_its_image_is_reported_as_failed() -> None:
    """It is reported as failed, so that it ends in the dead-letter queue and an alarm."""
    record = {
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {"SequenceNumber": "17", "Keys": RAW},
    }
    context: Any = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 1000)

    using: Any = SimpleNamespace(usage=None, run_events=None, runs=Runs(*[None] * 4))  # type: ignore[arg-type]

    answer = handler({"Records": [record]}, context, using)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "17"}]}
