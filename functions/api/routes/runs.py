"""`/threads/{thread_id}/runs` and `/threads/runs`"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.lists import as_list
from understudy.domain.messages import MetadataChange
from understudy.domain.new_runs import NewRun, NewThreadAndRun, RunFields, check_tool_choice
from understudy.domain.runs import CANCELLABLE, Run, RunStatus, poll_after_ms
from understudy.domain.tool_outputs import SubmittedOutputs
from understudy.domain.tools import ToolCall
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.http.frame import Request, answer
from understudy.runs.wake import wake

from ..start_thread_and_run import start_thread_and_run
from ..submit_outputs import submit_outputs
from . import threads
from .assistants import find_assistant

router = Router()


def find(request: Request, thread_id: str, run_id: str) -> Run:
    """The thread's run. Raises NotFoundError for the thread or the run."""
    run = request.services.runs.find(request.tenant, thread_id, run_id)
    if run is None:
        threads.find(request, thread_id)
        raise NotFoundError(f"No run found with id '{run_id}'.")
    return run


def open_calls(request: Request, run: Run) -> list[ToolCall]:
    """The calls that the run waits for its client to answer, or for somebody to approve."""
    if run.status is not RunStatus.REQUIRES_ACTION:
        return []
    return [
        call
        for call in request.services.tool_calls.of_run(run.tenant, run.id)
        if call.round == run.round and (call.waits_for_client or call.waits_for_approval)
    ]


def shown(request: Request, run: Run) -> Response[str]:
    """The run as an answer, with the time after which to ask again."""
    wait = poll_after_ms(run.status, request.services.now() - run.created_at)
    body = run.as_object(open_calls(request, run))
    return answer(body, {"openai-poll-after-ms": str(wait)})


def refuse_stream(body: RunFields) -> None:
    """Streams are not served. Raises InvalidRequestError that says so."""
    if body.stream:
        raise InvalidRequestError(
            "Streaming is not offered by this server; create the run without 'stream' and poll it.",
            param="stream",
            code="unsupported_value",
        )


@router.post("/threads/runs")
def create_thread_and_run() -> Response[str]:
    request = Request(router)
    body = request.body(NewThreadAndRun)
    refuse_stream(body)
    assistant = find_assistant(request, body.assistant_id)
    check_tool_choice(
        body.tool_choice, assistant.fields.tools if body.tools is None else body.tools
    )
    new_thread = body.thread
    if body.tool_resources is not None:
        new_thread = new_thread.model_copy(update={"tool_resources": body.tool_resources})
    run = start_thread_and_run(
        request.services, caller=request.caller, thread=new_thread, assistant=assistant, body=body
    )
    return shown(request, run)


@router.post("/threads/<thread_id>/runs")
def create_run(thread_id: str) -> Response[str]:
    request = Request(router)
    body = request.body(NewRun)
    refuse_stream(body)
    assistant = find_assistant(request, body.assistant_id)
    run = request.services.run_starter.start(
        caller=request.caller,
        thread_id=thread_id,
        assistant=assistant,
        body=body,
    )
    return shown(request, run)


@router.get("/threads/<thread_id>/runs")
def list_runs(thread_id: str) -> Response[str]:
    request = Request(router)
    wanted = request.page()
    threads.find(request, thread_id)
    page = request.services.runs.page(request.tenant, thread_id, wanted)
    shown_runs = [run.as_object(open_calls(request, run)) for run in page.items]
    return answer(as_list(shown_runs, has_more=page.has_more))


@router.get("/threads/<thread_id>/runs/<run_id>")
def retrieve_run(thread_id: str, run_id: str) -> Response[str]:
    request = Request(router)
    return shown(request, find(request, thread_id, run_id))


@router.post("/threads/<thread_id>/runs/<run_id>")
def modify_run(thread_id: str, run_id: str) -> Response[str]:
    request = Request(router)
    change = request.body(MetadataChange)
    run = find(request, thread_id, run_id)
    if change.metadata is not None:
        run = request.services.runs.set_metadata(run, change.metadata)
    return shown(request, run)


@router.post("/threads/<thread_id>/runs/<run_id>/cancel")
def cancel_run(thread_id: str, run_id: str) -> Response[str]:
    request = Request(router)
    run = find(request, thread_id, run_id)
    moved = request.services.runs.move(run, RunStatus.CANCELLING, among=CANCELLABLE)
    if moved is None:
        moved = find(request, thread_id, run_id)
        if moved.status is not RunStatus.CANCELLING:
            raise InvalidRequestError(f"Cannot cancel run with status '{moved.status}'.")
    # A repeated cancel wakes it again: the first request may have crashed before it did.
    wake(request.services.waits, request.services.executions, moved.wait_id)
    return shown(request, moved)


@router.post("/threads/<thread_id>/runs/<run_id>/submit_tool_outputs")
def submit_tool_outputs(thread_id: str, run_id: str) -> Response[str]:
    request = Request(router)
    body = request.body(SubmittedOutputs)
    run = submit_outputs(request.services, find(request, thread_id, run_id), body)
    return shown(request, run)
