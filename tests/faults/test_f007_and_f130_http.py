"""F007-F015 and F130-F138: requests whose client or function crashes, and webhook deliveries."""

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


def test_f007_run_is_started_after_its_function_crashed_before_the_start(driver: Driver) -> None:
    """The client gets no response. The thread has exactly one run."""
    driver.stack.aws.faults.plan(
        Fault("states", "StartExecution", 1, Mode.CRASH_BEFORE, function="StreamRunFunction")
    )
    thread_id = prepare(driver)

    run = play_run(driver, thread_id)

    assert run["run_status"] == "completed"
    assert len(driver.runs(thread_id)) == 1


def test_f008_run_continues_after_its_function_crashed_after_the_start(driver: Driver) -> None:
    """The client's retry gets the error about the active run. The thread gets one answer."""
    driver.stack.aws.faults.plan(
        Fault("states", "StartExecution", 1, Mode.CRASH_AFTER, function="StreamRunFunction")
    )
    thread_id = prepare(driver)

    run = play_run(driver, thread_id)

    assert run["run_status"] == "completed"
    assert (len(driver.runs(thread_id)), creates(driver)) == (1, 1)


def test_f015_throttled_function_is_a_retryable_error(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client gets a 429 or a 5xx, and a retry is safe."""
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
    """All are accepted, and the thread gets one answer."""
    driver.control.set_deliveries(hold=False, copies=3)

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert len(texts(driver, thread_of(run))) == 1
    [delivery] = driver.control.deliveries()
    assert delivery["attempts"] == [200, 200, 200]


def test_f131_f138_forged_webhook_is_rejected_and_changes_nothing(driver: Driver) -> None:
    """The response gives no reason."""
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


def test_f135_unknown_events_are_accepted_and_ignored(driver: Driver) -> None:
    """Unknown types and other applications' responses get a 200."""
    driver.control.send_event({"type": "brand.new", "data": {"id": "thing_1"}})
    driver.control.send_event({"type": "response.completed", "data": {"id": "resp_of_another"}})
    driver.control.release_deliveries()

    driver.control.wait_for_deliveries(2)

    assert [delivery["attempts"] for delivery in driver.control.deliveries()] == [[200], [200]]


def test_f136_webhook_before_its_response_is_stored_leaves_a_pending_signal(driver: Driver) -> None:
    """The function that created the response finds the delivery and sets a pending signal."""
    driver.control.set_deliveries(hold=False)
    driver.gates.after("CreateRunFunction", "UpdateItem", driver.control.wait_until_idle)
    before = driver.stack.aws.clock.now()

    run = play_run(driver)

    assert run["run_status"] == "completed"
    assert driver.stack.aws.clock.now() - before < WEBHOOK_SAFETY, "it did not wake at the webhook"


def test_f137_webhook_after_the_end_changes_nothing(driver: Driver) -> None:
    """`completed` is final, also after later deliveries in any order."""
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
