"""Opens the stream that a request asked for."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from understudy.domain.runs import Run
from understudy.files.provider_ids import Owner, OwnersOf, with_our_ids
from understudy.http.objects.streams import StreamedObjects
from understudy.observability import log_keys
from understudy.runs.wake import wake
from understudy.services import Services
from understudy.streaming.cursor import START, Cursor
from understudy.streaming.live_rounds import LiveRounds
from understudy.streaming.sse import DONE, error_frame
from understudy.streaming.start import StreamStart
from understudy.streaming.viewer import RunViewer

MARGIN_SECONDS = 10.0
"""A stream ends so long before Lambda would end the function."""

WEBHOOK_SECONDS = 1.0
"""The time that the provider's webhook has to wake a run before its viewer does."""


def frames(services: Services, start: StreamStart, context: Any) -> Iterator[bytes]:
    """Yields the frames of the stream."""
    until = services.now() + context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS
    after = Cursor.parse(start.after) if start.after else START
    with log_keys(thread_id=start.thread_id, run_id=start.run_id):
        run = services.runs.get(start.tenant, start.thread_id, start.run_id)
        if run is None:  # deleted since the first request with this Idempotency-Key
            yield error_frame("The thread was deleted.", code="thread_deleted")
            yield DONE
            return
        thread = services.threads.get(run.tenant, run.thread_id) if start.created_thread else None
        yield from run_viewer(services).frames(run, after, until=until, created_thread=thread)


def run_viewer(services: Services) -> RunViewer:
    """Returns the viewer with this deployment's dependencies."""

    def wake_run(run: Run) -> None:
        wake(services.waits, services.executions, run.wait_id)

    def live_rounds() -> LiveRounds:
        owners = KnownOwners(services.files.owners)
        return LiveRounds(
            lambda response_id, after: services.response_streams.events(response_id, after),
            partial(with_our_ids, owners),
            services.now,
        )

    return RunViewer(
        runs=services.runs,
        run_steps=services.run_steps,
        tool_calls=services.tool_calls,
        live_rounds=live_rounds,
        wake=wake_run,
        wake_after=WEBHOOK_SECONDS if services.settings.webhooks_enabled else 0,
        shown=StreamedObjects(),
        now=services.now,
    )


class KnownOwners:
    """The owners of cited files, each read once: a text is translated again for every delta."""

    def __init__(self, read: OwnersOf) -> None:
        self._read = read
        self._known: dict[str, Owner | None] = {}

    def __call__(self, provider_ids: Collection[str]) -> dict[str, Owner]:
        unknown = [each for each in provider_ids if each not in self._known]
        if unknown:
            found = self._read(unknown)
            self._known |= {each: found.get(each) for each in unknown}
        owners = {each: self._known[each] for each in provider_ids}
        return {each: owner for each, owner in owners.items() if owner is not None}
