"""Responses that are larger than Lambda can return: stored in the bucket, and linked."""

from typing import Final
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response

from understudy.http.errors import error_response
from understudy.http.responses import JSON, MAX_RESPONSE_BYTES
from understudy.services import Services

PREFIX: Final = "bodies/responses"
"""A lifecycle rule of the bucket deletes these objects after a day."""


def linked(services: Services, tenant: str, body: str) -> Response[str]:
    """Stores the body and returns a redirect to it, which clients follow without the API key.

    For clients that do not follow redirects, the body is an error that has the link.
    """
    content = body.encode("utf-8", "surrogatepass")
    key = f"{PREFIX}/{tenant}/{uuid4().hex}.json"
    services.objects.put(key, content, JSON)
    url = services.objects.link(key, filename="response.json", content_type=JSON, inline=False)
    text = (
        f"The response has {len(content)} bytes, and more than about {MAX_RESPONSE_BYTES} cannot "
        f"be returned directly. Follow the redirect, or download it within five minutes: {url}"
    )
    return error_response(
        303, text, "server_error", code="response_too_large", headers={"location": url}
    )
