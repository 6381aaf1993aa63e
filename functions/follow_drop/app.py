"""DynamoDB stream: the active run of a thread with dropped files has ended.

Has the report on the run's file written, and admits the next dropped file.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from understudy.domain.drops import RUN_METADATA
from understudy.files.generated import generated_files, write_manifest
from understudy.services import Services, services
from understudy.streams import Image, each_thread


def handler(
    event: dict[str, Any], context: Any, using: Services | None = None
) -> PartialItemFailureResponse:
    """Handles each record; returns those that failed, for a retry. Idempotent."""
    chosen = using or services()
    return each_thread(event, context, lambda image: _follow(chosen, image))


def _follow(chosen: Services, image: Image) -> None:
    tenant, thread_id = image["tenant"], image["thread_id"]
    run = chosen.runs.get(tenant, thread_id, image["active_run_id"])
    # FetchResponse writes the manifest of a run that generated files.
    if (
        run is not None
        and RUN_METADATA in run.metadata
        and not generated_files(chosen.run_steps, run)
    ):
        write_manifest(chosen.objects, run, [])
    chosen.drop_admission.admit(tenant, thread_id)
