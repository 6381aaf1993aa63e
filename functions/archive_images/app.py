"""S3 event on a manifest: copies generated files to the bucket before their container expires."""

from typing import Any

from understudy.domain.manifests import MANIFESTS, Manifest
from understudy.domain.object_events import new_objects
from understudy.errors import NoSuchObjectError
from understudy.observability import log_unforeseen, logger
from understudy.services import Services, services
from understudy.tasks import invocation

from .archive import RunArchive

RUN = ("tenant", "thread_id", "run_id")


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Handles all manifests of the event, then raises the first error, so that Lambda retries."""
    chosen = using or services()
    objects, errors = new_objects(event)
    failed: list[Exception] = list(errors)
    copied = 0
    with invocation(context):
        for found in objects:
            try:
                copied += _archive(chosen, found.key)
            except Exception as error:  # noqa: BLE001  raised below, after the other manifests
                log_unforeseen(error)
                failed.append(error)
            finally:
                logger.remove_keys(RUN)
        if failed:
            raise failed[0]
    return {"copied": copied}


def _archive(chosen: Services, key: str) -> int:
    if not key.startswith(f"{MANIFESTS}/"):
        return 0
    try:
        manifest = Manifest.model_validate_json(chosen.objects.get(key))
    except NoSuchObjectError:
        return 0  # the thread was deleted
    logger.append_keys(**manifest.model_dump(include=set(RUN)))
    copied = RunArchive.of(chosen).archive(manifest)
    logger.info("run_archived", copied=copied)
    return copied
