"""F007-F015 and F130-F138: requests whose caller or function dies, and webhook deliveries."""

import pytest
import requests
from understudy.domain.delays import WEBHOOK_SAFETY

from local.aws.faults import Fault, Mode
from tests.faults.driver import Driver
from tests.faults.plays import creates, play_run, texts, thread_of
from tests.faults.scenarios import prepare, start
from tests.limits import WAIT_SECONDS


@pytest.fixture(autouse=True)
def fresh(driver: Driver) -> None:
    """Each test starts with an empty account at the provider."""
    driver.begin()


def test_f007_a_run_whose_creator_died_before_the_start_is_started(driver: Driver) -> None:
    """The client has no answer, the thread has its run all the same, and no second one."""
    driver.stack.aws.faults.plan(
        Fault("states", "StartExecution", 1, Mode.CRASH_BEFORE, function="StreamRunFunction")
    )
    thread_id = prepare(driver)

    run = play_run(driver, thread_id)

    assert run["run_status"] == "completed"
    assert len(driver.runs(thread_id)) == 1


def test_f008_a_run_whose_creator_died_after_the_start_goes_on(driver: Driver) -> None:
    """The client's retry gets the error about the active run; there is one answer."""
    driver.stack.aws.faults.plan(
        Fault("states", "StartExecution", 1, Mode.CRASH_AFTER, function="StreamRunFunction")
    )
    thread_id = prepare(driver)

    run = play_run(driver, thread_id)

    assert run["run_status"] == "completed"
    assert (len(driver.runs(thread_id)), creates(driver)) == (1, 1)


def test_f015_a_function_without_capacity_asks_for_patience(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client sees a 429 or a 5xx, and trying again is safe."""
    from local.aws.functions import InvokeError

    invoke = driver.invocations.invoke
    refused: list[str] = []

    def exhausted(function: str, payload: bytes) -> object:
        if not refused:
            refused.append(function)
            raise InvokeError("TooManyRequestsException", "Rate Exceeded.", 429)
        return invoke(function, payload)

    thread_id = prepare(driver)
    assert driver.stack.aws.runtime is not None
    monkeypatch.setattr(driver.stack.aws.runtime, "invoke", exhausted)

    assert play_run(driver, thread_id)["run_status"] == "completed"
    assert refused


def test_f130_three_concurrent_deliveries_have_one_effect(driver: Driver) -> None:
    """All are accepted, and the run answers once."""
    driver.control.set_deliveries(hold=False, copies=3)

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert len(texts(driver, thread_of(run))) == 1
    [delivery] = driver.control.deliveries()
    assert delivery["attempts"] == [200, 200, 200]


def test_f131_f138_a_forged_webhook_is_refused_and_changes_nothing(driver: Driver) -> None:
    """The answer says no more than that."""
    url = f"{driver.stack.base_url}/webhooks/openai"
    body = '{"type":"response.completed","data":{"id":"resp_1"}}'
    headers = {
        "webhook-id": "wh_forged",
        "webhook-timestamp": "1800000000",
        "webhook-signature": "v1,Zm9yZ2Vk",
    }
    driver.stack.aws.recorder.clear()

    answers = [
        requests.post(url, data=body, headers=headers, timeout=WAIT_SECONDS),
        requests.post(url, data=body, timeout=WAIT_SECONDS),
        requests.post(url, data=b"\xff\xfe", headers=headers, timeout=WAIT_SECONDS),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert driver.stack.aws.recorder.calls("ReceiveWebhookFunction") == []


def test_f135_events_that_are_not_ours_are_taken(driver: Driver) -> None:
    """Unknown types and the responses of others are answered with 200."""
    driver.control.send_event({"type": "brand.new", "data": {"id": "thing_1"}})
    driver.control.send_event({"type": "response.completed", "data": {"id": "resp_of_another"}})
    driver.control.release_deliveries()

    driver.control.wait_for_deliveries(2)

    assert [delivery["attempts"] for delivery in driver.control.deliveries()] == [[200], [200]]


def test_f136_a_webhook_before_its_response_is_stored_is_not_lost(driver: Driver) -> None:
    """The function that created the response finds the delivery and sets a pending signal."""
    driver.control.set_deliveries(hold=False)
    driver.gates.after("CreateRunFunction", "UpdateItem", driver.control.wait_until_idle)
    before = driver.stack.aws.clock.now()

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert driver.stack.aws.clock.now() - before < WEBHOOK_SAFETY, "it did not wake at the webhook"


def test_f137_a_webhook_after_the_end_changes_nothing(driver: Driver) -> None:
    """`completed` is final, whatever is delivered later and in whatever order."""
    thread_id = prepare(driver)
    run_id = start(driver, thread_id)
    driver.recover(thread_id)
    run = driver.runs(thread_id)[-1]
    assert (run["id"], run["run_status"]) == (run_id, "completed")

    event = {"type": "response.failed", "data": {"id": run["response_id"]}}
    driver.control.send_event(event)
    driver.control.release_deliveries()
    driver.control.wait_for_deliveries(2)
    driver.settle()

    assert driver.runs(thread_id)[-1]["run_status"] == "completed"
