"""Multipart bodies of requests."""

from understudy.http.multipart import FormPart, read_form
from understudy.http.request import Request


def form_of(request: Request) -> dict[str, FormPart]:
    """Returns the parts of the request's form by name.

    Raises InvalidRequestError or UnsupportedMediaError. Files above 4.5 MB need
    `POST /v1/files/uploads`.
    """
    return read_form(request.event.headers.get("content-type") or "", request.raw_body())
