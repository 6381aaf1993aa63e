"""S3 event: sends dropped files and uploads to the provider, and makes them files of their owners.

The function reads no prefix to which this deployment writes, so it cannot trigger itself.
"""

from typing import Any

from understudy.domain.api_keys import is_tenant
from understudy.domain.drops import DROPS
from understudy.domain.object_events import ObjectEvent, new_objects
from understudy.domain.uploads import UPLOADS
from understudy.observability import log_unforeseen, logger
from understudy.services import Services, services
from understudy.tasks import invocation

from .drop import DropIntake
from .send import ObjectSender
from .upload import receive_upload


def handler(event: dict[str, Any], context: Any, using: Services | None = None) -> dict[str, Any]:
    """Handles every object of the event, then raises the first error, so that Lambda retries.

    A retry skips objects that are finished. An event that fails on every attempt goes to the
    dead-letter queue.
    """
    chosen = using or services()
    until = chosen.now() + context.get_remaining_time_in_millis() / 1000
    objects, errors = new_objects(event)
    failed: list[Exception] = list(errors)
    with invocation(context):
        for found in objects:
            with logger.append_context_keys(**_tenant_of(found)):
                try:
                    _receive(chosen, found, context.aws_request_id, until)
                except Exception as error:  # noqa: BLE001  raised below, after the others
                    log_unforeseen(error)
                    failed.append(error)
        if failed:
            raise failed[0]
    return {"objects": len(objects)}


def _tenant_of(found: ObjectEvent) -> dict[str, str]:
    """Returns the tenant in the object's key, for the log."""
    named = [part for part in found.key.split("/")[1:2] if is_tenant(part)]
    return {"tenant": named[0]} if named else {}


def _receive(chosen: Services, found: ObjectEvent, by: str, until: float) -> None:
    prefix = found.key.partition("/")[0]
    sender = ObjectSender(chosen.files, chosen.objects, chosen.provider_files, by, until)
    if found.bucket == chosen.settings.bucket_name and prefix == DROPS:
        DropIntake.of(chosen, sender).receive(found)
    elif found.bucket == chosen.settings.bucket_name and prefix == UPLOADS:
        receive_upload(chosen.files, chosen.objects, sender, found)
    else:
        logger.warning("object_ignored", prefix=prefix)
