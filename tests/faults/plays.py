"""Small steps that the tests of single faults are made of."""

import json
from collections.abc import Mapping
from typing import Any

from tests.faults.driver import Driver
from tests.faults.scenarios import prepare, start

CREATES = {"method": "POST", "path": "/v1/responses"}
READS = {"method": "GET", "path": "/responses/"}
CANCELS = {"method": "POST", "path": "/cancel"}


def play_run(driver: Driver, thread_id: str | None = None) -> dict[str, Any]:
    """A run from its creation to its end, as it is in the table then."""
    thread = thread_id or prepare(driver)
    start(driver, thread)
    driver.recover(thread)
    return driver.runs(thread)[-1]


def error_of(run: Mapping[str, Any]) -> str | None:
    """The code of the run's last error."""
    return str(json.loads(run["last_error"])["code"]) if "last_error" in run else None


def thread_of(run: Mapping[str, Any]) -> str:
    """The id of the run's thread."""
    return str(run["pk"]).rpartition("#")[2]


def texts(driver: Driver, thread_id: str) -> list[str]:
    """What the assistant said, oldest first."""
    answer = driver.must("GET", f"/threads/{thread_id}/messages?order=asc")
    return [
        part["text"]["value"]
        for message in answer["data"]
        if message["role"] == "assistant"
        for part in message["content"]
    ]


def creates(driver: Driver) -> int:
    """How many responses the provider has made."""
    return len(driver.control.events(kind="response", action="created"))


def is_usable(driver: Driver, thread_id: str) -> bool:
    """Whether the thread takes a message and a run, and answers."""
    driver.must("POST", f"/threads/{thread_id}/messages", {"role": "user", "content": "Go on."})
    return str(play_run(driver, thread_id)["run_status"]) == "completed"
