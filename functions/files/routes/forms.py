"""Multipart bodies of requests."""

import base64

from understudy.errors import InvalidRequestError
from understudy.http.multipart import FormPart, read_form
from understudy.http.request import Request


def form_of(request: Request) -> dict[str, FormPart]:
    """Returns the parts of the request's form by name.

    Raises InvalidRequestError or UnsupportedMediaError. API Gateway passes binary bodies on as
    base64, of at most 6 MB in all: files above 4.5 MB need `POST /v1/files/uploads`.
    """
    event = request.event
    kind = event.headers.get("content-type") or ""
    text = event.body or ""
    try:
        body = base64.b64decode(text, validate=True) if event.is_base64_encoded else text.encode()
    except ValueError as error:
        raise InvalidRequestError("The body is not base64.") from error
    return read_form(kind, body)
