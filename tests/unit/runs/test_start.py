"""Starts of runs: one at a time on a thread, and each with a deadline."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from understudy.domain.budgets import Limits
from understudy.domain.callers import Caller
from understudy.domain.messages import Message, NewMessage
from understudy.domain.new_runs import NewRun
from understudy.domain.runs import Run, RunStatus
from understudy.domain.threads import Thread, ThreadOfUser
from understudy.errors import InvalidRequestError, StorageUnavailableError
from understudy.services import Services
from understudy.settings import Settings
from understudy.threads.messages import admit_message

from tests.fakes.executions import RecordedExecutions
from tests.unit import stage

DAY = "2027-01-15#tenant"
DEADLINE = "understudy_deadline_seconds"
CALLER = Caller(stage.TENANT, limits=Limits(tenant_day_usd=1, run_usd=0.25))


@pytest.fixture
def start(services: Services) -> Callable[..., Run]:
    """Starts a run on the thread, with these fields of a request; the assistant has `of_assistant`
    as its metadata."""

    def started(of_assistant: dict[str, str] | None = None, **fields: Any) -> Run:
        return services.run_starter.start(
            caller=CALLER,
            thread_id=stage.THREAD_ID,
            assistant=stage.put_assistant(services, metadata=of_assistant or {}),
            body=NewRun.model_validate({"assistant_id": stage.ASSISTANT_ID} | fields),
        )

    return started


def begin(services: Services, seen: Thread, *texts: str) -> Run | None:
    """Begins a run on the thread as it was seen, with messages that are added before it."""
    body = NewRun(assistant_id=stage.ASSISTANT_ID)
    plan = services.run_starter.plan(CALLER, stage.put_assistant(services), body)
    bodies = [NewMessage(role="user", content=text) for text in texts]
    messages: list[Message] = seen.new_messages(bodies, services.now())
    budget = services.usage_limits.hold(
        tenant=stage.TENANT, user_id=None, limits=CALLER.limits or Limits()
    )
    return services.run_starter.begin(plan, seen, messages, budget)


def seen_thread(services: Services) -> Thread:
    """Returns the thread as a request sees it before it writes."""
    thread = services.runs.thread(stage.TENANT, stage.THREAD_ID)
    assert thread is not None
    return thread


def end(services: Services, run: Run) -> None:
    services.runs.end(run.model_copy(update={"status": RunStatus.FAILED, "ended_at": 1}))


def held(services: Services) -> float:
    """Returns the dollars that are held of today's budget."""
    return services.budgets.spent(stage.TENANT, [DAY])[DAY] / 1e9


@pytest.mark.parametrize("texts", [(), ("One more.",)], ids=["run", "run with a message"])
@pytest.mark.parametrize("has_ended_run", [False, True])
def test_second_of_two_concurrent_runs_is_refused(
    services: Services,
    executions: RecordedExecutions,
    start: Callable[..., Run],
    has_ended_run: bool,
    texts: tuple[str, ...],
) -> None:
    """Both requests see a free thread. The second one leaves no run, message, hold or execution."""
    stage.put_thread(services, "Hello")
    if has_ended_run:
        end(services, start())
    seen = seen_thread(services)
    before = held(services)

    first = begin(services, seen)
    second = begin(services, seen, *texts)

    assert first is not None
    assert second is None
    started = executions.started[-1]
    assert started == first.id
    partition = f"thread#{stage.TENANT}#{stage.THREAD_ID}"
    runs = [item["sk"] for item in services.table.query(partition, prefix="run#")]
    assert len(runs) == (2 if has_ended_run else 1)
    assert len(list(services.table.query(partition, prefix="message#"))) == 1
    assert held(services) == before + 0.25


@pytest.mark.parametrize("has_ended_run", [False, True])
def test_run_is_not_created_on_a_thread_that_changed(
    services: Services, start: Callable[..., Run], has_ended_run: bool
) -> None:
    """A message was added after the request read the thread: the run would not have it."""
    stage.put_thread(services, "Hello")
    if has_ended_run:
        end(services, start())
    seen = seen_thread(services)
    admit_message(services.threads, services.runs, stage.TENANT, stage.THREAD_ID)

    assert begin(services, seen) is None
    assert seen_thread(services).active_run_id is None


