"""Telling an application, at the URL that its key has, that a run has ended."""

from collections.abc import Callable

from understudy.domain.notices import notice, signed_headers
from understudy.domain.receivers import signing_secret, url_problem
from understudy.errors import NotDeliveredError
from understudy.observability import logger
from understudy.ports import Ports
from understudy.runs.progress import RunRef


def notify_application(ports: Ports, ref: RunRef, deployment_secret: Callable[[], str]) -> bool:
    """Whether somebody was told: not of a run whose key has no URL, or that is gone.

    What is told is read from the table; the event only says which run it is about. Raises
    NotDeliveredError unless the URL has taken it: it should be sent again then.
    """
    run = ports.runs.get(ref.tenant, ref.thread_id, ref.run_id)
    if run is None or run.receiver is None or not run.status.is_final:
        return False
    problem = url_problem(run.receiver.url, loopback=ports.settings.receiver_loopback)
    if problem is not None:
        raise NotDeliveredError(problem)
    body, secret = notice(run), signing_secret(deployment_secret(), run.receiver)
    ports.receivers.deliver(run.receiver.url, signed_headers(run, body, secret, ports.now()), body)
    logger.info("application_notified", status=str(run.status))
    return True
