"""S3 event: dropped files and uploads go to the provider and become files of their owners."""

from typing import Any

from understudy.domain.api_keys import is_tenant
from understudy.domain.files import DROPS
from understudy.domain.object_events import ObjectEvent, new_objects
from understudy.domain.uploads import UPLOADS
from understudy.observability import log_unforeseen, logger
from understudy.services import Services, services
from understudy.tasks import invocation

from .drop import take_drop
from .upload import take_upload

TAKERS = {f"{DROPS}/": take_drop, f"{UPLOADS}/": take_upload}
"""By prefix. Nothing is taken from where this deployment writes itself, so there is no loop."""


def handler(event: dict[str, Any], context: Any, using: Services | None = None) -> dict[str, Any]:
    """Does all it can of the event, then raises the first error, so that Lambda tries again.

    What was done is not done again then; what fails for good is in the dead-letter queue whole.
    """
    ports = using or services()
    until = ports.now() + context.get_remaining_time_in_millis() / 1000
    objects, errors = new_objects(event)
    failed: list[Exception] = list(errors)
    with invocation(context):
        for found in objects:
            with logger.append_context_keys(**_owner(found)):
                try:
                    _take(ports, found, context.aws_request_id, until)
                except Exception as error:  # noqa: BLE001  raised below, after the others
                    log_unforeseen(error)
                    failed.append(error)
        if failed:
            raise failed[0]
    return {"objects": len(objects)}


def _owner(found: ObjectEvent) -> dict[str, str]:
    """The tenant that the key of an object names, for the log."""
    named = [part for part in found.key.split("/")[1:2] if is_tenant(part)]
    return {"tenant": named[0]} if named else {}


def _take(ports: Services, found: ObjectEvent, by: str, until: float) -> None:
    prefix = found.key.partition("/")[0] + "/"
    if found.bucket != ports.settings.bucket_name or prefix not in TAKERS:
        logger.warning("object_ignored", prefix=prefix)
        return
    TAKERS[prefix](ports, found, by=by, until=until)
