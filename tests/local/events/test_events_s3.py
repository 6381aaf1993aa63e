"""S3 notifications: the events that functions get for objects."""

import uuid
from typing import Any
from urllib.parse import unquote_plus

import httpx2
import pytest

from local.events import EventSources, UnsupportedSourceError
from tests.limits import WAIT_SECONDS
from tests.local.events.conftest import Aws, Listen
from tests.local.events.stack import Functions, deployment, function_arn


class Bucket:
    """A bucket whose changes invoke the function Upload."""

    def __init__(
        self, aws: Aws, listen: Listen, *, versioned: bool = False, **filters: str
    ) -> None:
        self.logical = f"Bucket{uuid.uuid4().hex[:8]}"
        self.name = self.logical.lower()
        self.s3 = aws.client("s3")
        self.s3.create_bucket(Bucket=self.name)
        if versioned:
            self.s3.put_bucket_versioning(
                Bucket=self.name, VersioningConfiguration={"Status": "Enabled"}
            )
        self.metadata_seen: list[Any] = []
        self.functions = Functions(Upload=self._read_metadata)
        self.sources: EventSources = listen(
            deployment("Upload", resources={self.logical: _notifying(**filters)}), self.functions
        )

    def _read_metadata(self, event: dict[str, Any]) -> None:
        described = event["Records"][0]["s3"]["object"]
        key = unquote_plus(described["key"])
        self.metadata_seen.append(self.s3.head_object(Bucket=self.name, Key=key)["Metadata"])

    def records(self) -> list[dict[str, Any]]:
        self.sources.drain(WAIT_SECONDS)
        return [record for event in self.functions.events for record in event["Records"]]


def _notifying(event: str = "s3:ObjectCreated:*", **affixes: str) -> dict[str, Any]:
    rules = [{"Name": name, "Value": value} for name, value in affixes.items()]
    configuration = {
        "Event": event,
        "Function": function_arn("Upload"),
        "Filter": {"S3Key": {"Rules": rules}},
    }
    notifications = {"LambdaConfigurations": [configuration]}
    return {
        "Type": "AWS::S3::Bucket",
        "Properties": {"NotificationConfiguration": notifications},
    }


def test_put_is_reported_in_format_of_s3(aws: Aws, listen: Listen) -> None:
    """The record has bucket, key, size, ETag, version and sequencer."""
    bucket = Bucket(aws, listen, versioned=True)

    answer = bucket.s3.put_object(Bucket=bucket.name, Key="drop/a b+ü.csv", Body=b"1,2\n")

    [record] = bucket.records()
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["eventSource"] == "aws:s3"
    assert record["eventVersion"] == "2.1"
    assert record["s3"]["s3SchemaVersion"] == "1.0"
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{bucket.name}"
    described = record["s3"]["object"]
    assert described.pop("sequencer")
    assert described == {
        "key": "drop/a+b%2B%C3%BC.csv",
        "size": 4,
        "eTag": answer["ETag"].strip('"'),
        "versionId": answer["VersionId"],
    }


def test_object_is_complete_when_function_runs(aws: Aws, listen: Listen) -> None:
    """The function can read user metadata, which moto writes last."""
    bucket = Bucket(aws, listen)

    bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"x", Metadata={"assistant-id": "a1"})
    bucket.sources.drain(WAIT_SECONDS)

    assert bucket.metadata_seen == [{"assistant-id": "a1"}]


