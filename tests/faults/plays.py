"""Steps that several tests of single faults use."""

import json
from collections.abc import Mapping
from typing import Any

from tests.faults.driver import Driver
from tests.faults.scenarios import prepare, start

CREATES = {"method": "POST", "path": "/v1/responses"}
READS = {"method": "GET", "path": "/responses/"}
CANCELS = {"method": "POST", "path": "/cancel"}


def play_run(driver: Driver, thread_id: str | None = None) -> dict[str, Any]:
    """Creates a run and returns it from the table when it has ended."""
    thread = thread_id or prepare(driver)
    start(driver, thread)
    driver.recover(thread)
    return driver.runs(thread)[-1]


def error_of(run: Mapping[str, Any]) -> str | None:
    """Returns the code of the run's last error."""
    return str(json.loads(run["last_error"])["code"]) if "last_error" in run else None


def thread_of(run: Mapping[str, Any]) -> str:
    """Returns the id of the run's thread."""
    return str(run["pk"]).rpartition("#")[2]


def texts(driver: Driver, thread_id: str) -> list[str]:
    """Returns the texts of the assistant's messages, oldest first."""
    answer = driver.must("GET", f"/threads/{thread_id}/messages?order=asc")
    return [
        part["text"]["value"]
        for message in answer["data"]
        if message["role"] == "assistant"
        for part in message["content"]
    ]


def creates(driver: Driver) -> int:
    """Returns how many responses the provider has created."""
    return len(driver.control.events(kind="response", action="created"))


def is_usable(driver: Driver, thread_id: str) -> bool:
    """Returns whether the thread accepts a message and completes a run."""
    driver.must("POST", f"/threads/{thread_id}/messages", {"role": "user", "content": "Go on."})
    return str(play_run(driver, thread_id)["run_status"]) == "completed"
