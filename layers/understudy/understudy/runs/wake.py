"""The doorbell: waking the execution of a run, whether it sleeps yet or not."""

from understudy.domain.runs import Run, RunStatus
from understudy.domain.webhooks import NotedWebhook
from understudy.ports import Ports


def ring(ports: Ports, run: Run) -> None:
    """Tells the run's execution that there is news.

    The token that was read may be of an earlier wait. Then a mark is left, which the next wait
    finds before it falls asleep; and if a wait fell asleep between reading and marking, its token
    is in what marking returns.
    """
    if run.task_token and ports.executions.wake(run.task_token):
        return
    marked = ports.runs.mark_wake_pending(run.tenant, run.thread_id, run.id)
    if marked is not None and marked.task_token and marked.task_token != run.task_token:
        ports.executions.wake(marked.task_token)


def expect_webhook(ports: Ports, run: Run) -> None:
    """Lets the webhook of the run's response find the run, also one that was here before.

    Doing it twice does no harm, so a step that is retried does it again.
    """
    if not ports.settings.webhooks_enabled or run.response_id is None:
        return
    if ports.responses.note_owner(run.response_id, run):
        ports.runs.mark_wake_pending(run.tenant, run.thread_id, run.id)


def ring_for_response(ports: Ports, response_id: str, noted: NotedWebhook) -> bool:
    """Rings for the run whose response has ended; False where no run waits for it.

    A delivery that comes again rings again as long as the run still waits for this very response:
    the one before may have died between its note and its ring.
    """
    if noted.owner is None:
        return False
    run = ports.runs.get(*noted.owner)
    if run is None or run.response_id != response_id or run.status is not RunStatus.IN_PROGRESS:
        return False
    ring(ports, run)
    return True
