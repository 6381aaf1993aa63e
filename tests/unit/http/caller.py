"""Sends requests to the API function without HTTP: events in, responses out."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from understudy.services import Services

from functions.api import app
from tests.unit.stage import KEY, Context

WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {}}}
"""A function tool of the client's."""


@dataclass(frozen=True)
class Answered:
    """A response of the function."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.body["error"]
        return error


class Api:
    """A client of the API function with the API key `key`."""

    def __init__(self, services: Services, key: str | None = KEY) -> None:
        self.services = services
        self.key = key

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        raw: str | bytes | None = None,
        **headers: str,
    ) -> Answered:
        """Sends a request; `body` is sent as JSON, `raw` unchanged."""
        text = raw if raw is not None else (None if body is None else json.dumps(body))
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key is not None:
            sent.setdefault("authorization", f"Bearer {self.key}")
        if text is not None:
            sent.setdefault("content-type", "application/json")
        binary = isinstance(text, bytes)
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": urlencode(query or {}),
            "queryStringParameters": query or {},
            "headers": sent,
            "requestContext": {
                "requestId": "req_1",
                "stage": "$default",
                "http": {"method": method, "path": path},
            },
            "body": base64.b64encode(text).decode() if isinstance(text, bytes) else text,
            "isBase64Encoded": binary,
        }
        answer = app.handler(event, Context(), self.services)
        return Answered(answer["statusCode"], dict(answer["headers"]), answer.get("body") or "")

    def get(self, path: str, **query: str) -> Answered:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, **headers: str) -> Answered:
        return self.call("POST", path, {} if body is None else body, **headers)

    def made(self, path: str, body: Any = None) -> dict[str, Any]:
        """Returns the created object; the request must succeed."""
        answered = self.post(path, body)
        assert answered.status == 200, answered.text
        shown: dict[str, Any] = answered.body
        return shown
