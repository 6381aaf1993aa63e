"""`/threads/{thread_id}/runs` and `/threads/runs`"""

from collections.abc import Iterator
from itertools import islice

from aws_lambda_powertools.event_handler import Response
from understudy.domain.lists import PageRequest
from understudy.domain.messages import Message, MetadataChange
from understudy.domain.new_runs import (
    NewRun,
    NewThreadAndRun,
    check_tool_choice,
    check_user_message,
    has_instructions,
)
from understudy.domain.runs import CANCELLABLE, Run, RunStatus, poll_after_ms
from understudy.domain.tool_outputs import SubmittedOutputs
from understudy.domain.tools import ToolCall
from understudy.errors import InvalidRequestError, not_found
from understudy.http.objects.lists import ListOf, list_of
from understudy.http.objects.runs import RunObject, run_object
from understudy.http.request import Request
from understudy.http.routes import Routes
from understudy.runs.wake import wake

from ..cancel_queued_run import cancel_queued_run
from ..start_thread_and_run import start_thread_and_run
from ..stream_start import check_can_stream, stream_after_outputs, stream_of
from ..submit_outputs import OutputSubmission
from .assistants import find_assistant
from .threads import created_thread, find_thread

route = Routes()

MOST_MESSAGES_READ = 1000


def find_run(request: Request, thread_id: str, run_id: str) -> Run:
    """Returns the thread's run. Raises NotFoundError for the thread or the run."""
    run = request.services.runs.find(request.tenant, thread_id, run_id)
    if run is None:
        find_thread(request, thread_id)
        raise not_found("run", run_id)
    return run


def open_calls(request: Request, run: Run) -> list[ToolCall]:
    """Returns the calls of a run that requires action, which wait for outputs or approval."""
    if run.status is not RunStatus.REQUIRES_ACTION:
        return []
    return [
        call
        for call in request.services.tool_calls.of_run(run.tenant, run.id)
        if call.round == run.round and (call.waits_for_client or call.waits_for_approval)
    ]


def shown(request: Request, run: Run) -> RunObject:
    """Returns the run as a response, with the time after which to poll again in a header."""
    wait = poll_after_ms(run.status, request.services.now() - run.begun_at)
    request.response_headers["openai-poll-after-ms"] = str(wait)
    return run_object(run, open_calls(request, run))


def _messages(request: Request, thread_id: str) -> Iterator[Message]:
    """Yields the newest messages of a thread, up to a number that is cheap to read."""
    find_thread(request, thread_id)
    newest = request.services.messages.newest_first(request.tenant, thread_id)
    return islice(newest, MOST_MESSAGES_READ)


@route("createThreadAndRun")
def create_thread_and_run(request: Request) -> RunObject | Response[str]:
    body = request.body(NewThreadAndRun)
    check_can_stream(request, body.stream)
    assistant = find_assistant(request, body.assistant_id)
    check_tool_choice(
        body.tool_choice, assistant.fields.tools if body.tools is None else body.tools
    )
    if not has_instructions(assistant, body):
        check_user_message(body.thread.messages)
    new_thread = body.thread
    if body.tool_resources is not None:
        new_thread = new_thread.model_copy(update={"tool_resources": body.tool_resources})
    services = request.services
    run = start_thread_and_run(
        services.run_starter,
        services.usage_limits,
        lambda: created_thread(request, new_thread),
        caller=request.caller,
        assistant=assistant,
        body=body,
    )
    return stream_of(run, created_thread=True) if body.stream else shown(request, run)


@route("createRun")
def create_run(request: Request, thread_id: str) -> RunObject | Response[str]:
    body = request.body(NewRun)
    check_can_stream(request, body.stream)
    assistant = find_assistant(request, body.assistant_id)
    if not has_instructions(assistant, body):
        added = body.additional_messages or []
        check_user_message([*added, *_messages(request, thread_id)])
    run = request.services.run_starter.start(
        caller=request.caller,
        thread_id=thread_id,
        assistant=assistant,
        body=body,
    )
    return stream_of(run) if body.stream else shown(request, run)


@route("listRuns")
def list_runs(request: Request, thread_id: str) -> ListOf[RunObject]:
    wanted = request.query(PageRequest)
    find_thread(request, thread_id)
    page = request.services.runs.page(request.tenant, thread_id, wanted)
    runs = [run_object(run, open_calls(request, run)) for run in page.items]
    return list_of(runs, has_more=page.has_more)


@route("getRun")
def retrieve_run(request: Request, thread_id: str, run_id: str) -> RunObject:
    return shown(request, find_run(request, thread_id, run_id))


@route("modifyRun")
def modify_run(request: Request, thread_id: str, run_id: str) -> RunObject:
    change = request.body(MetadataChange)
    run = find_run(request, thread_id, run_id)
    if run.status is RunStatus.IN_PROGRESS:
        raise InvalidRequestError(f"Cannot update run with status '{run.status}'.")
    if change.metadata is not None:
        run = request.services.runs.set_metadata(run, change.metadata)
    return shown(request, run)


@route("cancelRun")
def cancel_run(request: Request, thread_id: str, run_id: str) -> RunObject:
    run = find_run(request, thread_id, run_id)
    services = request.services
    if run.waiting is not None and not run.status.is_final:
        run = cancel_queued_run(services.runs, services.run_queues, services.now, run)
        if run.status is RunStatus.CANCELLED:
            return shown(request, run)
    moved = services.runs.move(run, RunStatus.CANCELLING, among=CANCELLABLE)
    if moved is None:
        moved = find_run(request, thread_id, run_id)
        if moved.status is not RunStatus.CANCELLING:
            raise InvalidRequestError(f"Cannot cancel run with status '{moved.status}'.")
    # A repeated cancel wakes it again: the first request may have crashed before it did.
    wake(services.waits, services.executions, moved.wait_id)
    return shown(request, moved)


@route("submitToolOuputsToRun")
def submit_tool_outputs(request: Request, thread_id: str, run_id: str) -> RunObject | Response[str]:
    body = request.body(SubmittedOutputs)
    check_can_stream(request, body.stream)
    services = request.services
    submission = OutputSubmission(
        services.runs,
        services.run_steps,
        services.tool_calls,
        services.waits,
        services.executions,
        services.now,
    )
    run = submission.submit(find_run(request, thread_id, run_id), body)
    return stream_after_outputs(request, run, body) if body.stream else shown(request, run)
