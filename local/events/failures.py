"""What Lambda sends about an asynchronous event that failed for good."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.aws.deployment import Deployment, Function
from local.aws.functions import Outcome
from local.events.queues import Queues

_ERROR_MESSAGE_LIMIT = 1024
"""Bytes of the error message that a dead-letter queue gets as an attribute."""


@dataclass(frozen=True)
class FailureTargets:
    """Where the failed events of one function go; a function may have both, or none."""

    destination: str | None
    """Queue ARN of the on-failure destination: gets Lambda's invocation record."""
    dead_letter_queue: str | None
    """Queue ARN of the DeadLetterConfig: gets the event itself."""

    @classmethod
    def of(cls, function: Function, deployment: Deployment) -> "FailureTargets":
        """Reads both kinds off the transformed template.

        `on_failure_queue` of the function serves where the template does not say which it is.
        """
        declared = deployment.resources.get(function.name, {}).get("Properties", {})
        dead_letter = declared.get("DeadLetterConfig", {}).get("TargetArn")
        destination = next(
            (
                config["DestinationConfig"]["OnFailure"]["Destination"]
                for config in _invoke_configs(function, deployment)
                if config.get("DestinationConfig", {}).get("OnFailure")
            ),
            None,
        )
        if destination is None and dead_letter is None:
            destination = function.on_failure_queue
        return cls(destination, dead_letter)


def _invoke_configs(function: Function, deployment: Deployment) -> list[dict[str, Any]]:
    names = {function.name, function.arn, deployment.physical_ids.get(function.name)}
    configs = [
        resource["Properties"]
        for resource in deployment.resources.values()
        if resource["Type"] == "AWS::Lambda::EventInvokeConfig"
    ]
    return [config for config in configs if config["FunctionName"] in names]


def report_failure(
    queues: Queues,
    targets: FailureTargets,
    function_arn: str,
    request_id: str,
    payload: bytes,
    outcome: Outcome,
    invoke_count: int,
) -> None:
    """Sends a failed event to its destination, its dead-letter queue, both or nowhere."""
    if targets.destination is not None:
        record = _invocation_record(function_arn, request_id, payload, outcome, invoke_count)
        queues.send(targets.destination, record)
    if targets.dead_letter_queue is not None:
        error = json.loads(outcome.payload).get("errorMessage", "")
        shortened = error.encode()[:_ERROR_MESSAGE_LIMIT].decode(errors="ignore")
        attributes = {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": shortened}
        queues.send(targets.dead_letter_queue, payload.decode(), attributes)


def _invocation_record(
    function_arn: str, request_id: str, payload: bytes, outcome: Outcome, invoke_count: int
) -> dict[str, Any]:
    return {
        "version": "1.0",
        "timestamp": timestamp(datetime.now(UTC)),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{function_arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": invoke_count,
        },
        "requestPayload": json.loads(payload),
        "responseContext": response_context(outcome),
        "responsePayload": json.loads(outcome.payload),
    }


def response_context(outcome: Outcome) -> dict[str, Any]:
    """How the last invocation ended, as Lambda's failure records say it."""
    context: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
    return context if outcome.error is None else context | {"functionError": outcome.error}


def timestamp(moment: datetime) -> str:
    """The time format of Lambda and S3 events: UTC with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
