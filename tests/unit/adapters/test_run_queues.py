"""Queues of threads: every change depends on the thread as it was read."""

from collections.abc import Callable

import pytest
from understudy.domain.run_queue import MultitaskStrategy, Waiting
from understudy.domain.runs import Run, RunStatus
from understudy.domain.threads import Thread
from understudy.errors import WriteRefusedError
from understudy.services import Services

from tests.unit import stage

Change = Callable[[Services], object]
Operation = Callable[[Services, Thread], object]


def thread_of(services: Services) -> Thread:
    thread = services.runs.thread(stage.TENANT, stage.THREAD_ID)
    assert thread is not None
    return thread


def new_run(services: Services, run_id: str = "run_new") -> Run:
    """Returns a run that may be added to the queue."""
    over = {"id": run_id, "waiting": Waiting(seconds=60), "message_base": 900_000}
    return stage.stored_run(services).model_copy(update=over)


def queued(services: Services) -> Run:
    return stage.stored_run(services, stage.QUEUED_ID)


def end_active(services: Services) -> None:
    over = {"status": RunStatus.COMPLETED, "ended_at": 1}
    services.runs.end(stage.stored_run(services).model_copy(update=over))


def cancelled(run: Run) -> Run:
    return run.model_copy(update={"status": RunStatus.CANCELLED, "ended_at": 1})


def replace(services: Services, thread: Thread) -> None:
    """Lets a new run interrupt the open runs."""
    both = (stage.stored_run(services), queued(services))
    still_open = [run for run in both if not run.status.is_final]
    interrupt = MultitaskStrategy.INTERRUPT
    services.run_queues.replace(new_run(services), thread, [], still_open, interrupt)


OPERATIONS: dict[str, Operation] = {
    "add": lambda services, thread: services.run_queues.add(new_run(services), thread, []),
    "replace": replace,
    "leave": lambda services, thread: services.run_queues.leave(
        cancelled(queued(services)), thread
    ),
    "admit_message": lambda services, thread: services.run_queues.admit_message(thread, 800_000),
}

CHANGES: dict[str, Change] = {
    "a message was added": lambda services: stage.put_later_message(services, "Hello"),
    "a run was queued": lambda services: stage.put_queued_run(services, "run_other"),
    "the thread was deleted": lambda services: services.threads.delete("acme", stage.THREAD_ID),
    "the next run has started": lambda services: (
        end_active(services),
        services.run_promotion.promote(stage.TENANT, stage.THREAD_ID),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_change_of_a_thread_that_has_changed_is_refused(
    services: Services, operation: str, change: str
) -> None:
    """Nothing of the transaction is stored; the caller reads the thread again."""
    stage.put_run(services)
    stage.put_queued_run(services)
    thread = thread_of(services)
    CHANGES[change](services)
    before = services.threads.get("acme", stage.THREAD_ID)

    with pytest.raises(WriteRefusedError):
        OPERATIONS[operation](services, thread)

    assert services.threads.get("acme", stage.THREAD_ID) == before
    assert services.runs.get("acme", stage.THREAD_ID, "run_new") is None


def test_run_is_not_queued_behind_a_run_that_has_ended(services: Services) -> None:
    """Nothing would start it: that end is recorded, perhaps, before the mark is there."""
    stage.put_run(services)
    thread, active = thread_of(services), stage.stored_run(services)
    end_active(services)
    interrupt = MultitaskStrategy.INTERRUPT

    with pytest.raises(WriteRefusedError):
        services.run_queues.add(new_run(services), thread, [])
    with pytest.raises(WriteRefusedError):
        services.run_queues.replace(new_run(services), thread, [], [active], interrupt)


def test_run_starts_once(services: Services) -> None:
    """Two functions that read the same thread start it once; so does one that a client cancels."""
    stage.put_run(services)
    stage.put_queued_run(services)
    end_active(services)
    thread, run = thread_of(services), queued(services)
    started = run.model_copy(update={"waiting": None, "promoted_at": 5, "deadline": 65})

    services.run_queues.start(started, thread)

    with pytest.raises(WriteRefusedError):
        services.run_queues.start(started, thread)
    with pytest.raises(WriteRefusedError):
        services.run_queues.leave(cancelled(run), thread)
    assert queued(services).status is RunStatus.QUEUED


@pytest.mark.parametrize("operation", ["leave", "replace"])
def test_end_of_a_queued_run_starts_what_is_behind_it(services: Services, operation: str) -> None:
    """It is marked: the run before it may have ended long ago, while a rate limit held it back."""
    stage.put_run(services)
    stage.put_queued_run(services)
    stage.put_queued_run(services, "run_other")
    end_active(services)

    OPERATIONS[operation](services, thread_of(services))

    ended = queued(services)
    assert (ended.status, ended.has_queue) == (RunStatus.CANCELLED, True)


def test_run_without_a_queue_behind_it_is_not_marked(services: Services) -> None:
    """Its end reads no thread."""
    stage.put_run(services)
    assert not stage.stored_run(services).has_queue
    stage.put_queued_run(services)
    assert stage.stored_run(services).has_queue
    end_active(services)

    services.run_promotion.promote(stage.TENANT, stage.THREAD_ID)

    assert not queued(services).has_queue