def test_every_kind_of_write_is_reported_once(aws: Aws, listen: Listen) -> None:
    """Copy, presigned POST and multipart upload each make one record with their own name."""
    bucket = Bucket(aws, listen)
    bucket.s3.put_object(Bucket=bucket.name, Key="source", Body=b"x")
    bucket.s3.copy_object(
        Bucket=bucket.name, Key="copy", CopySource={"Bucket": bucket.name, "Key": "source"}
    )
    form = bucket.s3.generate_presigned_post(bucket.name, "post")
    httpx2.post(
        form["url"], data=form["fields"], files={"file": b"x"}, timeout=WAIT_SECONDS
    ).raise_for_status()
    upload = bucket.s3.create_multipart_upload(Bucket=bucket.name, Key="parts")["UploadId"]
    part = bucket.s3.upload_part(
        Bucket=bucket.name, Key="parts", UploadId=upload, PartNumber=1, Body=b"x"
    )
    bucket.s3.complete_multipart_upload(
        Bucket=bucket.name,
        Key="parts",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )

    reported = [(record["eventName"], record["s3"]["object"]["key"]) for record in bucket.records()]

    assert sorted(reported) == [
        ("ObjectCreated:CompleteMultipartUpload", "parts"),
        ("ObjectCreated:Copy", "copy"),
        ("ObjectCreated:Post", "post"),
        ("ObjectCreated:Put", "source"),
    ]


def test_filters_apply_to_prefix_and_suffix(aws: Aws, listen: Listen) -> None:
    """Only matching keys reach the function; deletions never do."""
    bucket = Bucket(aws, listen, prefix="drop/", suffix=".csv")
    for key in ("drop/a.csv", "drop/a.pdf", "other/a.csv"):
        bucket.s3.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    bucket.sources.drain(WAIT_SECONDS)
    bucket.s3.delete_object(Bucket=bucket.name, Key="drop/a.csv")

    assert [record["s3"]["object"]["key"] for record in bucket.records()] == ["drop/a.csv"]


def test_refused_write_is_not_reported(aws: Aws, listen: Listen) -> None:
    """A conditional put that fails invokes no function."""
    bucket = Bucket(aws, listen)
    bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"1")

    with pytest.raises(bucket.s3.exceptions.ClientError):
        bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"2", IfNoneMatch="*")

    assert len(bucket.records()) == 1


def test_sequencers_increase(aws: Aws, listen: Listen) -> None:
    """A function can find the newer of two versions of a key."""
    bucket = Bucket(aws, listen)
    etags = [
        bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=bytes([n]))["ETag"].strip('"')
        for n in range(5)
    ]

    described = [record["s3"]["object"] for record in bucket.records()]

    described.sort(key=lambda entry: str(entry["sequencer"]))
    assert [entry["eTag"] for entry in described] == etags


def test_held_notifications_can_be_reordered_and_repeated(aws: Aws, listen: Listen) -> None:
    """S3 guarantees neither order nor number of deliveries, so tests can change both."""
    bucket = Bucket(aws, listen)
    bucket.sources.s3.hold()
    for key in ("a", "b"):
        bucket.s3.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    assert bucket.records() == []

    delivered = bucket.sources.s3.release(lambda held: [held[1], held[0], held[0]])

    assert [delivery.key for delivery in delivered] == ["b", "a", "a"]
    assert sorted(record["s3"]["object"]["key"] for record in bucket.records()) == ["a", "a", "b"]


def test_old_notification_can_be_delivered_again(aws: Aws, listen: Listen) -> None:
    """The history has past notifications; the second delivery has the same event."""
    bucket = Bucket(aws, listen)
    bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"x")
    bucket.sources.drain(WAIT_SECONDS)

    [delivery] = bucket.sources.s3.history()
    bucket.sources.s3.deliver(delivery)
    bucket.sources.drain(WAIT_SECONDS)

    first, second = bucket.functions.events
    assert first == second


@pytest.mark.parametrize(
    ("notifying", "message"),
    [
        ({"QueueConfigurations": [{"Event": "s3:*", "Queue": "arn"}]}, "QueueConfigurations"),
        ({"LambdaConfigurations": [{"Event": "s3:ObjectRemoved:*"}]}, "s3:ObjectRemoved"),
    ],
)
def test_other_notifications_are_refused(
    listen: Listen, notifying: dict[str, Any], message: str
) -> None:
    """A notification that local AWS would not deliver stops the start."""
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"NotificationConfiguration": notifying},
    }

    with pytest.raises(UnsupportedSourceError, match=f"Inbox: {message}"):
        listen(deployment("Upload", resources={"Inbox": bucket}), Functions())
