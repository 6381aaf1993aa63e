"""`POST /webhooks/openai`: the provider reports that a response has ended; wakes its run."""

import json
from typing import Any

from understudy.domain.webhooks import read_delivery
from understudy.errors import InvalidRequestError, StorageUnavailableError
from understudy.observability import logger
from understudy.services import Services, services
from understudy.tasks import invocation

from .delivery import WebhookReceiver


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Returns 400 for an unsigned request, without a log line: floods must not fill the log.

    503 makes the provider deliver the webhook again; everything else is a 200.
    """
    with invocation(context):
        return _receive(event, using or services())


def _receive(event: dict[str, Any], services: Services) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    receiver = WebhookReceiver(
        services.waits,
        services.executions,
        services.webhook_secret,
        services.now,
    )
    try:
        delivery = read_delivery(
            headers, event.get("body"), is_base64=event.get("isBase64Encoded", False)
        )
        outcome = receiver.receive(delivery)
    except InvalidRequestError as error:
        shown = {"message": error.message, "type": "invalid_request_error"}
        return _response(400, {"error": shown})
    except StorageUnavailableError as error:
        logger.error("webhook_not_stored", reason=str(error))
        return _response(503, {"error": {"message": "Try again later.", "type": "server_error"}})
    logger.info("webhook_received", webhook_id=delivery.id, **outcome)
    return _response(200, {"received": True})


def _response(status: int, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
