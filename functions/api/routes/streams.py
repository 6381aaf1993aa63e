"""`/threads/{thread_id}/runs/{run_id}/stream`"""

from aws_lambda_powertools.event_handler import Response
from understudy.errors import InvalidRequestError
from understudy.http.queries import StreamPosition
from understudy.http.request import Request
from understudy.http.routes import Routes
from understudy.streaming.cursor import START, Cursor

from ..stream_start import check_can_stream, stream_of
from .runs import find_run

route = Routes()

LAST_EVENT_ID = "last-event-id"
"""The header with which a browser's EventSource reconnects; it is newer than the URL."""


@route("streamRun")
def stream_run(request: Request, thread_id: str, run_id: str) -> Response[str]:
    check_can_stream(request)
    asked = request.query(StreamPosition).after
    after = request.event.headers.get(LAST_EVENT_ID) or asked
    try:
        position = Cursor.parse(after) if after else START
    except ValueError as error:
        raise InvalidRequestError(
            "Invalid 'after': it must be the id of an event of this stream.", param="after"
        ) from error
    return stream_of(find_run(request, thread_id, run_id), position)
