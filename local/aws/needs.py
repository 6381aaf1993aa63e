"""Which IAM actions on which resources a call needs.

The names are those of the Service Authorization Reference, which may differ from the operation's:
a transaction needs the actions of its parts, and HeadObject needs s3:GetObject.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from local.aws.calls import Call
from local.aws.resources import ACCOUNT, REGION

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
_PATHS = {"dynamodb": "table/", "events": "event-bus/", "lambda": "function:"}
"""What is between the account and the name in an ARN."""


@dataclass(frozen=True)
class Need:
    """An action on a resource; `keys` are its partition keys, or the prefix of a list."""

    action: str
    resource: str
    keys: tuple[str, ...] = ()


def needs_of(call: Call) -> list[Need]:
    """Returns everything that IAM requires for a call."""
    match call.service:
        case "dynamodb":
            return list(_of_dynamodb(call))
        case "s3":
            return list(_of_s3(call))
        case "events":
            entries = json.loads(call.body or b"{}").get("Entries", [])
            buses = {entry.get("EventBusName", "default") for entry in entries}
            return [Need(f"events:{call.operation}", _arn("events", bus)) for bus in sorted(buses)]
        case "lambda":
            return [Need("lambda:InvokeFunction", _arn("lambda", call.resource))]
        case "states" if call.operation.startswith("SendTask"):
            # The call names only a token; IAM checks the token's state machine.
            return [Need(f"states:{call.operation}", _arn("states", "*"))]
        case "sqs" if "/" in call.resource:
            queue = call.resource.rpartition("/")[2]
            return [Need(f"sqs:{call.operation}", _arn("sqs", queue))]
    return [Need(f"{call.service}:{call.operation}", call.resource)]


def _of_dynamodb(call: Call) -> Iterator[Need]:
    asked = json.loads(call.body or b"{}")
    if call.operation in ("TransactWriteItems", "TransactGetItems"):
        # AWS does not document whether LeadingKeys holds one item's key or every key of the
        # transaction. This asks for one statement that covers all keys, which satisfies both.
        keys = tuple(dict.fromkeys(call.leading_keys))
        for kind, part in (part for item in asked["TransactItems"] for part in item.items()):
            table = _arn("dynamodb", part["TableName"])
            yield Need(f"dynamodb:{_IN_TRANSACTION[kind]}", table, keys)
        return
    index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
    for name in call.resource.split(","):
        table = _arn("dynamodb", name)
        yield Need(f"dynamodb:{call.operation}", table + index, call.leading_keys)


def need_to_see_absence(call: Call) -> Need | None:
    """Returns what a caller needs to get a 404 instead of a 403 for a missing object; else None.

    It is the right to list the whole bucket: a condition on `s3:prefix` fails here, because only
    lists have a prefix.
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


def _arn(service: str, name: str) -> str:
    """Returns the ARN of a resource that a call names; a call may name it by its ARN."""
    path = _PATHS.get(service, "")
    return name if name.startswith("arn:") else f"arn:aws:{service}:{REGION}:{ACCOUNT}:{path}{name}"
