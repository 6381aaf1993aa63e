"""A provider with a script, which fails the test on an unexpected request."""

from collections import deque
from typing import Any

from understudy.domain.responses import CreatedResponse, ResponseRequest, ResponseResult
from understudy.domain.usage import RoundUsage
from understudy.errors import ProviderNotFoundError


def usage(response_id: str = "resp_1", **counts: int) -> RoundUsage:
    """Returns the usage of a short round."""
    counts = {"input_tokens": 100, "output_tokens": 20} | counts
    return RoundUsage(response_id=response_id, model="gpt-6-luna", **counts)


def said(text: str, response_id: str = "resp_1", **fields: Any) -> ResponseResult:
    """Returns a finished response with one message."""
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"type": "message", "id": "msg_p", "role": "assistant", "content": [part]}
    known = {"status": "completed", "model": "gpt-6-luna", "output": [item]}
    return ResponseResult(id=response_id, usage=usage(response_id), **(known | fields))


def called(*calls: tuple[str, str, str], response_id: str = "resp_1") -> ResponseResult:
    """Returns a finished response with function calls: (call id, name, arguments)."""
    output = [
        {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
        for call_id, name, arguments in calls
    ]
    return ResponseResult(
        id=response_id,
        status="completed",
        model="gpt-6-luna",
        output=output,
        usage=usage(response_id),
    )


def working(response_id: str = "resp_1") -> ResponseResult:
    """Returns a response on which the model is working."""
    return ResponseResult(id=response_id, status="in_progress", model="gpt-6-luna")


class ScriptedProvider:
    """Implements the port Provider. Uses `creates` and `retrieves` in order; errors are raised."""

    def __init__(self) -> None:
        self.creates: deque[CreatedResponse | Exception] = deque()
        self.retrieves: deque[ResponseResult | Exception] = deque()
        self.requests: list[ResponseRequest] = []
        self.cancelled: list[str] = []

    def create_response(self, request: ResponseRequest) -> CreatedResponse:
        assert self.creates, "a response was created that the script does not have"
        self.requests.append(request)
        played = self.creates.popleft()
        if isinstance(played, Exception):
            raise played
        return played

    def retrieve_response(self, response_id: str) -> ResponseResult:
        assert self.retrieves, "a response was read that the script does not have"
        played = self.retrieves.popleft()
        if isinstance(played, Exception):
            raise played
        assert played.id == response_id
        return played

    def cancel_response(self, response_id: str) -> None:
        if response_id == "resp_unknown":
            raise ProviderNotFoundError("unknown")
        self.cancelled.append(response_id)

    def assert_done(self) -> None:
        """Fails unless the whole script was used."""
        assert not self.creates
        assert not self.retrieves
