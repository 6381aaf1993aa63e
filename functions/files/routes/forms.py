"""Multipart bodies of requests."""

import base64
from typing import Any

from understudy.errors import InvalidRequestError
from understudy.http.multipart import FormPart, read_form


def form_of(router: Any) -> dict[str, FormPart]:
    """Returns the form in the request. Raises InvalidRequestError or UnsupportedMediaError.

    API Gateway encodes binary bodies as base64, and Lambda limits the event to 6 MB: files above
    4.5 MB come through `POST /v1/files/uploads`.
    """
    event = router.current_event
    kind = event.headers.get("content-type") or ""
    text = event.body or ""
    try:
        body = base64.b64decode(text, validate=True) if event.is_base64_encoded else text.encode()
    except ValueError as error:
        raise InvalidRequestError("The body is not base64.") from error
    return read_form(kind, body)
