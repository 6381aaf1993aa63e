"""The request that a route function serves."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from understudy.domain.callers import Caller
from understudy.domain.lists import PageRequest
from understudy.errors import InvalidRequestError, TooLargeError, UnsupportedMediaError
from understudy.http.operations import Operation
from understudy.http.responses import size_in_event
from understudy.http.strict_json import read_object
from understudy.http.validation import parse
from understudy.services import Services

Model = TypeVar("Model", bound=BaseModel)

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a JSON body; Lambda takes 6 MB of event."""

MAX_BODY_IN_EVENT = 5_000_000
"""Bytes of a JSON body as a string of a JSON event. What is stored must fit into a response, which
adds defaults, and instructions of a run."""

PAIRS = "metadata"
"""The query parameter that is an object: it is sent as `metadata[key]=value`."""


class Request:
    """A request for an operation.

    `body` and `query` take the models that the table of operations names, and no others: the
    OpenAPI document is made from that table. `response_headers` are sent with the response,
    `is_backwards` says that a page was requested that ends at a cursor.
    """

    def __init__(self, app: Any, operation: Operation) -> None:
        self.services: Services = app.context["services"]
        self.operation = operation
        self.response_headers: dict[str, str] = {}
        self.is_backwards = False
        self._event = app.current_event
        self._context = app.context

    @property
    def caller(self) -> Caller:
        """The caller; operations without a key have none."""
        caller: Caller = self._context["caller"]
        return caller

    @property
    def tenant(self) -> str:
        return self.caller.tenant

    @property
    def can_stream(self) -> bool:
        """Whether the response may be the start of a stream."""
        return bool(self._context.get("can_stream"))

    @property
    def event(self) -> Any:
        """API Gateway's event, for bodies that are not JSON."""
        return self._event

    def body(self, model: type[Model], defaults: Mapping[str, Any] | None = None) -> Model:
        """Returns the JSON body as a model, with `defaults` for absent members.

        Raises TooLargeError, UnsupportedMediaError or InvalidRequestError.
        """
        self._check(model, self.operation.body)
        return parse(model, {**(defaults or {}), **self._json()})

    def query(self, model: type[Model]) -> Model:
        """Returns the query parameters that the model has. Raises InvalidRequestError."""
        self._check(model, self.operation.query)
        sent: Mapping[str, str] = self._event.query_string_parameters or {}
        given: dict[str, Any] = {n: sent[n] for n in model.model_fields if n in sent and n != PAIRS}
        if PAIRS in model.model_fields:
            start, end = PAIRS + "[", "]"
            given[PAIRS] = {
                name.removeprefix(start).removesuffix(end): value
                for name, value in sent.items()
                if name.startswith(start) and name.endswith(end)
            }
        asked = parse(model, given, strict=False)
        self.is_backwards = isinstance(asked, PageRequest) and asked.is_backwards
        return asked

    def _json(self) -> dict[str, Any]:
        kind = (self._event.headers.get("content-type") or "application/json").lower()
        if kind.partition(";")[0].strip() != "application/json":
            raise UnsupportedMediaError(
                f"Unsupported content type: '{kind[:80]}'. This API takes 'application/json'.",
                code="unsupported_content_type",
            )
        try:
            text = self._event.decoded_body or ""
        except ValueError as error:
            raise InvalidRequestError("The body is not UTF-8.") from error
        if len(text.encode("utf-8", "surrogatepass")) > MAX_BODY:
            raise TooLargeError(f"The body is larger than {MAX_BODY} bytes.")
        if size_in_event(text) > MAX_BODY_IN_EVENT:
            raise TooLargeError(
                f"The body is larger than {MAX_BODY_IN_EVENT} bytes, where quotes and backslashes "
                "count twice."
            )
        return read_object(text)

    def json(self) -> dict[str, Any]:
        """Returns the JSON body of an operation whose body is any object.

        Raises TooLargeError, UnsupportedMediaError or InvalidRequestError.
        """
        if self.operation.body is not None:
            raise TypeError(f"{self.operation.id} has a model for its body")
        return self._json()

    def raw_body(self) -> bytes:
        """Returns the bytes of the body. Raises InvalidRequestError if they are not base64.

        API Gateway passes binary bodies on as base64, of at most 6 MB in all.
        """
        body: str = self._event.body or ""
        if not self._event.is_base64_encoded:
            return body.encode()
        try:
            return base64.b64decode(body, validate=True)
        except ValueError as error:
            raise InvalidRequestError("The body is not base64.") from error

    @property
    def request_id(self) -> str:
        """The id that API Gateway gave the request; the client receives it as `x-request-id`."""
        return str(self._event.request_context.request_id)

    def stream(self, pieces: Iterable[bytes]) -> None:
        """Sends `pieces` as the body of the response, in place of what the route returns.

        Only functions that stream have a place for them (`streaming/`).
        """
        self._context["streamed"].append(pieces)

    def _check(self, model: type[BaseModel], described: type[BaseModel] | None) -> None:
        if model is not described:
            raise TypeError(f"{self.operation.id} is not described with {model.__name__}")
