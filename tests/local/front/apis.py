"""Small deployments with a REST API, as the SAM transform writes them."""

import base64
import json
import socket
from collections.abc import Callable, Collection, Iterator
from typing import Any

from local.aws.deployment import Deployment, Function
from local.aws.functions import Outcome

ACCOUNT = "123456789012"


def arn_of(name: str) -> str:
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"


def function(name: str, **changes: Any) -> Function:
    given: dict[str, Any] = {
        "name": name,
        "arn": arn_of(name),
        "handler": f"{name}.app.handler",
        "environment": {},
        "timeout_seconds": 30,
        "memory_mb": 128,
        "layers": (),
        "concurrency": 10,
        "role_statements": (),
        "dead_letter_queue": None,
    }
    return Function(**(given | changes))


def uri(name: str) -> str:
    path = f"lambda:path/2015-03-31/functions/{arn_of(name)}/invocations"
    return f"arn:aws:apigateway:us-east-1:{path}"


def rest_api(
    routes: dict[str, str], streamed: Collection[str] = (), errors: dict[str, Any] | None = None
) -> Deployment:
    """A deployment whose routes are given as {"GET /{id}": "FunctionName"}.

    Routes of `streamed` functions stream; `errors` are the API's gateway responses.
    """
    paths: dict[str, Any] = {}
    for key, name in routes.items():
        method, _, path = key.partition(" ")
        verb = "x-amazon-apigateway-any-method" if method == "ANY" else method.lower()
        integration = {"uri": uri(name)}
        if name in streamed:
            integration["responseTransferMode"] = "STREAM"
        paths.setdefault(path, {})[verb] = {"x-amazon-apigateway-integration": integration}
    body = {"paths": paths, "x-amazon-apigateway-gateway-responses": errors or {}}
    return Deployment(
        functions={name: function(name) for name in routes.values()},
        physical_ids={"Api": "a1b2c3"},
        outputs={},
        resources={"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}}},
    )


class Functions:
    """A fake Lambda runtime: runs a handler by name and keeps every event."""

    def __init__(self, **handlers: Callable[[dict[str, Any]], Any]) -> None:
        self._handlers = handlers
        self.events: list[tuple[str, dict[str, Any]]] = []

    def invoke(self, name: str, payload: bytes) -> Outcome:
        event = json.loads(payload)
        self.events.append((name, event))
        try:
            result = self._handlers[name](event)
        except ValueError as error:
            failed = {"errorType": "ValueError", "errorMessage": str(error), "stackTrace": []}
            return Outcome(json.dumps(failed).encode(), "Unhandled")
        return Outcome(json.dumps(result).encode(), None)

    def stream(self, name: str, payload: bytes) -> Iterator[bytes]:
        event = json.loads(payload)
        self.events.append((name, event))
        chunks: Iterator[bytes] = self._handlers[name](event)
        return chunks


ROUTES = rest_api({"ANY /{proxy+}": "Api", "GET /health": "Api"})


def reply(body: Any, status: int = 200) -> dict[str, Any]:
    """Returns a JSON response as a function returns it."""
    return {"statusCode": status, "body": json.dumps(body)}


def echo(event: dict[str, Any]) -> dict[str, Any]:
    """A function that returns the path and the size of the body."""
    return reply({"path": event["path"], "size": len(base64.b64decode(event["body"] or ""))})


def status_line(connection: socket.socket) -> bytes:
    """Returns the first line of a response."""
    return connection.makefile("rb").readline().strip()
