"""Local AWS over HTTP."""

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from local.aws.functions import RemoteFunctions
from local.aws.moto_app import MotoApp
from tests.limits import BRIEFLY, WAIT_SECONDS

from .conftest import Orders


def test_connection_serves_many_requests(orders: Orders) -> None:
    """HTTP/1.1 with keep-alive, as the SDKs expect."""
    address = urlsplit(orders.aws.endpoint)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    headers = {
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request",
    }
    ports = set()
    for _ in range(3):
        connection.request("POST", "/", b"{}", headers)
        ports.add(connection.sock.getsockname()[1])
        assert orders.table in json.loads(connection.getresponse().read())["TableNames"]

    assert len(ports) == 1
    connection.close()


def test_objects_are_stored_unchanged(orders: Orders) -> None:
    """Body, metadata and size, also of an empty object."""
    s3, bucket = orders.client("s3"), orders.deployment.physical_ids["Bucket"]
    s3.put_object(Bucket=bucket, Key="a.bin", Body=b"\x00" * 100_000, Metadata={"user": "ada"})
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")

    assert s3.get_object(Bucket=bucket, Key="a.bin")["Body"].read() == b"\x00" * 100_000
    head = s3.head_object(Bucket=bucket, Key="a.bin")
    assert (head["ContentLength"], head["Metadata"]) == (100_000, {"user": "ada"})
    assert s3.get_object(Bucket=bucket, Key="empty")["Body"].read() == b""
    s3.delete_object(Bucket=bucket, Key="a.bin")


def test_function_can_be_invoked_through_api(orders: Orders) -> None:
    """Result, error header and the error for an unknown function."""
    client = orders.client("lambda")

    good = client.invoke(FunctionName="understudy-GreetFunction", Payload=b'{"name": "Ada"}')
    bad = client.invoke(FunctionName=orders.arn("MisbehaveFunction"), Payload=b'{"do": "raise"}')

    assert json.load(good["Payload"])["greeting"] == "Hello, Ada!"
    assert (bad["StatusCode"], bad["FunctionError"]) == (200, "Unhandled")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="unknown", Payload=b"{}")


def test_asynchronous_invocation_goes_to_handler(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller gets a 202 at once."""
    taken: list[tuple[str, bytes]] = []
    monkeypatch.setattr(orders.aws, "invoke_async", lambda *given: taken.append(given))

    greet = orders.arn("GreetFunction")
    answer = orders.run(
        "CountFunction", do="invoke", type="Event", function=greet, payload={"name": "A"}
    )

    assert answer["status"] == 202
    assert taken == [(greet, b'{"name": "A"}')]


def test_functions_can_run_at_another_endpoint(orders: Orders) -> None:
    """Outcomes and errors are the same as with local workers."""
    remote = RemoteFunctions(list(orders.deployment.functions.values()), orders.aws.endpoint)

    good = remote.invoke(orders.arn("GreetFunction"), b'{"name": "Ada"}')
    bad = remote.invoke("MisbehaveFunction", b'{"do": "raise"}')

    assert json.loads(good.payload)["greeting"] == "Hello, Ada!"
    assert bad.error == "Unhandled"
    remote.close()


def _item(name: str, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "META"}, **more}


def test_one_of_concurrent_conditional_writes_succeeds(orders: Orders) -> None:
    """moto itself checks and writes in two steps."""
    dynamodb = orders.client("dynamodb")

    def write(number: int) -> bool:
        try:
            dynamodb.put_item(
                TableName=orders.table,
                Item=_item("race", by={"N": str(number)}),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(20) as writers:
        won = list(writers.map(write, range(60)))

    assert won.count(True) == 1


@pytest.mark.parametrize(("service", "at_once"), [("dynamodb", 1), ("sqs", 2)])
def test_moto_gets_one_request_of_a_service_at_a_time(service: str, at_once: int) -> None:
    """Except for services whose requests wait, such as SQS."""
    inside: list[int] = []
    most: list[int] = []

    together = threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        inside.append(1)
        most.append(len(inside))
        if len(inside) == 2:
            together.set()
        together.wait(WAIT_SECONDS if at_once == 2 else BRIEFLY)
        inside.pop()
        start_response("200 OK", [])
        return []

    moto = MotoApp(app)
    with ThreadPoolExecutor(2) as callers:
        list(callers.map(lambda _: moto.answer(service, {"REQUEST_METHOD": "GET"}), range(2)))

    assert max(most) == at_once


def test_cancelled_transaction_has_no_effect(orders: Orders) -> None:
    """It leaves neither items nor stream records, although its first write was applied."""
    dynamodb, records = orders.client("dynamodb"), []
    dynamodb.put_item(TableName=orders.table, Item=_item("kept", n={"N": "1"}))
    orders.aws.on_stream_record = lambda table, record: records.append(record)

    with pytest.raises(ClientError, match="TransactionCanceled"):
        dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": orders.table, "Item": _item("new")}},
                {"Put": {"TableName": orders.table, "Item": _item("kept", n={"N": "2"})}},
                {
                    "Put": {
                        "TableName": orders.table,
                        "Item": _item("other"),
                        "ConditionExpression": "attribute_exists(pk)",
                    }
                },
            ]
        )

    orders.aws.on_stream_record = lambda *_: None
    assert records == []
    assert "Item" not in dynamodb.get_item(TableName=orders.table, Key=_item("new"))
    kept = dynamodb.get_item(TableName=orders.table, Key=_item("kept"))["Item"]
    assert kept["n"] == {"N": "1"}


def test_transaction_makes_stream_records(orders: Orders) -> None:
    """One per write, with old and new images, after it has succeeded."""
    dynamodb = orders.client("dynamodb")
    dynamodb.put_item(TableName=orders.table, Item=_item("old", n={"N": "1"}))
    records: list[tuple[str, dict[str, Any]]] = []
    orders.aws.on_stream_record = lambda table, record: records.append((table, record))

    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": orders.table, "Item": _item("fresh")}},
            {"Delete": {"TableName": orders.table, "Key": _item("old")}},
        ]
    )

    orders.aws.on_stream_record = lambda *_: None
    assert [table for table, _ in records] == [orders.table] * 2
    assert [record["eventName"] for _, record in records] == ["INSERT", "REMOVE"]
    assert records[1][1]["dynamodb"]["OldImage"]["n"] == {"N": "1"}


def test_events_of_functions_reach_listener(orders: Orders) -> None:
    """Each has the id that EventBridge assigned."""
    put: list[dict[str, Any]] = []
    orders.aws.on_put_events = put.extend

    orders.run("CountFunction", do="put_event", key="k")

    assert (put[0]["Source"], put[0]["DetailType"]) == ("counts", "Counted")
    assert put[0]["EventId"]
