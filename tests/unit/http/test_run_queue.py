"""Runs and messages of a thread whose run is still open, by the four strategies."""

from typing import Any

import pytest
from understudy.domain.budgets import Limits
from understudy.domain.run_queue import MAX_QUEUED, RUN_SPAN
from understudy.domain.runs import Run, RunStatus
from understudy.domain.translation import ITEMS_PER_ROUND
from understudy.runs.enqueue import MAX_ROLLED_BACK
from understudy.services import Services

from tests.fakes.executions import RecordedExecutions
from tests.unit.conftest import StandingClock
from tests.unit.http.caller import Answered, Api
from tests.unit.stage import put_key

LIMITED_KEY = "us-key-with-limits"


class Thread:
    """A thread of the tenant, and what a client and the state machine do to it."""

    def __init__(self, api: Api, thread_id: str, assistant_id: str) -> None:
        self.api = api
        self.id = thread_id
        self.path = f"/v1/threads/{thread_id}"
        self.assistant_id = assistant_id

    def create(self, strategy: str | None = "enqueue", **fields: Any) -> Answered:
        """Creates a run, with a strategy unless it is None."""
        chosen = {} if strategy is None else {"multitask_strategy": strategy}
        body = {"assistant_id": self.assistant_id, **chosen, **fields}
        return self.api.post(f"{self.path}/runs", body)

    def made(self, strategy: str | None = "enqueue", **fields: Any) -> str:
        """Creates a run, which has to succeed, and returns its id."""
        answered = self.create(strategy, **fields)
        assert answered.status == 200, answered.text
        return str(answered.body["id"])

    def run(self, run_id: str) -> Run:
        run = self.api.services.runs.get("acme", self.id, run_id)
        assert run is not None
        return run

    def end(self, run_id: str, status: RunStatus = RunStatus.COMPLETED, *texts: str) -> None:
        """Ends a run as its execution does, and handles the end as record_runs does."""
        services, run = self.api.services, self.run(run_id)
        over = {"status": status, "ended_at": int(services.now())}
        services.runs.end(run.model_copy(update=over))
        for number, text in enumerate(texts, start=1):
            place = self.stored().model_copy(update={"message_order": run.message_base})
            [message] = place.new_messages([said(text)], services.now(), first=number)
            services.messages.put(message)
        services.run_promotion.promote("acme", self.id)

    def stored(self) -> Any:
        thread = self.api.services.threads.get("acme", self.id)
        assert thread is not None
        return thread

    def texts(self) -> list[str]:
        """The texts of the listed messages, oldest first."""
        listed = self.api.get(f"{self.path}/messages", order="asc", limit="100").body["data"]
        return [message["content"][0]["text"]["value"] for message in listed]

    def add(self, text: str, **fields: Any) -> Answered:
        return self.api.post(f"{self.path}/messages", {"role": "user", "content": text, **fields})

    def read_by(self, run_id: str) -> list[str]:
        """The texts that a run sends to the model, oldest first."""
        found = self.api.services.messages.before_run(self.run(run_id))
        return [message.plain_text() for message in found][::-1]


def said(text: str) -> Any:
    from understudy.domain.messages import NewMessage

    return NewMessage(role="assistant", content=text)


@pytest.fixture
def thread(api: Api, thread_id: str, assistant_id: str) -> Thread:
    """Returns an empty thread."""
    return Thread(api, thread_id, assistant_id)


def status_of(thread: Thread, run_id: str) -> str:
    return str(thread.api.get(f"{thread.path}/runs/{run_id}").body["status"])


def test_queued_run_starts_when_the_run_before_has_ended(
    thread: Thread, executions: RecordedExecutions, clock: StandingClock
) -> None:
    """Its time limit begins at its start; until then it has no expiry and no execution."""
    first = thread.made()
    queued = thread.create().body
    assert (queued["status"], queued["expires_at"]) == ("queued", None)
    assert executions.started == [first]

    clock.advance(500)
    thread.end(first)

    assert executions.started == [first, queued["id"]]
    started = thread.api.get(f"{thread.path}/runs/{queued['id']}").body
    assert (started["status"], started["created_at"]) == ("queued", queued["created_at"])
    assert started["expires_at"] == int(clock()) + 600


