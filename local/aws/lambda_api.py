"""Lambda's Invoke for the deployed functions."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Response

from local.aws.functions import FunctionRuntime, InvokeError, RemoteFunctions

_PATH = re.compile("/2015-03-31/functions/([^/]+)/invocations")

InvokeAsync = Callable[[str, bytes], None]


Functions = FunctionRuntime | RemoteFunctions
"""Runs functions: in local worker processes, or at another Lambda endpoint."""


class LambdaApi:
    """Answers Invoke, synchronous or asynchronous; no other operation is supported."""

    def __init__(self, functions: Functions, invoke_async: InvokeAsync) -> None:
        self._functions = functions
        self._invoke_async = invoke_async

    def answer(self, environ: dict[str, Any]) -> Response:
        """Answers one request."""
        path = _PATH.fullmatch(environ["PATH_INFO"])
        try:
            if path is None:
                message = f"unsupported path: {environ['PATH_INFO']}"
                raise InvokeError("ResourceNotFoundException", message, 404)
            payload = environ["wsgi.input"].read() or b"null"
            return self._invoke(unquote(path[1]), payload, environ)
        except InvokeError as error:
            return Response(
                json.dumps({"Type": "User", "Message": str(error), "message": str(error)}),
                error.status,
                headers={"x-amzn-errortype": error.code},
                content_type="application/json",
            )

    def _invoke(self, name: str, payload: bytes, environ: dict[str, Any]) -> Response:
        if environ.get("HTTP_X_AMZ_INVOCATION_TYPE") == "Event":
            self._functions.table.find(name)
            self._invoke_async(name, payload)
            return Response(status=202)
        outcome = self._functions.invoke(name, payload)
        response = Response(outcome.payload, 200, content_type="application/json")
        response.headers["X-Amz-Executed-Version"] = "$LATEST"
        if outcome.error:
            response.headers["X-Amz-Function-Error"] = outcome.error
        return response
