"""Keeping the container of code interpreter, so that the thread's next run goes on in it."""

from understudy.domain.responses import ResponseResult
from understudy.domain.runs import Run
from understudy.errors import WriteRefusedError
from understudy.ports import Ports


def remember_container(ports: Ports, run: Run, result: ResponseResult) -> None:
    """Notes the container that the response worked in, and that the thread's files are in it."""
    used = [
        str(item["container_id"])
        for item in result.output
        if item.get("type") == "code_interpreter_call" and item.get("container_id")
    ]
    if not used:
        return
    container_id = used[-1]
    try:
        ports.threads.remember_container(run.tenant, run.thread_id, container_id)
    except WriteRefusedError:
        return  # The thread is gone, and whoever removed it removes its container.
    inside = [
        use.file_id
        for use in ports.file_uses.of(run.tenant, run.thread_id)
        if use.code_interpreter and use.container_id != container_id
    ]
    ports.file_uses.set_container(run.tenant, run.thread_id, inside, container_id)
