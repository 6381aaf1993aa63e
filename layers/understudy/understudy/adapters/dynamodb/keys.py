"""Where each object lives in the table.

    object           partition key                     sort key
    assistant        assistants#{tenant}               {assistant_id}
    thread           thread#{tenant}#{thread_id}       thread
    message          thread#{tenant}#{thread_id}       message#{message_id}
    run              thread#{tenant}#{thread_id}       run#{run_id}
    run step         thread#{tenant}#{thread_id}       step#{run_id}#{step_id}
    tool call        toolcalls#{tenant}#{run_id}       {call_id}
    user's purpose   user#{tenant}#{user_id}           purpose#{purpose}
    response         response#{response_id}            response
    API key          key#{sha256 of the key}           key

The tenant is part of every key that a caller can name, so another tenant's id finds nothing. Ids
sort by time, so a page of a list is one query. What an object does that needs rights of its own
(tool calls, API keys) has its own leading key, which is what IAM can tell apart.

Indexes: `threads_by_tenant` and `threads_by_user` (keys only, written when a thread is made or
ends), `open_runs` (sparse: only runs that have not ended, by their deadline).
"""

from typing import Final

THREAD: Final = "thread"
MESSAGES: Final = "message#"
RUNS: Final = "run#"
STEPS: Final = "step#"

Key = dict[str, str]


def assistant(tenant: str, assistant_id: str) -> Key:
    return {"pk": assistants_of(tenant), "sk": assistant_id}


def assistants_of(tenant: str) -> str:
    return f"assistants#{tenant}"


def thread_partition(tenant: str, thread_id: str) -> str:
    return f"thread#{tenant}#{thread_id}"


def thread(tenant: str, thread_id: str) -> Key:
    return {"pk": thread_partition(tenant, thread_id), "sk": THREAD}


def message(tenant: str, thread_id: str, message_id: str) -> Key:
    return {"pk": thread_partition(tenant, thread_id), "sk": f"{MESSAGES}{message_id}"}


def run(tenant: str, thread_id: str, run_id: str) -> Key:
    return {"pk": thread_partition(tenant, thread_id), "sk": f"{RUNS}{run_id}"}


def steps_of(run_id: str) -> str:
    return f"{STEPS}{run_id}#"


def step(tenant: str, thread_id: str, run_id: str, step_id: str) -> Key:
    return {"pk": thread_partition(tenant, thread_id), "sk": f"{steps_of(run_id)}{step_id}"}


def tool_calls_of(tenant: str, run_id: str) -> str:
    return f"toolcalls#{tenant}#{run_id}"


def tool_call(tenant: str, run_id: str, call_id: str) -> Key:
    return {"pk": tool_calls_of(tenant, run_id), "sk": call_id}


def user(tenant: str, user_id: str) -> str:
    return f"user#{tenant}#{user_id}"


def purpose(tenant: str, user_id: str, purpose: str) -> Key:
    return {"pk": user(tenant, user_id), "sk": f"purpose#{purpose}"}


def response(response_id: str) -> Key:
    return {"pk": f"response#{response_id}", "sk": "response"}


def api_key(digest: str) -> Key:
    return {"pk": f"key#{digest}", "sk": "key"}