@pytest.mark.parametrize("has_ended_run", [False, True])
def test_message_is_refused_if_a_run_became_active_meanwhile(
    services: Services,
    start: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
    has_ended_run: bool,
) -> None:
    """The message's request has seen a free thread."""
    stage.put_thread(services, "Hello")
    if has_ended_run:
        end(services, start())
    read = services.runs.thread
    races = [partial(start)]

    def read_then_start(tenant: str, thread_id: str) -> Thread | None:
        found = read(tenant, thread_id)
        if races:
            monkeypatch.setattr(services.runs, "thread", read)
            races.pop()()
        return found

    monkeypatch.setattr(services.runs, "thread", read_then_start)

    with pytest.raises(InvalidRequestError, match="while a run run_"):
        admit_message(services.threads, services.runs, stage.TENANT, stage.THREAD_ID)


def test_run_that_cannot_be_started_fails_and_frees_its_thread(
    services: Services,
    executions: RecordedExecutions,
    start: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The caller gets a 503 and may start another run."""
    stage.put_thread(services, "Hello")

    def fail(_: Run) -> None:
        raise StorageUnavailableError("ThrottlingException")

    with monkeypatch.context() as patch:
        patch.setattr(executions, "start", fail)
        with pytest.raises(StorageUnavailableError):
            start()

    known = services.threads.get(stage.TENANT, stage.THREAD_ID)
    assert known is not None
    run = services.runs.get(stage.TENANT, stage.THREAD_ID, str(known.active_run_id))
    assert run is not None
    assert run.status is RunStatus.FAILED
    assert start().status is RunStatus.QUEUED


@pytest.mark.parametrize(
    ("of_run", "of_assistant", "seconds"),
    [({DEADLINE: "7"}, {DEADLINE: "8"}, 7), ({}, {DEADLINE: "8"}, 8), ({}, {}, 600)],
)
def test_deadline_is_that_of_the_run_then_of_the_assistant_then_of_the_deployment(
    services: Services,
    start: Callable[..., Run],
    of_run: dict[str, str],
    of_assistant: dict[str, str],
    seconds: int,
) -> None:
    stage.put_thread(services, "Hello")

    run = start(of_assistant, metadata=of_run)

    assert run.deadline - run.created_at == seconds


def test_default_deadline_is_600_seconds() -> None:
    """As in OpenAI's Assistants API: in the template, and without the variable."""
    from samtranslator.yaml_helper import yaml_parse

    from tests.unit.conftest import TEMPLATE

    parameters = yaml_parse(TEMPLATE.read_text())["Parameters"]

    assert parameters["RunDeadlineSeconds"]["Default"] == 600
    assert Settings().run_deadline == 600


@pytest.mark.parametrize("given", ["0", "86401", "999999", "-1", "1.5", "forever", ""])
def test_deadline_outside_one_second_and_a_day_is_rejected(
    services: Services, start: Callable[..., Run], given: str
) -> None:
    """A run has at most 24 hours."""
    stage.put_thread(services, "Hello")

    with pytest.raises(InvalidRequestError) as refused:
        start(metadata={DEADLINE: given})

    assert refused.value.param == f"metadata.{DEADLINE}"


@pytest.mark.parametrize("given", ["1", "86400"])
def test_deadline_of_one_second_and_of_a_day_is_accepted(
    services: Services, start: Callable[..., Run], given: str
) -> None:
    stage.put_thread(services, "Hello")

    run = start(metadata={DEADLINE: given})

    assert run.deadline - run.created_at == int(given)


@pytest.mark.parametrize("is_old", [False, True], ids=["no thread", "thread that is too old"])
def test_concurrent_get_or_create_returns_one_thread(
    services: Services, clock: Any, monkeypatch: pytest.MonkeyPatch, is_old: bool
) -> None:
    """The second request has read that there is no current thread."""

    def find_or_create() -> tuple[Thread, bool]:
        return services.user_threads.find_or_create(
            tenant=stage.TENANT, user_id="ada", purpose="sales", body=ThreadOfUser(max_age_hours=1)
        )

    if is_old:
        find_or_create()
        clock.advance(2 * 3600)
    read = services.threads.pointed_to
    made: list[Thread] = []

    def read_then_create(tenant: str, user_id: str, purpose: str) -> str | None:
        found = read(tenant, user_id, purpose)
        if not made:
            monkeypatch.setattr(services.threads, "pointed_to", read)
            made.append(find_or_create()[0])
        return found

    monkeypatch.setattr(services.threads, "pointed_to", read_then_create)

    thread, is_new = find_or_create()

    assert (thread.id, is_new) == (made[0].id, False)
