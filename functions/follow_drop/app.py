"""DynamoDB stream: the active run of a thread with dropped files has ended.

Its answer is to be written, and the next dropped file comes in.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from understudy.domain.drops import RUN_METADATA
from understudy.drops.admit import admit_drops
from understudy.files.generated import generated_files, write_manifest
from understudy.services import Services, services
from understudy.streams import Image, each_thread


def handler(
    event: dict[str, Any], context: Any, using: Services | None = None
) -> PartialItemFailureResponse:
    """A record that fails is tried again; doing one twice changes nothing."""
    ports = using or services()
    return each_thread(event, context, lambda image: _follow(ports, image))


def _follow(ports: Services, image: Image) -> None:
    tenant, thread_id = image["tenant"], image["thread_id"]
    run = ports.runs.get(tenant, thread_id, image["active_run_id"])
    # The manifest of a run that made files is written when it is completed.
    if run is not None and RUN_METADATA in run.metadata and not generated_files(ports, run):
        write_manifest(ports, run, [])
    admit_drops(ports, tenant, thread_id)
