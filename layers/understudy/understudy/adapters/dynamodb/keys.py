"""The keys of every object in the table.

    object           partition key                     sort key
    assistant        assistants#{tenant}               {assistant_id}
    thread           thread#{tenant}#{thread_id}       thread
    message          thread#{tenant}#{thread_id}       message#{message_id}
    run              thread#{tenant}#{thread_id}       run#{run_id}
    run step         thread#{tenant}#{thread_id}       step#{run_id}#{step_id}
    tool call        toolcalls#{tenant}#{run_id}       {call_id}
    approval         toolcalls#{tenant}#approvals      {run_id}.{round}.{position}
    user's purpose   user#{tenant}#{user_id}           purpose#{purpose}
    wait             wait#{response or run id}         wait
    API key          key#{sha256 of the key}           key
    tenant's keys    keys#{tenant}                     {sha256 of the key}
    tenant with keys tenants                           {tenant}
    usage            usage#{tenant}                    {YYYY-MM-DD}#{slot}#{hash of user, ...}
    budget counter   budget#{tenant}                   {period}#tenant, {period}#user#{user_id}
    rate window      rate#{sha256 of the key}          {kind}#{minute}
    file             files#{tenant}                    {file_id}
    vector store     stores#{tenant}                   {vector_store_id}
    upload           uploads#{tenant}                  {upload_id}
    use of a file    uses#{tenant}#{holder}            {file_id}
    store of thread  uses#{tenant}#{thread_id}         {vector_store_id}
    owner            provider#{the provider's id}      owner
    drop's version   drop#{tenant}#{sha256 of the key} version
    waiting drop     waiting#{tenant}#{thread_id}      {file_id}
    answered request idempotency#{tenant}#{sha256 of the key}  {function}#{hash}
    executed call    idempotency#tool#{tenant}#{run_id}        call#{sha256 of the call's id}

The tenant is part of every key that a caller can name, so another tenant's id finds nothing. Ids
sort by time, so a page of a list is one query. Objects that need permissions of their own (tool
calls, API keys) have a leading key of their own, because IAM can restrict access by leading key.

Indexes: `threads_by_tenant` and `threads_by_user` (keys only, written when a thread is created or
deleted), `open_runs` (sparse: only runs that have not ended, by the time of their next sweep).
"""

from typing import Final

THREAD: Final = "thread"
MESSAGES: Final = "message#"
RUNS: Final = "run#"
STEPS: Final = "step#"
TENANTS: Final = "tenants"

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


def approvals_of(tenant: str) -> str:
    return f"toolcalls#{tenant}#approvals"


def user(tenant: str, user_id: str) -> str:
    return f"user#{tenant}#{user_id}"


def purpose(tenant: str, user_id: str, purpose: str) -> Key:
    return {"pk": user(tenant, user_id), "sk": f"purpose#{purpose}"}


def wait(wait_id: str) -> Key:
    return {"pk": f"wait#{wait_id}", "sk": "wait"}


def executed_calls_of(tenant: str, run_id: str) -> str:
    return f"idempotency#tool#{tenant}#{run_id}"


def api_key(digest: str) -> Key:
    return {"pk": f"key#{digest}", "sk": "key"}


def files_of(tenant: str) -> str:
    return f"files#{tenant}"


def file(tenant: str, file_id: str) -> Key:
    return {"pk": files_of(tenant), "sk": file_id}


def stores_of(tenant: str) -> str:
    return f"stores#{tenant}"


def store(tenant: str, store_id: str) -> Key:
    return {"pk": stores_of(tenant), "sk": store_id}


def upload(tenant: str, upload_id: str) -> Key:
    return {"pk": f"uploads#{tenant}", "sk": upload_id}


def uses_of(tenant: str, holder: str) -> str:
    return f"uses#{tenant}#{holder}"


def use(tenant: str, holder: str, file_id: str) -> Key:
    return {"pk": uses_of(tenant, holder), "sk": file_id}


def owner(provider_id: str) -> Key:
    return {"pk": f"provider#{provider_id}", "sk": "owner"}


def drop(tenant: str, digest: str) -> Key:
    return {"pk": f"drop#{tenant}#{digest}", "sk": "version"}


def waiting_of(tenant: str, thread_id: str) -> str:
    return f"waiting#{tenant}#{thread_id}"


def waiting(tenant: str, thread_id: str, file_id: str) -> Key:
    return {"pk": waiting_of(tenant, thread_id), "sk": file_id}


def keys_of(tenant: str) -> str:
    return f"keys#{tenant}"


def tenant(name: str) -> Key:
    return {"pk": TENANTS, "sk": name}


def key_of_tenant(tenant: str, digest: str) -> Key:
    return {"pk": keys_of(tenant), "sk": digest}


def usage_of(tenant: str) -> str:
    return f"usage#{tenant}"


def usage(tenant: str, day: str, name: str) -> Key:
    return {"pk": usage_of(tenant), "sk": f"{day}#{name}"}


def budget(tenant: str, name: str) -> Key:
    return {"pk": f"budget#{tenant}", "sk": name}


def rate(digest: str, kind: str, window: int) -> Key:
    return {"pk": f"rate#{digest}", "sk": f"{kind}#{window}"}
