"""EventBridge event of an ended run that dropped files have waited for.

Has the report on the run's file written, and admits the next dropped file.
"""

from typing import Any

from understudy.domain.drops import RUN_METADATA
from understudy.files.generated import generated_files, write_manifest
from understudy.runs.progress import RunRef
from understudy.services import Services, services
from understudy.tasks import invocation


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Idempotent. Lambda retries a failure twice, then the event goes to the queue."""
    ref, chosen = RunRef.model_validate(event["detail"]), using or services()
    with invocation(context, tenant=ref.tenant, thread_id=ref.thread_id, run_id=ref.run_id):
        run = chosen.runs.get(*ref.ids)
        # FetchResponse writes the manifest of a run that generated files.
        if (
            run is not None
            and RUN_METADATA in run.metadata
            and not generated_files(chosen.run_steps, run)
        ):
            write_manifest(chosen.objects, run, [])
        return {"admitted": chosen.drop_admission.admit(ref.tenant, ref.thread_id)}
