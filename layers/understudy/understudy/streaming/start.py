"""Where a stream starts: what a route function returns in place of a run.

The route functions and everything around them handle a stream as any other response, which is also
stored for an `Idempotency-Key`. `functions/stream_run` replaces its body with the events.
"""

from typing import Final

from understudy.domain.base import Record

EVENT_STREAM: Final = "text/event-stream"


class StreamStart(Record):
    """A run, and the id of the event after which its stream starts; empty is from the beginning.

    With `created_thread` the stream begins with the thread, which was created with the run.
    """

    tenant: str
    thread_id: str
    run_id: str
    after: str = ""
    created_thread: bool = False
