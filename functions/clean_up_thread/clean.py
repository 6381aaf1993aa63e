"""Removing all that hangs on a thread whose item is gone: by its TTL or because it was deleted.

Each thing is found from what is left, and its note goes after it, so that a cleanup that broke off
goes on where it stopped when the event comes again. What is missing counts as removed.
"""

from understudy.domain.manifests import IMAGES, OUTPUTS, manifest_key
from understudy.domain.runs import Run, RunStatus
from understudy.domain.threads import Thread
from understudy.files.remove import release_files
from understudy.observability import logger
from understudy.ports import Ports

JUST_ENDED_SECONDS = 3600
"""Longer than an execution takes from the end of its run to the record of it, with all retries."""


def clean_thread(ports: Ports, thread: Thread) -> bool:
    """Whether it was removed; a thread that is alive (again) is left alone.

    `thread` is as it was last. Raises the provider's and the stores' errors.
    """
    if ports.threads.get(thread.tenant, thread.id) is not None:
        logger.warning("thread_is_alive")
        return False
    _clean_stores(ports, thread)
    release_files(ports, thread.tenant, thread.id, remove=True)
    containers = {thread.container_id} - {None}
    keys: list[str] = []
    for run in ports.thread_remains.runs(thread.tenant, thread.id):
        with logger.append_context_keys(run_id=run.id):
            _settle(ports, run)
        containers |= _clean_run(ports, run)
        keys.append(manifest_key(run.id))
        ports.objects.delete_below(f"bodies/toolcalls/{thread.tenant}/{run.id}/")
    for container_id in containers:
        if container_id is not None:
            ports.provider_containers.delete(container_id)
    ports.objects.delete(keys)
    if thread.user_id and thread.purpose:
        ports.thread_remains.delete_pointer(
            thread.tenant, thread.user_id, thread.purpose, thread.id
        )
    items = ports.thread_remains.delete_items(thread.tenant, thread.id)
    # After the items: a run whose body is gone could not be read by a cleanup that comes again.
    for folder in ("bodies/thread", IMAGES, OUTPUTS):
        ports.objects.delete_below(f"{folder}/{thread.tenant}/{thread.id}/")
    logger.info("thread_cleaned", items=items, containers=len(containers))
    return True


def _settle(ports: Ports, run: Run) -> None:
    """Ends a run that works for nobody now, and records it: what it used was used.

    One that has just ended is recorded too. Its execution may not have come to that yet, and finds
    no run any more; the ledger takes a run once, whoever comes first.
    """
    if not run.status.is_final:
        run = ports.run_ender.end(run, RunStatus.CANCELLED)
    if run.ended_at is not None and ports.now() - run.ended_at < JUST_ENDED_SECONDS:
        ports.run_recorder.record(run)


def _clean_stores(ports: Ports, thread: Thread) -> None:
    for store in ports.vector_stores.of_thread(thread.tenant, thread.id):
        if store.provider_id:
            ports.provider_vector_stores.delete(store.provider_id)
        release_files(ports, thread.tenant, store.id, remove=True)
        ports.vector_stores.delete(store)


def _clean_run(ports: Ports, run: Run) -> set[str | None]:
    """Removes what the provider keeps of a run; the containers that it worked in."""
    responses = {turn.response_id for turn in run.usage} | {
        run.response_id,
        run.previous_response_id,
    }
    for response_id in sorted(each for each in responses if each):
        ports.stored_responses.delete(response_id)
    steps = ports.run_steps.of_run(run.tenant, run.thread_id, run.id)
    ports.thread_remains.delete_run(run)
    return {step.container_id for step in steps} - {None}
