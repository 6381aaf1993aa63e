"""Reads from one request to local AWS who calls which operation on what."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

OUTSIDE = "outside"
STATES = "states"
STATES_ACCESS_KEY = "AKIASTATES"
"""Signs the calls of Step Functions' service integrations."""

_PREFIX = "AKIA"
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_FORM_FIELD = re.compile(r'name="([^"]+)"\r\n\r\n([^\r]*)\r\n')
_FORM_BYTES = 20_000
"""S3 accepts no more in front of the file."""


@dataclass(frozen=True)
class Caller:
    """Who signed a request, known from the access key id."""

    name: str
    """The logical id of a function, "states" for service integrations, otherwise "outside"."""
    worker: int | None = None
    """The number of the function's worker process."""


def access_key(function: str, worker: int) -> str:
    """Returns the access key id of a worker, from which `caller_of` reads the worker."""
    name = base64.b32encode(f"{function}/{worker}".encode()).decode().rstrip("=")
    return _PREFIX + name


def caller_of(key: str) -> Caller:
    """Returns who has an access key id."""
    if key == STATES_ACCESS_KEY:
        return Caller(STATES)
    encoded = key.removeprefix(_PREFIX)
    try:
        name = base64.b32decode(encoded + "=" * (-len(encoded) % 8)).decode()
        function, _, worker = name.partition("/")
        return Caller(function, int(worker))
    except (binascii.Error, ValueError):
        return Caller(OUTSIDE)


@dataclass(frozen=True)
class Call:
    """One AWS API call."""

    caller: Caller
    service: str
    """As in IAM actions: dynamodb, s3, states, secretsmanager, sqs, events, lambda."""
    operation: str
    """As in the API: UpdateItem, PutObject, SendTaskSuccess."""
    resource: str
    """Table name, bucket/key, ARN, queue URL or secret id; empty for calls without one."""
    leading_keys: tuple[str, ...]
    """The partition keys that a DynamoDB call names."""
    body: bytes
    prefix: str = ""
    """The prefix of an S3 list."""
    versioned: bool = False
    """Whether an S3 call names a version id."""


def read_call(environ: Mapping[str, Any], body: bytes) -> Call:
    """Reads a request of an AWS SDK; like moto, it takes unsigned requests for S3's."""
    query = environ.get("QUERY_STRING", "")
    signed = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION") or "")
    signed = signed or _CREDENTIAL.search(unquote(query).replace("X-Amz-Credential", "Credential"))
    form = _posted_form(environ, body)
    signed = signed or _CREDENTIAL.search(f"Credential={form.get('x-amz-credential', '')}")
    key, service = (signed[1], signed[3]) if signed else ("", "s3")
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        operation = target.rpartition(".")[2]
        details = json.loads(body or b"{}")
    elif service == "s3":
        operation, details = _s3_operation(environ, query), {}
    else:
        asked = parse_qs(body.decode(errors="replace"))
        details = {name: values[0] for name, values in asked.items()}
        operation = details.get("Action", _rest_operation(environ))
    return Call(
        caller=caller_of(key),
        service=service,
        operation=operation,
        resource=_resource(service, environ, details) + (f"/{form['key']}" if form else ""),
        leading_keys=tuple(_leading_keys(details)) if service == "dynamodb" else (),
        body=body,
        prefix=parse_qs(query).get("prefix", [""])[0] if service == "s3" else "",
        versioned=service == "s3" and "versionId" in parse_qs(query),
    )


def _posted_form(environ: Mapping[str, Any], body: bytes) -> dict[str, str]:
    """Returns the fields of a form that a browser posts to S3; they come before the file."""
    if not environ.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
        return {}
    fields = _FORM_FIELD.findall(body[:_FORM_BYTES].decode("utf-8", "replace"))
    return {name.lower(): value for name, value in fields}


def _s3_operation(environ: Mapping[str, Any], query: str) -> str:
    method = environ["REQUEST_METHOD"]
    _, _, key = environ.get("PATH_INFO", "").lstrip("/").partition("/")
    asked = parse_qs(query, keep_blank_values=True).keys()
    if "uploads" in asked or "uploadId" in asked:
        return {
            "POST": "CreateMultipartUpload" if "uploads" in asked else "CompleteMultipartUpload",
            "PUT": "UploadPart",
            "DELETE": "AbortMultipartUpload",
        }.get(method, "ListParts")
    if method == "POST" and "delete" in asked:
        return "DeleteObjects"
    if method == "PUT" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
        return "CopyObject"
    if key:
        return {
            "GET": "GetObject",
            "PUT": "PutObject",
            "DELETE": "DeleteObject",
            "HEAD": "HeadObject",
        }.get(method, "PostObject")
    return {
        "GET": "ListObjectsV2",
        "PUT": "CreateBucket",
        "DELETE": "DeleteBucket",
        "HEAD": "HeadBucket",
    }.get(method, "PostObject")


def _rest_operation(environ: Mapping[str, Any]) -> str:
    return "Invoke" if environ.get("PATH_INFO", "").endswith("/invocations") else ""


_RESOURCE_FIELDS = (
    "TableName", "SecretId", "stateMachineArn", "executionArn", "QueueUrl", "TopicArn", "Name",
)  # fmt: skip


def _resource(service: str, environ: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    path: str = environ.get("PATH_INFO", "").strip("/")
    if service == "s3":
        return path.encode("latin-1").decode("utf-8", "replace")  # PEP 3333 decodes paths so
    if service == "lambda":
        return unquote(path.partition("functions/")[2].partition("/")[0])
    for field in _RESOURCE_FIELDS:
        if isinstance(details.get(field), str):
            return str(details[field])
    tables = {operation["TableName"] for operation in _operations(details)}
    return ",".join(sorted(tables))


def _operations(details: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the single operations of a transaction or a batch, each with its table."""
    single = [operation for item in details.get("TransactItems", []) for operation in item.values()]
    for table, asked in details.get("RequestItems", {}).items():
        if isinstance(asked, list):
            requests = [request for item in asked for request in item.values()]
        else:
            requests = [{"Key": key} for key in asked["Keys"]]
        single += [{**request, "TableName": table} for request in requests]
    return single


def _leading_keys(details: Mapping[str, Any]) -> list[str]:
    """Returns the values of the partition keys, which the product's table names pk."""
    found = []
    for operation in [details, *_operations(details)]:
        key = operation.get("Key") or operation.get("Item") or {}
        found += [next(iter(value.values())) for name, value in key.items() if name == "pk"]
        found += _queried_key(operation)
    return found


def _queried_key(operation: Mapping[str, Any]) -> list[str]:
    condition = re.match(
        r"\s*\(?\s*(\S+)\s*=\s*(:\w+)", operation.get("KeyConditionExpression", "")
    )
    values = operation.get("ExpressionAttributeValues", {})
    return [next(iter(values[condition[2]].values()))] if condition else []
