"""`POST /webhooks/openai`: the provider says that a response has ended; its run is woken."""

import json
from typing import Any

from understudy.domain.webhooks import read_delivery
from understudy.errors import InvalidRequestError, StorageUnavailableError
from understudy.observability import logger
from understudy.services import Services, services
from understudy.tasks import invocation

from .delivery import receive_event


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Answers 400 to what the provider did not sign, without a log line that floods could use.

    503 asks the provider to deliver it again; every other answer is a 200.
    """
    with invocation(context):
        return _receive(event, using or services())


def _receive(event: dict[str, Any], ports: Services) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    try:
        delivery = read_delivery(
            headers, event.get("body"), is_base64=event.get("isBase64Encoded", False)
        )
        outcome = receive_event(ports, delivery, ports.webhook_secret)
    except InvalidRequestError as error:
        return _answer(400, {"error": {"message": error.message, "type": "invalid_request_error"}})
    except StorageUnavailableError as error:
        logger.error("webhook_not_noted", reason=str(error))
        return _answer(503, {"error": {"message": "Try again later.", "type": "server_error"}})
    logger.info("webhook_received", webhook_id=delivery.id, **outcome)
    return _answer(200, {"received": True})


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
