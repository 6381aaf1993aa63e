"""`Idempotency-Key`: a request that a client repeats is served once.

Powertools does the work. A record is at `idempotency#{tenant}#{hash of the key}` in the table for
24 hours. Only successes are stored: a request that was refused may be corrected and sent again
under its key.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)

from understudy.errors import ConflictError, InvalidRequestError, StorageUnavailableError
from understudy.observability import logger
from understudy.services import Services

KEPT_SECONDS = 24 * 3600
MAX_KEY = 255
PREFIX = "idempotency#"


def answer_once(app: Any, key: str, serve: Callable[[], Response[Any]]) -> Response[Any]:
    """Returns the response of `serve`, or the stored response if this request was served before.

    Raises ConflictError while the first request is in progress and for a key that was used with
    another request, InvalidRequestError for an invalid key, and StorageUnavailableError.
    """
    if not 0 < len(key) <= MAX_KEY:
        raise InvalidRequestError(
            f"The Idempotency-Key must have 1 to {MAX_KEY} characters.", code="invalid_value"
        )
    services: Services = app.context["services"]
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    place = {"pk": f"{PREFIX}{app.context['caller'].tenant}#{digest}", "sk": "answer"}
    done: list[Response[Any]] = []

    def work(*, request: dict[str, Any]) -> dict[str, Any]:
        done.append(serve())
        return services.bodies.packed(place, _stored(done[0]))

    config = IdempotencyConfig(
        event_key_jmespath="key",
        payload_validation_jmespath="request",
        expires_after_seconds=KEPT_SECONDS,
        hash_function="sha256",
        lambda_context=app.lambda_context,
    )
    records = services.idempotency_records
    # A Lambda environment serves one request at a time, so this attribute is not shared.
    records.static_pk_value = place["pk"]
    once = idempotent_function(
        work, data_keyword_argument="request", persistence_store=records, config=config
    )
    try:
        stored = once(request={"key": digest, "request": _fingerprint(app.current_event)})
    except IdempotencyValidationError as error:
        raise ConflictError(
            "This Idempotency-Key was used with another request.",
            code="idempotency_key_reused",
        ) from error
    except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
        raise ConflictError(
            "A request with this Idempotency-Key is already in progress.",
            code="idempotency_key_in_use",
            passes=True,
        ) from error
    except IdempotencyPersistenceLayerError as error:
        if not done:
            raise StorageUnavailableError("the idempotency record was not written") from error
        # The request was served, so the client gets its response although it was not recorded.
        logger.warning("answer_not_stored", reason=str(error))
        return done[0]
    return done[0] if done else _replayed(services.bodies.unpacked(stored))


def _fingerprint(event: Any) -> dict[str, str]:
    """Returns a hash of the request, without the multipart boundary, which clients choose anew."""
    body = (event.body or "").encode("utf-8", "surrogatepass")
    if event.is_base64_encoded:
        body = base64.b64decode(body)
    _, _, boundary = (event.headers.get("content-type") or "").partition("boundary=")
    if boundary:
        body = body.replace(boundary.strip('"').encode(), b"")
    digest = hashlib.sha256(body).hexdigest()
    return {"method": event.http_method, "path": event.path, "body": digest}


def _stored(response: Response[Any]) -> dict[str, Any]:
    headers = {name: str(value) for name, value in (response.headers or {}).items()}
    return {"status": response.status_code, "headers": headers, "answer": response.body}


def _replayed(stored: dict[str, Any]) -> Response[Any]:
    return Response(
        status_code=stored["status"],
        body=stored["answer"],
        headers=stored["headers"] | {"idempotent-replayed": "true"},
    )
