"""S3 notifications: what functions are told about objects."""

import uuid
from typing import Any
from urllib.parse import unquote_plus

import httpx2
import pytest

from local.events import EventSources, UnsupportedSourceError
from tests.local.events.conftest import Aws, Listen
from tests.local.events.stack import Functions, deployment, function_arn


class Bucket:
    """A bucket whose writes are reported to the function Upload."""

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
        self.functions = Functions(Upload=self._look_at_object)
        self.sources: EventSources = listen(
            deployment("Upload", resources={self.logical: _notifying(**filters)}), self.functions
        )

    def _look_at_object(self, event: dict[str, Any]) -> None:
        described = event["Records"][0]["s3"]["object"]
        if "size" in described:
            key = unquote_plus(described["key"])
            self.metadata_seen.append(self.s3.head_object(Bucket=self.name, Key=key)["Metadata"])

    def records(self) -> list[dict[str, Any]]:
        self.sources.drain(10)
        return [record for event in self.functions.events for record in event["Records"]]


def _notifying(event: str = "s3:*", **affixes: str) -> dict[str, Any]:
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


def test_a_put_is_told_as_s3_tells_it(aws: Aws, listen: Listen) -> None:
    """The record names bucket, key, size, ETag, version and sequencer."""
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


def test_the_object_is_complete_when_the_function_sees_it(aws: Aws, listen: Listen) -> None:
    """User metadata, which moto writes last, is there for the function."""
    bucket = Bucket(aws, listen)

    bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"x", Metadata={"assistant-id": "a1"})
    bucket.sources.drain(10)

    assert bucket.metadata_seen == [{"assistant-id": "a1"}]


def test_every_way_of_writing_is_told_once(aws: Aws, listen: Listen) -> None:
    """Copy, presigned POST and multipart upload each give one record with their own name."""
    bucket = Bucket(aws, listen)
    bucket.s3.put_object(Bucket=bucket.name, Key="source", Body=b"x")
    bucket.s3.copy_object(
        Bucket=bucket.name, Key="copy", CopySource={"Bucket": bucket.name, "Key": "source"}
    )
    form = bucket.s3.generate_presigned_post(bucket.name, "post")
    httpx2.post(form["url"], data=form["fields"], files={"file": b"x"}).raise_for_status()
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

    told = [(record["eventName"], record["s3"]["object"]["key"]) for record in bucket.records()]

    assert sorted(told) == [
        ("ObjectCreated:CompleteMultipartUpload", "parts"),
        ("ObjectCreated:Copy", "copy"),
        ("ObjectCreated:Post", "post"),
        ("ObjectCreated:Put", "source"),
    ]


@pytest.mark.parametrize(
    ("versioned", "name"),
    [(False, "ObjectRemoved:Delete"), (True, "ObjectRemoved:DeleteMarkerCreated")],
)
def test_a_deletion_is_told_without_size(
    aws: Aws, listen: Listen, versioned: bool, name: str
) -> None:
    """A versioned bucket tells of the delete marker, another one of the deletion."""
    bucket = Bucket(aws, listen, versioned=versioned, event="s3:ObjectRemoved:*")
    bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"x")

    bucket.s3.delete_object(Bucket=bucket.name, Key="a")

    [record] = bucket.records()
    assert record["eventName"] == name
    assert "size" not in record["s3"]["object"]


def test_filters_choose_by_prefix_suffix_and_event(aws: Aws, listen: Listen) -> None:
    """Only keys and events that the template names reach the function."""
    bucket = Bucket(aws, listen, event="s3:ObjectCreated:Put", prefix="drop/", suffix=".csv")
    for key in ("drop/a.csv", "drop/a.pdf", "other/a.csv"):
        bucket.s3.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    bucket.s3.copy_object(
        Bucket=bucket.name, Key="drop/b.csv", CopySource=f"{bucket.name}/drop/a.csv"
    )

    assert [record["s3"]["object"]["key"] for record in bucket.records()] == ["drop/a.csv"]


def test_a_refused_write_is_not_told(aws: Aws, listen: Listen) -> None:
    """A conditional put that fails changes nothing and invokes nobody."""
    bucket = Bucket(aws, listen, event="s3:ObjectCreated:*")
    bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"1")

    with pytest.raises(bucket.s3.exceptions.ClientError):
        bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"2", IfNoneMatch="*")

    assert len(bucket.records()) == 1


def test_sequencers_grow_with_every_change(aws: Aws, listen: Listen) -> None:
    """Whoever compares two sequencers of one key finds the newer object."""
    bucket = Bucket(aws, listen, event="s3:ObjectCreated:*")
    etags = [
        bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=bytes([n]))["ETag"].strip('"')
        for n in range(5)
    ]

    described = [record["s3"]["object"] for record in bucket.records()]

    described.sort(key=lambda entry: str(entry["sequencer"]))
    assert [entry["eTag"] for entry in described] == etags


def test_held_notifications_can_be_reordered_and_doubled(aws: Aws, listen: Listen) -> None:
    """Tests decide the order and the number of deliveries, as S3 promises neither."""
    bucket = Bucket(aws, listen, event="s3:ObjectCreated:*")
    bucket.sources.s3.hold()
    for key in ("a", "b"):
        bucket.s3.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    assert bucket.records() == []

    delivered = bucket.sources.s3.release(lambda held: [held[1], held[0], held[0]])

    assert [delivery.key for delivery in delivered] == ["b", "a", "a"]
    assert sorted(record["s3"]["object"]["key"] for record in bucket.records()) == ["a", "a", "b"]


def test_an_old_notification_can_be_replayed(aws: Aws, listen: Listen) -> None:
    """The history holds what was delivered; delivering it again gives the same event."""
    bucket = Bucket(aws, listen, event="s3:ObjectCreated:*")
    bucket.s3.put_object(Bucket=bucket.name, Key="a", Body=b"x")
    bucket.sources.drain(10)

    [delivery] = bucket.sources.s3.history()
    bucket.sources.s3.deliver(delivery)
    bucket.sources.drain(10)

    first, second = bucket.functions.events
    assert first == second


def test_a_bucket_can_report_to_eventbridge(aws: Aws, listen: Listen) -> None:
    """The event on the bus carries the raw key and EventBridge's own field names."""
    name = f"bus{uuid.uuid4().hex[:8]}"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name)
    notifying = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"NotificationConfiguration": notifying},
    }
    sources = listen(deployment("Upload", resources={name: bucket}), Functions())

    s3.put_object(Bucket=name, Key="a b+ü.csv", Body=b"12")
    s3.delete_object(Bucket=name, Key="a b+ü.csv")

    created, deleted = sources.seen(source="aws.s3")
    assert (created["detail-type"], deleted["detail-type"]) == ("Object Created", "Object Deleted")
    assert created["detail"]["bucket"] == {"name": name}
    assert created["detail"]["object"]["key"] == "a b+ü.csv"
    assert created["detail"]["object"]["size"] == 2
    assert created["detail"]["reason"] == "PutObject"
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"


def test_queues_as_targets_of_a_bucket_are_refused(listen: Listen) -> None:
    """What would silently never arrive stops the start instead."""
    notifying = {"QueueConfigurations": [{"Event": "s3:*", "Queue": "arn"}]}
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"NotificationConfiguration": notifying},
    }

    with pytest.raises(UnsupportedSourceError, match="Inbox: QueueConfigurations"):
        listen(deployment("Upload", resources={"Inbox": bucket}), Functions())
