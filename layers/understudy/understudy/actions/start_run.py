"""Starting a run: the run and its place on the thread come first, then the machine."""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.domain.assistants import Assistant
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.messages import Message, NewMessage
from understudy.domain.runs import NewRun, Run, RunConfig, RunFields, RunStatus, TruncationStrategy
from understudy.domain.threads import Thread
from understudy.errors import InvalidRequestError, NotFoundError, WriteRefusedError
from understudy.ports import Ports

ATTEMPTS = 5


@dataclass(frozen=True)
class Caller:
    """Who asks: the tenant of the key, and the server tools that the key may run."""

    tenant: str
    server_tools: tuple[str, ...] = ()
    may_approve: bool = False


def start_run(
    ports: Ports, *, caller: Caller, thread_id: str, assistant: Assistant, body: RunFields
) -> Run:
    """Writes the run as queued, makes it the thread's active one, and starts its execution.

    Raises NotFoundError for an unknown thread and InvalidRequestError, with the original's text,
    while another run is active. If the execution cannot be started the run is swept up later.
    """
    now, deadline_seconds = ports.now(), ports.settings.run_deadline
    added = body.additional_messages if isinstance(body, NewRun) else None
    for _ in range(ATTEMPTS):
        thread = ports.threads.get(caller.tenant, thread_id)
        if thread is None:
            raise NotFoundError(f"No thread found with id '{thread_id}'.")
        if thread.active_run_id:
            raise InvalidRequestError(
                f"Thread {thread_id} already has an active run {thread.active_run_id}."
            )
        messages = new_messages(added or [], thread, now)
        run = _new_run(thread, assistant, body, caller, deadline_seconds, now, len(messages))
        try:
            ports.runs.create(run, thread, messages)
        except WriteRefusedError:
            continue  # The thread was written to meanwhile: look again at what it is now.
        ports.executions.start(run)
        return run
    raise InvalidRequestError(f"Thread {thread_id} is being written to; try again.")


def new_messages(
    bodies: Sequence[NewMessage], thread: Thread, now: float, *, first: int = 1
) -> list[Message]:
    """Messages for the places after the thread's newest one."""
    return [
        Message(
            id=new_id("msg", order=thread.message_order + place),
            tenant=thread.tenant,
            thread_id=thread.id,
            created_at=int(now),
            role=body.role,
            content=body.shown_content(),
            attachments=body.attachments,
            metadata=body.metadata,
        )
        for place, body in enumerate(bodies, start=first)
    ]


def _new_run(
    thread: Thread,
    assistant: Assistant,
    body: RunFields,
    caller: Caller,
    deadline_seconds: int,
    now: float,
    messages: int,
) -> Run:
    return Run(
        id=new_id("run", order=milliseconds(now)),
        tenant=caller.tenant,
        thread_id=thread.id,
        assistant_id=assistant.id,
        user_id=thread.user_id,
        status=RunStatus.QUEUED,
        created_at=int(now),
        deadline=int(now) + deadline_seconds,
        config=settled_config(assistant, body, caller),
        metadata=body.metadata,
        message_base=thread.message_order + messages,
    )


def settled_config(assistant: Assistant, body: RunFields, caller: Caller) -> RunConfig:
    """What the run does: the assistant's settings where the body does not override them."""
    fields = assistant.fields
    given = body.instructions if body.instructions is not None else fields.instructions
    more = body.additional_instructions if isinstance(body, NewRun) else None
    instructions = "\n\n".join(part for part in (given, more) if part)
    tools = body.tools if body.tools is not None else fields.tools
    return RunConfig(
        model=body.model or fields.model,
        instructions=instructions,
        tools=tools,
        tool_resources=fields.tool_resources,
        temperature=body.temperature if body.temperature is not None else fields.temperature,
        top_p=body.top_p if body.top_p is not None else fields.top_p,
        reasoning_effort=body.reasoning_effort or fields.reasoning_effort,
        max_prompt_tokens=body.max_prompt_tokens,
        max_completion_tokens=body.max_completion_tokens,
        truncation_strategy=body.truncation_strategy or TruncationStrategy(),
        tool_choice=body.tool_choice or "auto",
        parallel_tool_calls=True if body.parallel_tool_calls is None else body.parallel_tool_calls,
        response_format=body.response_format or fields.response_format or "auto",
        server_tools=list(caller.server_tools),
    )
