"""`GET /approvals`: the calls of all threads that wait for a decision."""

from typing import Any

from understudy.domain.lists import PageRequest
from understudy.domain.runs import RunStatus
from understudy.domain.tools import CallStatus
from understudy.services import Services

from tests.unit import stage
from tests.unit.http.caller import Api

WAITING = {"status": CallStatus.AWAITING_APPROVAL, "deadline": 2_000_000_000}


def put_waiting(services: Services, run_id: str, position: int = 0) -> str:
    """Stores a call that waits, and returns its id."""
    call_id = f"call_{run_id}_{position}"
    place = {"run_id": run_id, "position": position}
    stage.put_call(services, call_id, **WAITING, **place)
    return call_id


def waiting(api: Api, **query: str) -> list[str]:
    listed = api.get("/v1/approvals", **query)
    assert listed.status == 200, listed.text
    return [each["tool_call"]["id"] for each in listed.body["data"]]


def test_waiting_calls_are_listed_with_the_oldest_run_first(api: Api) -> None:
    """With their arguments, and whether this key may decide them."""
    newer = put_waiting(api.services, "run_2")
    older = [put_waiting(api.services, "run_1", position) for position in (0, 1)]

    assert waiting(api) == [*older, newer]
    [first, *_] = api.get("/v1/approvals").body["data"]
    assert first["tool_call"]["function"]["arguments"] == '{"table": "sales"}'
    assert (first["run_id"], first["thread_id"]) == ("run_1", stage.THREAD_ID)
    assert first["may_decide"] is False
    stage.put_key(api.services, "us-approver", may_approve=True)
    assert Api(api.services, "us-approver").get("/v1/approvals").body["data"][0]["may_decide"]


def test_list_is_read_in_pages(api: Api) -> None:
    calls = [put_waiting(api.services, f"run_{number}") for number in range(3)]

    page: Any = api.get("/v1/approvals", limit="2").body

    assert page["has_more"] is True
    assert waiting(api, after=page["last_id"]) == calls[2:]


def test_decided_and_closed_calls_are_not_listed(api: Api) -> None:
    """A decision, and the end of the run, take a call off the list."""
    stage.put_key(api.services, "us-approver", may_approve=True)
    run = stage.put_run(api.services, status=RunStatus.REQUIRES_ACTION)
    decided, closed = (put_waiting(api.services, run.id, position) for position in (0, 1))
    path = f"/v1/threads/{run.thread_id}/runs/{run.id}/tool_calls/{decided}/refuse"

    answered = Api(api.services, "us-approver").post(path)
    assert answered.status == 200, answered.text
    assert waiting(api) == [closed]
    api.services.run_ender.end(run, RunStatus.FAILED)

    assert waiting(api) == []


def test_entry_that_a_crash_left_behind_is_not_shown(api: Api) -> None:
    """The entry is written before its call, which may never have been written."""
    call_id = put_waiting(api.services, "run_1")
    [entry] = api.services.tool_calls.waiting_page(stage.TENANT, PageRequest()).items
    api.services.table.delete_many([{"pk": f"toolcalls#{stage.TENANT}#run_1", "sk": call_id}])

    assert entry.call_id == call_id
    assert waiting(api) == []


def test_approvals_of_another_tenant_are_not_listed(api: Api, stranger: Api) -> None:
    put_waiting(api.services, "run_1")

    assert waiting(stranger) == []
