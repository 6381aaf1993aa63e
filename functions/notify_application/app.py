"""EventBridge event of an ended run: calls the webhook of the application, if its key has one."""

from typing import Any

from understudy.domain.notices import notice, signed_headers
from understudy.domain.receivers import Receiver, signing_secret, url_problem
from understudy.domain.runs import Run
from understudy.errors import NotDeliveredError
from understudy.observability import logger
from understudy.runs.progress import RunRef
from understudy.services import Services, services
from understudy.tasks import invocation


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Raises NotDeliveredError if the webhook fails: Lambda retries twice, then queues the event.

    The webhook's body is read from the table; the event only says which run has ended.
    """
    ref = RunRef.model_validate(event["detail"])
    with invocation(context, tenant=ref.tenant, thread_id=ref.thread_id, run_id=ref.run_id):
        chosen = using or services()
        run = chosen.runs.get(*ref.ids)
        if run is None or run.receiver is None or not run.status.is_final:
            return {"delivered": False}
        _deliver(chosen, run, run.receiver)
        logger.info("application_notified", status=str(run.status))
        return {"delivered": True}


def _deliver(services: Services, run: Run, receiver: Receiver) -> None:
    problem = url_problem(receiver.url, loopback=services.settings.receiver_loopback)
    if problem is not None:
        raise NotDeliveredError(problem)
    body, secret = notice(run), signing_secret(services.receiver_secret(), receiver)
    headers = signed_headers(run, body, secret, services.now())
    services.receivers.deliver(receiver.url, headers, body)