def test_runs_start_in_the_order_of_their_creation(
    thread: Thread, executions: RecordedExecutions
) -> None:
    """One at a time."""
    made = [thread.made() for _ in range(4)]

    for number, run_id in enumerate(made):
        assert executions.started == made[: number + 1]
        assert thread.stored().run_queue == made[number + 1 :]
        thread.end(run_id)

    assert executions.started == made
    assert thread.add("And then?").status == 200


def test_message_of_a_busy_thread_belongs_to_the_next_run(thread: Thread) -> None:
    """The open run does not read it, and it sorts after what that run writes."""
    thread.add("One")
    first = thread.made()
    assert thread.add("Two", multitask_strategy="enqueue").status == 200
    second = thread.made()
    assert thread.add("Three", multitask_strategy="enqueue").status == 200

    assert thread.read_by(first) == ["One"]
    thread.end(first, RunStatus.COMPLETED, "1")
    assert thread.read_by(second) == ["One", "1", "Two"]
    thread.end(second, RunStatus.COMPLETED, "2")
    third = thread.made()

    assert thread.texts() == ["One", "1", "Two", "2", "Three"]
    assert thread.read_by(third) == ["One", "1", "Two", "2", "Three"]


def test_additional_messages_of_a_queued_run_follow_the_run_before(thread: Thread) -> None:
    """They are listed at once."""
    first = thread.made(additional_messages=[{"role": "user", "content": "One"}])
    second = thread.made(additional_messages=[{"role": "user", "content": "Two"}])
    assert thread.texts() == ["One", "Two"]

    thread.end(first, RunStatus.COMPLETED, "1")

    assert thread.read_by(second) == ["One", "1", "Two"]


def test_messages_that_no_run_has_claimed_are_read_by_a_later_run(thread: Thread) -> None:
    """The thread may be free when the run is created."""
    first = thread.made()
    thread.add("One", multitask_strategy="enqueue")
    thread.add("Two", multitask_strategy="enqueue")
    thread.end(first, RunStatus.COMPLETED, "Hello")
    thread.add("Three")

    second = thread.made(None)

    assert thread.read_by(second) == ["Hello", "One", "Two", "Three"]


def test_the_longest_run_stays_below_the_span() -> None:
    """Its messages sort before everything that was added while it was open (MaxToolRounds: 50)."""
    assert (50 + 1 + 1) * ITEMS_PER_ROUND < RUN_SPAN


def test_full_queue_is_a_429(thread: Thread) -> None:
    """Nothing is stored; a place is free again once a run has started or was cancelled."""
    made = [thread.made() for _ in range(1 + MAX_QUEUED)]

    refused = thread.create(additional_messages=[{"role": "user", "content": "One more"}])

    assert (refused.status, refused.error["code"]) == (429, "run_queue_full")
    assert thread.id in refused.error["message"]
    assert refused.headers["retry-after"] == "5"
    assert thread.texts() == []
    assert thread.api.post(f"{thread.path}/runs/{made[3]}/cancel").body["status"] == "cancelled"
    assert thread.create().status == 200
    thread.end(made[0])
    assert thread.create().status == 200


def test_rolled_back_runs_of_a_thread_are_bounded(thread: Thread) -> None:
    """Their ids are in the thread's item until the run that has started is cancelled."""
    first = thread.made()
    for _ in range(MAX_ROLLED_BACK):
        thread.made("rollback")

    refused = thread.create("rollback")

    assert (refused.status, refused.error["code"]) == (429, "run_queue_full")
    thread.end(first, RunStatus.CANCELLED)
    assert thread.create("rollback").status == 200


def test_cancelled_queued_run_never_starts(thread: Thread, executions: RecordedExecutions) -> None:
    """It has ended at once, and a second cancel is refused as for every ended run."""
    first, second, third = (thread.made() for _ in range(3))

    cancelled = thread.api.post(f"{thread.path}/runs/{second}/cancel")

    assert (cancelled.status, cancelled.body["status"]) == (200, "cancelled")
    assert cancelled.body["cancelled_at"] is not None
    again = thread.api.post(f"{thread.path}/runs/{second}/cancel")
    assert again.error["message"] == "Cannot cancel run with status 'cancelled'."
    thread.end(first)
    assert executions.started == [first, third]


