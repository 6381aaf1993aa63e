"""Objects that a function finds in the table when its sample event arrives."""

from typing import Any

from understudy.domain.api_keys import ApiKey, digest_of
from understudy.domain.assistants import Assistant, NewAssistant
from understudy.domain.messages import NewMessage
from understudy.domain.run_queue import Waiting
from understudy.domain.runs import Run, RunConfig, RunStatus
from understudy.domain.threads import DAY, Thread
from understudy.domain.tools import FunctionDefinition, FunctionTool, RunsOn, ToolCall
from understudy.services import Services
from understudy.threads.messages import admit_message

TENANT = "acme"
THREAD_ID = "thread_00000000example"
RUN_ID = "run_00000000example"
QUEUED_ID = "run_00000000queued"
ASSISTANT_ID = "asst_00000000example"
KEY = "us-example-key"


class Context:
    """Lambda's context, as far as the functions look at it."""

    aws_request_id = "req-1"
    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def put_key(services: Services, key: str = KEY, tenant: str = TENANT, **allowed: Any) -> None:
    """A caller's key."""
    known = {"digest": digest_of(key), "tenant": tenant, "name": "test", "created_at": 0}
    services.api_keys.put(ApiKey.model_validate(known | allowed))


def put_assistant(services: Services, **fields: Any) -> Assistant:
    """An assistant of the tenant."""
    assistant = Assistant(
        id=ASSISTANT_ID,
        tenant=TENANT,
        created_at=int(services.now()),
        fields=NewAssistant.model_validate({"model": "gpt-6-luna"} | fields),
    )
    services.assistants.put(assistant)
    return assistant


def put_thread(services: Services, *texts: str, **fields: Any) -> Thread:
    """A thread of the tenant with messages of its user."""
    now = int(services.now())
    thread = Thread(
        id=THREAD_ID,
        tenant=TENANT,
        created_at=now,
        last_activity=now,
        ttl_seconds=7 * DAY,
        expires_at=now + 7 * DAY,
    ).model_copy(update={"message_order": len(texts)} | fields)
    bodies = [NewMessage(role="user", content=text) for text in texts]
    messages = thread.model_copy(update={"message_order": 0}).new_messages(bodies, now)
    services.threads.create(thread, messages)
    return thread


def put_run(services: Services, *texts: str, **fields: Any) -> Run:
    """A thread with messages and an active run on it."""
    thread = put_thread(services, *(texts or ("Hello",)))
    now = int(services.now())
    config = RunConfig(
        model="gpt-6-luna",
        instructions="Be brief.",
        tools=[
            FunctionTool(type="function", function=FunctionDefinition(name=name))
            for name in ("get_table_schema", "book_meeting")
        ],
        server_tools=["get_table_schema"],
    )
    run = Run(
        id=RUN_ID,
        tenant=TENANT,
        thread_id=THREAD_ID,
        assistant_id=ASSISTANT_ID,
        status=RunStatus.QUEUED,
        created_at=now,
        deadline=now + 600,
        config=config,
        message_base=thread.message_order,
    )
    services.runs.create(run, thread, [])
    return services.runs.change(run, **fields) if fields else run


def put_queued_run(services: Services, run_id: str = QUEUED_ID) -> Run:
    """Stores a run in the queue behind the thread's active run."""
    thread = services.runs.thread(TENANT, THREAD_ID)
    assert thread is not None
    over = {
        "id": run_id,
        "status": RunStatus.QUEUED,
        "response_id": None,
        "has_queue": False,
        "created_at": int(services.now()),
        "message_base": services.runs.order_behind(thread),
        "waiting": Waiting(seconds=600),
    }
    run = stored_run(services).model_copy(update=over)
    services.run_queues.add(run, thread, [])
    return run


def put_later_message(services: Services, text: str) -> None:
    """Adds a message to the thread while its run is active."""
    thread = admit_message(
        services.threads, services.runs, TENANT, THREAD_ID, queues=services.run_queues
    )
    body = NewMessage(role="user", content=text)
    [message] = thread.new_messages([body], services.now(), first=0)
    services.messages.put(message)


def put_call(services: Services, call_id: str = "call_schema", **fields: Any) -> ToolCall:
    """A function call of the run's first turn."""
    call = ToolCall(
        call_id=call_id,
        tenant=TENANT,
        thread_id=THREAD_ID,
        run_id=RUN_ID,
        step_id="step_1",
        round=0,
        position=0,
        name="get_table_schema",
        arguments='{"table": "sales"}',
        runs_on=RunsOn.SERVER,
    ).model_copy(update=fields)
    services.tool_calls.put_new(call)
    return call


def stored_run(services: Services, run_id: str = RUN_ID) -> Run:
    """The run as it is in the table now."""
    run = services.runs.get(TENANT, THREAD_ID, run_id)
    assert run is not None
    return run
