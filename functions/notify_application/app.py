"""EventBridge event of an ended run: tells the application at the URL that its key has."""

from typing import Any

from understudy.runs.progress import RunRef
from understudy.services import Services, services
from understudy.tasks import invocation

from .notify import notify_application


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """What is not delivered fails: Lambda tries it again twice, then the queue has the event."""
    ref, ports = RunRef.model_validate(event["detail"]), using or services()
    with invocation(context, tenant=ref.tenant, thread_id=ref.thread_id, run_id=ref.run_id):
        return {"delivered": notify_application(ports, ref, ports.receiver_secret)}
