"""The path of one request: recorded, checked against IAM, hit by faults, answered, reported."""

import io
import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from local.aws.calls import Call, Caller, read_call
from local.aws.faults import Fault, Faults, Mode
from local.aws.permissions import Permissions, Refusal
from local.aws.recorder import Answer, Listener, Recorder

_log = logging.getLogger(__name__)
_THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "s3": "SlowDown",
    "lambda": "TooManyRequestsException",
}
_DROPPED = Response(status=500)


class Gateway:
    """The WSGI application in front of moto and Lambda."""

    def __init__(
        self,
        answer: Callable[[Call, dict[str, Any]], Response],
        kill: Callable[[Caller], None],
        recorder: Recorder,
        faults: Faults,
    ) -> None:
        self._answer = answer
        self._kill = kill
        self._recorder = recorder
        self._faults = faults
        self._listeners: list[Listener] = []
        self.permissions = Permissions({})

    def listen(self, listener: Listener) -> None:
        """Calls the listener after every call that took effect, on the request's thread."""
        self._listeners.append(listener)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = _read(environ)
        call = read_call(environ, body)
        self._recorder.add(call)
        fault = self._faults.hit(call)
        response = (
            self._refused(call, self.permissions.refusal(call))
            or self._before(fault, call)
            or self._carry_out(call, environ, fault)
        )
        if response is _DROPPED:
            environ["http.drop"] = True
        return response(environ, start_response)

    @staticmethod
    def _refused(call: Call, refusal: Refusal | None) -> Response | None:
        if refusal is None:
            return None
        _log.warning("refused: %s", refusal.message)
        return error_response(call.service, refusal.code, refusal.status, refusal.message)

    def _before(self, fault: Fault | None, call: Call) -> Response | None:
        match fault and fault.mode:
            case Mode.CRASH_BEFORE:
                self._kill(call.caller)
                return _DROPPED
            case Mode.ERROR:
                assert fault
                return error_response(call.service, fault.error, fault.status)
            case Mode.THROTTLE:
                return error_response(
                    call.service, _THROTTLED.get(call.service, "ThrottlingException"), 400
                )
        return None

    def _carry_out(self, call: Call, environ: dict[str, Any], fault: Fault | None) -> Response:
        response = self._answer(call, environ)
        if response.status_code == HTTPStatus.NOT_FOUND:
            response = self._refused(call, self.permissions.refusal_of_absence(call)) or response
        answer = Answer(response.status_code, response.get_data())
        for listener in self._listeners:
            listener(call, answer)
        match fault and fault.mode:
            case Mode.CRASH_AFTER:
                self._kill(call.caller)
                return _DROPPED
            case Mode.LOST_RESPONSE:
                return _DROPPED
            case Mode.SLOW:
                assert fault
                threading.Event().wait(fault.seconds)
        return response


def error_response(service: str, code: str, status: int, message: str = "") -> Response:
    """Returns an AWS error in the format of the service's protocol."""
    if service == "s3":
        xml = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return Response(xml, status, content_type="application/xml")
    return Response(
        json.dumps({"__type": code, "message": message}),
        status,
        headers={"x-amzn-errortype": code, "x-amzn-requestid": str(uuid.uuid4())},
        content_type="application/x-amz-json-1.0",
    )


def _read(environ: dict[str, Any]) -> bytes:
    """Reads the whole body and leaves it readable for the application."""
    body: bytes = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body
