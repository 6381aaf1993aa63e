"""The doorbell: waking the execution of a run, whether it sleeps yet or not."""

from understudy.domain.runs import Run
from understudy.ports import Ports


def ring(ports: Ports, run: Run) -> None:
    """Tells the run's execution that there is news.

    The token that was read may be of an earlier wait. Then a mark is left, which the next wait
    finds before it falls asleep; and if a wait fell asleep between reading and marking, its token
    is in what marking returns.
    """
    if run.task_token and ports.executions.ring(run.task_token):
        return
    marked = ports.runs.leave_news(run.tenant, run.thread_id, run.id)
    if marked is not None and marked.task_token and marked.task_token != run.task_token:
        ports.executions.ring(marked.task_token)