def test_queued_runs_can_be_listed_modified_and_deleted_with_the_thread(
    thread: Thread, services: Services
) -> None:
    """A deleted thread starts no run."""
    first, second = thread.made(), thread.made()

    listed = thread.api.get(f"{thread.path}/runs").body["data"]
    changed = thread.api.made(f"{thread.path}/runs/{second}", {"metadata": {"k": "v"}})

    assert {run["id"] for run in listed} == {first, second}
    assert changed["metadata"] == {"k": "v"}
    assert thread.api.call("DELETE", thread.path).status == 200
    assert thread.run(first).status is RunStatus.CANCELLING
    assert thread.run(second).status is RunStatus.QUEUED
    services.run_promotion.promote("acme", thread.id)
    assert thread.run(second).waiting is not None


def test_thread_between_two_runs_is_busy(thread: Thread) -> None:
    """The first run has ended, and the second one is about to start: OpenAI's texts name it."""
    first, second = thread.made(), thread.made()
    ended = {"status": RunStatus.COMPLETED, "ended_at": 1}
    thread.api.services.runs.end(thread.run(first).model_copy(update=ended))

    run, message = thread.create(None), thread.add("Hello")
    third = thread.made()

    text = f"Thread {thread.id} already has an active run {second}."
    assert (run.status, run.error["message"]) == (400, text)
    assert f"while a run {second} is active" in message.error["message"]
    assert thread.stored().run_queue == [second, third]


@pytest.mark.parametrize("strategy", ["interrupt", "rollback"])
def test_interrupting_run_cancels_the_open_ones(
    thread: Thread, executions: RecordedExecutions, strategy: str
) -> None:
    """It waits until the run that has started is cancelled; queued ones end at once."""
    first, second = thread.made(), thread.made()
    third = thread.made(strategy)

    assert status_of(thread, first) == "cancelling"
    assert (thread.run(second).status, thread.stored().run_queue) == ("cancelled", [third])
    assert executions.started == [first]

    thread.end(first, RunStatus.CANCELLED)

    assert executions.started == [first, third]


def test_interrupted_run_is_woken(
    thread: Thread, services: Services, executions: RecordedExecutions
) -> None:
    """Under the id that it waits for."""
    first = thread.made()
    services.runs.change(thread.run(first), status=RunStatus.IN_PROGRESS, response_id="resp_1")

    thread.made("interrupt")

    wait = services.table.get({"pk": "wait#resp_1", "sk": "wait"})
    assert wait is not None
    assert wait["wake_pending"] is True


def test_rolled_back_runs_are_deleted_with_their_messages(
    thread: Thread, services: Services
) -> None:
    """Messages that were added on their own stay. The next run reads only those."""
    thread.add("Kept")
    first = thread.made(additional_messages=[{"role": "user", "content": "One"}])
    second = thread.made(additional_messages=[{"role": "user", "content": "Two"}])
    thread.add("Also kept", multitask_strategy="enqueue")
    third = thread.made("rollback", additional_messages=[{"role": "user", "content": "Three"}])

    thread.end(first, RunStatus.CANCELLED)

    assert thread.texts() == ["Kept", "Also kept", "Three"]
    assert thread.read_by(third) == ["Kept", "Also kept", "Three"]
    assert [run["id"] for run in thread.api.get(f"{thread.path}/runs").body["data"]] == [third]
    assert thread.api.get(f"{thread.path}/runs/{first}").status == 404
    assert services.runs.get("acme", thread.id, second) is None
    assert thread.stored().rolled_back == []


def test_rollback_stays_a_rollback_if_another_run_interrupts(thread: Thread) -> None:
    """The first run is still to be deleted, and the second one never starts."""
    first = thread.made(additional_messages=[{"role": "user", "content": "One"}])
    second = thread.made("rollback", additional_messages=[{"role": "user", "content": "Two"}])
    third = thread.made("interrupt", additional_messages=[{"role": "user", "content": "Three"}])
    assert thread.run(first).interrupted == "rollback"

    thread.end(first, RunStatus.CANCELLED)

    assert thread.texts() == ["Two", "Three"]
    assert status_of(thread, second) == "cancelled"
    assert thread.stored().active_run_id == third


