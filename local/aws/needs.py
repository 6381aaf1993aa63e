"""What a call needs of its caller's role: IAM actions on resources.

The names are those of the Service Authorization Reference, which are not always the operation's:
a transaction needs the actions of its parts, and a HeadObject is a GetObject.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.aws.calls import Call
from local.aws.naming import ACCOUNT, REGION

_IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_S3_ACTIONS = {
    "HeadObject": "GetObject",
    "PostObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "AbortMultipartUpload": "AbortMultipartUpload",
    "ListParts": "ListMultipartUploadParts",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
}


@dataclass(frozen=True)
class Need:
    """An action on a resource; `keys` are the partition keys, or the prefix of a list, it names."""

    action: str
    resource: str
    keys: tuple[str, ...] = ()


def needs_of(call: Call) -> list[Need]:
    """Everything that IAM would ask for before it lets the call through."""
    match call.service:
        case "dynamodb":
            return list(_of_dynamodb(call))
        case "s3":
            return list(_of_s3(call))
        case "events":
            buses = {entry.get("EventBusName", "default") for entry in _entries(call)}
            return [Need(f"events:{call.operation}", _event_bus(bus)) for bus in sorted(buses)]
        case "lambda":
            return [Need("lambda:InvokeFunction", _function(call.resource))]
        case "states" if call.operation.startswith("SendTask"):
            # The call names a token only; IAM checks the state machine that the token is of.
            return [Need(f"states:{call.operation}", f"arn:aws:states:{REGION}:{ACCOUNT}:*")]
    return [Need(f"{call.service}:{call.operation}", _arn(call))]


def _of_dynamodb(call: Call) -> Iterator[Need]:
    asked = json.loads(call.body or b"{}")
    if call.operation in ("TransactWriteItems", "TransactGetItems"):
        # AWS does not document whether LeadingKeys holds one item's key or every key of the
        # transaction. This asks for one statement that covers all keys, which satisfies both.
        parts = [part for item in asked["TransactItems"] for part in item.items()]
        keys = [key for _, part in parts for key in _key(part.get("Key") or part["Item"])]
        for kind, part in parts:
            action = f"dynamodb:{_IN_TRANSACTION[kind]}"
            yield Need(action, _table(part["TableName"]), tuple(dict.fromkeys(keys)))
        return
    for name in call.resource.split(","):
        index = asked.get("IndexName")
        resource = _table(name) + (f"/index/{index}" if index else "")
        yield Need(f"dynamodb:{call.operation}", resource, call.leading_keys)


def look_of(call: Call) -> Need | None:
    """What S3 asks of a caller that names an object which is not there.

    It says so only to somebody who may list the whole bucket: a condition on `s3:prefix` holds for
    lists alone, because nothing else has one.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    if call.service != "s3" or call.operation not in ("GetObject", "HeadObject", "CopyObject"):
        return None
    return Need("s3:ListBucket", f"arn:aws:s3:::{call.resource.partition('/')[0]}", ("",))


def _of_s3(call: Call) -> Iterator[Need]:
    bucket, _, key = call.resource.partition("/")
    action = _S3_ACTIONS.get(call.operation, call.operation)
    if call.versioned and action in ("GetObject", "DeleteObject"):
        action += "Version"
    if call.operation == "CopyObject":
        yield Need("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
        action = "PutObject"
    on_objects = bool(key) or call.operation == "DeleteObjects"
    yield Need(
        f"s3:{action}",
        f"arn:aws:s3:::{bucket}" + (f"/{key or '*'}" if on_objects else ""),
        () if on_objects else (call.prefix,),
    )


def _entries(call: Call) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(call.body or b"{}").get("Entries", [])
    return entries


def _key(item: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(next(iter(value.values())) for name, value in item.items() if name == "pk")


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _event_bus(name: str) -> str:
    return (
        name if name.startswith("arn:") else f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"
    )


def _function(name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def _arn(call: Call) -> str:
    if call.service == "sqs" and "/" in call.resource:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{call.resource.rpartition('/')[2]}"
    return call.resource
