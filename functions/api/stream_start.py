"""The start of a run's stream, which `functions/stream_run` turns into the run's events."""

from aws_lambda_powertools.event_handler import Response
from understudy.domain.runs import Run
from understudy.domain.tool_outputs import SubmittedOutputs
from understudy.errors import InvalidRequestError
from understudy.http.request import Request
from understudy.streaming.cursor import START, Cursor
from understudy.streaming.events import end_of_round
from understudy.streaming.start import EVENT_STREAM, StreamStart


def stream_of(run: Run, after: Cursor = START, *, created_thread: bool = False) -> Response[str]:
    """Returns the start of the run's stream after a position."""
    start = StreamStart(
        tenant=run.tenant,
        thread_id=run.thread_id,
        run_id=run.id,
        after=str(after),
        created_thread=created_thread,
    )
    return Response(200, EVENT_STREAM, start.model_dump_json(), {"cache-control": "no-cache"})


def check_can_stream(request: Request, stream: bool | None = True) -> None:
    """Raises InvalidRequestError for a stream on a path that API Gateway does not stream."""
    if stream and not request.can_stream:
        raise InvalidRequestError(
            "Streaming is not supported at this URL; use the base URL that the stack's outputs "
            "have, or send the request without 'stream' and poll the run.",
            param="stream",
            code="unsupported_value",
        )


def stream_after_outputs(request: Request, run: Run, body: SubmittedOutputs) -> Response[str]:
    """Returns the start of the stream that follows the client's outputs.

    It is the same when the client submits the outputs again and the run has continued.
    """
    call_id = body.tool_outputs[0].tool_call_id
    calls = request.services.tool_calls.of_run(run.tenant, run.id)
    rounds = {call.call_id: call.round for call in calls}
    return stream_of(run, end_of_round(rounds.get(call_id, run.round)))