def test_rolled_back_run_is_deleted_if_its_successor_was_cancelled(thread: Thread) -> None:
    """The queue is empty then."""
    first = thread.made()
    second = thread.made("rollback")
    thread.api.post(f"{thread.path}/runs/{second}/cancel")

    thread.end(first, RunStatus.CANCELLED)

    assert thread.api.get(f"{thread.path}/runs/{first}").status == 404
    assert thread.stored().rolled_back == []
    assert thread.create(None).status == 200


def test_default_strategy_of_a_key_applies_to_unmodified_requests(
    thread: Thread, services: Services
) -> None:
    """A request may still choose another one."""
    put_key(services, "us-key-that-queues", multitask_strategy="enqueue")
    thread.api = Api(services, "us-key-that-queues")
    first = thread.made(None)

    assert thread.add("Two").status == 200
    second = thread.made(None)

    assert thread.stored().run_queue == [second]
    assert thread.create("reject").status == 400
    assert thread.add("Three", multitask_strategy="reject").status == 400
    assert status_of(thread, first) == "queued"


def test_unknown_strategy_is_rejected(thread: Thread) -> None:
    """Also while the thread is free."""
    refused = thread.create("cancel")

    assert (refused.status, refused.error["param"]) == (400, "multitask_strategy")


def test_new_thread_accepts_a_strategy(api: Api, assistant_id: str) -> None:
    """A client may send it with every run; a new thread is never busy."""
    body = {"assistant_id": assistant_id, "multitask_strategy": "interrupt"}

    assert api.made("/v1/threads/runs", body)["status"] == "queued"


def limited(thread: Thread, **limits: Any) -> None:
    """Lets the thread's client use a key with limits."""
    chosen = Limits.model_validate(limits)
    put_key(thread.api.services, LIMITED_KEY, limits=chosen, multitask_strategy="enqueue")
    thread.api = Api(thread.api.services, LIMITED_KEY)


def test_budget_of_a_queued_run_is_held_when_it_starts(thread: Thread, services: Services) -> None:
    """Not while it waits."""
    limited(thread, tenant_day_usd=1)
    first, second = thread.made(), thread.made()
    counters = thread.run(first).budget
    assert counters is not None
    held = services.budgets.spent("acme", counters.counters)
    assert set(held.values()) == {counters.held}
    assert thread.run(second).budget is None

    thread.end(first)

    assert thread.run(second).budget == counters
    held = services.budgets.spent("acme", counters.counters)
    assert set(held.values()) == {2 * counters.held}


def test_queued_run_fails_if_the_budget_is_used_up_at_its_start(
    thread: Thread, executions: RecordedExecutions
) -> None:
    """So does each one behind it; the thread is free then."""
    limited(thread, tenant_day_usd=0.01)
    first, second, third = (thread.made() for _ in range(3))

    thread.end(first)

    shown = thread.api.get(f"{thread.path}/runs/{second}").body
    assert (shown["status"], shown["last_error"]["code"]) == ("failed", "rate_limit_exceeded")
    assert "budget of your organization" in shown["last_error"]["message"]
    assert status_of(thread, third) == "failed"
    assert executions.started == [first]
    assert thread.add("Hello", multitask_strategy="reject").status == 200


def test_queued_run_waits_while_the_rate_limit_is_reached(
    thread: Thread, services: Services, executions: RecordedExecutions, clock: StandingClock
) -> None:
    """It keeps its place; the sweep starts it in the next minute."""
    limited(thread, runs_per_minute=1)
    first, second = thread.made(), thread.made()

    thread.end(first)

    assert executions.started == [first]
    assert thread.stored().run_queue == [second]
    due = services.runs.get("acme", thread.id, second)
    assert due is not None
    assert due.sweep_at == int(clock()) + 60
    clock.advance(60)
    services.run_promotion.promote("acme", thread.id)
    assert executions.started == [first, second]


def test_promotion_is_idempotent(
    thread: Thread, services: Services, executions: RecordedExecutions
) -> None:
    """A repeated one starts the execution again, which Step Functions ignores, and no other run."""
    first, second, third = (thread.made() for _ in range(3))
    thread.end(first)

    services.run_promotion.promote("acme", thread.id)

    assert set(executions.started) == {first, second}
    assert thread.stored().active_run_id == second
    assert thread.stored().run_queue == [third]
    assert thread.run(third).waiting is not None
