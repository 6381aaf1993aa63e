"""The scenarios of files: a chart that a run generates, a dropped file, a deleted thread."""

import uuid

from understudy.adapters.dynamodb import keys

from local.ledger import assert_nothing_ownerless, ownerless
from tests.faults.driver import Driver
from tests.faults.scene import scenario, start

CSV = b"month,revenue\n2026-01,10\n2026-02,30\n2026-03,20\n"


AGO = 7200
"""Seconds by which the provider's objects are made older: the sweep skips new ones."""


def check_owners(driver: Driver) -> None:
    """At most one upload has no owner, because its function crashed; the sweep removes it (I3)."""
    lost = ownerless(driver.stack)
    assert sum(map(len, lost.values())) <= 1, lost
    driver.stack.aws.invoke("SweepFilesFunction", b'{"remove": true}')
    assert_nothing_ownerless(driver.stack)


def prepare_analysis(driver: Driver) -> str:
    """Creates a thread whose message has a table attached."""
    driver.control.advance_clock(-AGO)
    file_id = driver.upload("sales.csv", CSV)
    attached = [{"file_id": file_id, "tools": [{"type": "code_interpreter"}]}]
    message = {"role": "user", "content": "Draw a chart.", "attachments": attached}
    return str(driver.must("POST", "/threads", {"messages": [message]})["id"])


def check_image(driver: Driver, thread_id: str) -> None:
    """Checks that the chart is archived once and shown by its message."""
    messages = driver.must("GET", f"/threads/{thread_id}/messages?order=asc")["data"]
    shown = [
        part["image_file"]["file_id"]
        for message in messages
        for part in message["content"]
        if part["type"] == "image_file"
    ]
    assert len(shown) == 1
    archived = [key for key in driver.objects("images/") if key.endswith(shown[0])]
    assert len(archived) == 1, f"{archived} (I2)"
    check_owners(driver)


@scenario(prepare=prepare_analysis, check=check_image)
def image(driver: Driver, thread_id: str) -> None:
    start(driver, thread_id, assistant_id=driver.analyst_id)


def prepare_drop(driver: Driver) -> str:
    """Creates the thread of a user who is about to drop a file."""
    driver.control.advance_clock(-AGO)
    driver.user = f"user-{uuid.uuid4().hex}"
    return str(driver.must("PUT", f"/users/{driver.user}/threads/sales", {})["id"])


def check_drop(driver: Driver, thread_id: str) -> None:
    """Checks that the report is beside the file, and that the provider's objects have owners."""
    answers = driver.objects(f"answers/local/{driver.user}/sales/q1.csv/")
    assert any(key.endswith("answer.md") for key in answers), answers
    check_owners(driver)


@scenario(prepare=prepare_drop, check=check_drop)
def dropped_file(driver: Driver, thread_id: str) -> None:
    driver.drop(
        f"drop/local/{driver.user}/sales/q1.csv",
        CSV,
        {"assistant-id": driver.analyst_id, "message": "Draw a chart of the revenue."},
    )
    driver.settle()


def prepare_cleanup(driver: Driver) -> str:
    """Creates a thread with a file, a chart and an answer."""
    thread_id = prepare_analysis(driver)
    start(driver, thread_id, assistant_id=driver.analyst_id)
    driver.settle()
    return thread_id


def check_cleanup(driver: Driver, thread_id: str) -> None:
    """Checks that nothing of the thread is left, here and at the provider (I3, I4)."""
    live = driver.control.live()
    assert not {kind for kind in live if kind != "webhook_endpoint"}, live
    assert not list(driver.table.query(keys.thread_partition("local", thread_id)))
    assert not [key for key in driver.objects("") if thread_id in key]


@scenario(prepare=prepare_cleanup, check=check_cleanup, leaves_thread=False)
def cleanup(driver: Driver, thread_id: str) -> None:
    driver.call("DELETE", f"/threads/{thread_id}")
    driver.settle()
