"""Lambda's API for the deployed functions: invoke, describe and list."""

import json
import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import unquote

from werkzeug.wrappers import Response

from local.aws.deployment import Function
from local.aws.functions import FunctionTable, InvokeError, Outcome

_log = logging.getLogger(__name__)
_PREFIX = "/2015-03-31/functions"

InvokeAsync = Callable[[str, bytes], None]


class Functions(Protocol):
    """Runs functions: in local worker processes, or at another Lambda endpoint."""

    table: FunctionTable

    def invoke(self, function: str, payload: bytes) -> Outcome: ...

    def close(self) -> None: ...


class LambdaApi:
    """Invoke, GetFunction, GetFunctionConfiguration and ListFunctions."""

    def __init__(self, functions: Functions, invoke_async: InvokeAsync | None) -> None:
        self._functions = functions
        self._invoke_async = invoke_async or self._invoke_once_later

    def answer(self, environ: dict[str, Any]) -> Response:
        """Answers one request."""
        path = environ["PATH_INFO"]
        try:
            if not path.startswith(_PREFIX):
                raise InvokeError("ResourceNotFoundException", f"unknown path: {path}", 404)
            name, _, action = path.removeprefix(_PREFIX).strip("/").rpartition("/")
            return self._act(unquote(name), action, environ)
        except InvokeError as error:
            return Response(
                json.dumps({"Type": "User", "Message": str(error), "message": str(error)}),
                error.status,
                headers={"x-amzn-errortype": error.code},
                content_type="application/json",
            )

    def _act(self, name: str, action: str, environ: dict[str, Any]) -> Response:
        table = self._functions.table
        if action == "invocations":
            payload = environ["wsgi.input"].read() or b"null"
            if environ.get("HTTP_X_AMZ_INVOCATION_TYPE") == "Event":
                table.find(name)
                self._invoke_async(name, payload)
                return Response(status=202)
            return _invoked(self._functions.invoke(name, payload))
        if action == "configuration":
            return _json(_configuration(table.find(name)))
        if action:
            return _json({"Configuration": _configuration(table.find(unquote(action)))})
        return _json({"Functions": [_configuration(each) for each in table.all]})

    def _invoke_once_later(self, name: str, payload: bytes) -> None:
        def invoke() -> None:
            try:
                self._functions.invoke(name, payload)
            except InvokeError:
                _log.exception("asynchronous invocation of %s", name)

        threading.Thread(target=invoke, daemon=True).start()


def _invoked(outcome: Outcome) -> Response:
    response = Response(outcome.payload, 200, content_type="application/json")
    response.headers["X-Amz-Executed-Version"] = "$LATEST"
    if outcome.error:
        response.headers["X-Amz-Function-Error"] = outcome.error
    return response


def _json(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), 200, content_type="application/json")


def _configuration(function: Function) -> dict[str, Any]:
    return {
        "FunctionName": function.physical_name,
        "FunctionArn": function.arn,
        "Handler": function.handler,
        "Timeout": function.timeout_seconds,
        "MemorySize": function.memory_mb,
        "Runtime": "python3.13",
        "Environment": {"Variables": dict(function.environment)},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "Version": "$LATEST",
    }
