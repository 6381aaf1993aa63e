"""Removes everything that belonged to a thread whose item was deleted.

An object's record is deleted after the object, so a retry of an interrupted cleanup finds the rest.
All deletes are idempotent.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.manifests import IMAGES, OUTPUTS, manifest_key
from understudy.domain.runs import Run, RunStatus
from understudy.domain.threads import Thread
from understudy.files.remove import FileRemoval
from understudy.observability import logger
from understudy.ports import ProviderContainers, ProviderVectorStores, StoredResponses
from understudy.runs.end import RunEnder
from understudy.services import Services

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.run_steps import RunSteps
    from understudy.adapters.dynamodb.thread_remains import ThreadRemains
    from understudy.adapters.dynamodb.threads import Threads
    from understudy.adapters.dynamodb.vector_stores import VectorStores
    from understudy.adapters.s3 import S3Objects


@dataclass(frozen=True)
class ThreadCleanup:
    """Removes the contents of deleted threads."""

    threads: "Threads"
    thread_remains: "ThreadRemains"
    run_steps: "RunSteps"
    vector_stores: "VectorStores"
    objects: "S3Objects"
    file_removal: FileRemoval
    provider_vector_stores: ProviderVectorStores
    provider_containers: ProviderContainers
    stored_responses: StoredResponses
    run_ender: RunEnder

    @classmethod
    def of(cls, chosen: Services) -> "ThreadCleanup":
        """Returns the cleanup of a deployment."""
        return cls(
            threads=chosen.threads,
            thread_remains=chosen.thread_remains,
            run_steps=chosen.run_steps,
            vector_stores=chosen.vector_stores,
            objects=chosen.objects,
            file_removal=chosen.file_removal,
            provider_vector_stores=chosen.provider_vector_stores,
            provider_containers=chosen.provider_containers,
            stored_responses=chosen.stored_responses,
            run_ender=chosen.run_ender,
        )

    def clean(self, thread: Thread) -> bool:
        """Removes the contents of the thread; False if the thread exists, and nothing is removed.

        `thread` is its last state. Raises ProviderErrors and StorageError.
        """
        if self.threads.get(thread.tenant, thread.id) is not None:
            logger.warning("thread_is_alive")
            return False
        self._remove_vector_stores(thread)
        self.file_removal.release(thread.tenant, thread.id, remove=True)
        containers = {thread.container_id} - {None}
        keys: list[str] = []
        for run in self.thread_remains.runs(thread.tenant, thread.id):
            if not run.status.is_final:
                with logger.append_context_keys(run_id=run.id):
                    run = self.run_ender.end(run, RunStatus.CANCELLED)
            containers |= self._remove_run(run)
            keys.append(manifest_key(run.id))
            self.objects.delete_below(f"bodies/toolcalls/{thread.tenant}/{run.id}/")
        for container_id in containers:
            if container_id is not None:
                self.provider_containers.delete(container_id)
        self.objects.delete(keys)
        if thread.user_id and thread.purpose:
            self.thread_remains.delete_pointer(
                thread.tenant, thread.user_id, thread.purpose, thread.id
            )
        items = self.thread_remains.delete_items(thread.tenant, thread.id)
        # After the items: a retry could not read a run whose body is deleted.
        for folder in ("bodies/thread", IMAGES, OUTPUTS):
            self.objects.delete_below(f"{folder}/{thread.tenant}/{thread.id}/")
        logger.info("thread_cleaned", items=items, containers=len(containers))
        return True

    def _remove_vector_stores(self, thread: Thread) -> None:
        for store in self.vector_stores.of_thread(thread.tenant, thread.id):
            if store.provider_id:
                self.provider_vector_stores.delete(store.provider_id)
            self.file_removal.release(thread.tenant, store.id, remove=True)
            self.vector_stores.delete(store)

    def _remove_run(self, run: Run) -> set[str | None]:
        """Removes a run's responses at the provider; returns the containers that it used."""
        responses = {used.response_id for used in run.usage} | {
            run.response_id,
            run.previous_response_id,
        }
        for response_id in sorted(each for each in responses if each):
            self.stored_responses.delete(response_id)
        steps = self.run_steps.of_run(run.tenant, run.thread_id, run.id)
        self.thread_remains.delete_run(run)
        return {step.container_id for step in steps} - {None}
