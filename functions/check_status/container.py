"""Remembers the container of code interpreter, so that the thread's next run continues in it."""

from typing import TYPE_CHECKING

from understudy.domain.responses import ResponseResult
from understudy.domain.runs import Run
from understudy.errors import WriteRefusedError

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.file_uses import FileUses
    from understudy.adapters.dynamodb.threads import Threads


def remember_container(
    threads: "Threads", file_uses: "FileUses", run: Run, result: ResponseResult
) -> None:
    """Stores the last container that the response used, and that the thread's files are in it."""
    used = [
        str(item["container_id"])
        for item in result.output
        if item.get("type") == "code_interpreter_call" and item.get("container_id")
    ]
    if not used:
        return
    container_id = used[-1]
    try:
        threads.remember_container(run.tenant, run.thread_id, container_id)
    except WriteRefusedError:
        return  # the thread was deleted; its cleanup removes the container
    inside = [
        use.file_id
        for use in file_uses.of(run.tenant, run.thread_id)
        if use.code_interpreter and use.container_id != container_id
    ]
    file_uses.set_container(run.tenant, run.thread_id, inside, container_id)
