"""F139-F145: streams whose function, provider, client, run or thread goes away."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.aws.faults import Fault, Mode
from tests.faults.driver import Driver
from tests.faults.scenarios import prepare
from tests.limits import WAIT_SECONDS

PIECES = ["The heron ", "nests ", "in ", "March."]
TEXT = "".join(PIECES)
FUNCTION = "StreamRunFunction"


@pytest.fixture(autouse=True)
def fresh(driver: Driver) -> None:
    """Each test starts with an empty account at the provider."""
    driver.begin()


class Client:
    """A client that reads frames from the wire, and knows the newest event's id."""

    def __init__(self, driver: Driver, thread_id: str) -> None:
        self._driver = driver
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {driver.stack.api_key}"
        self._runs = f"{driver.stack.base_url}/threads/{thread_id}/runs"
        self.frames: list[dict[str, str]] = []

    def start(self) -> requests.Response:
        body = {"assistant_id": self._driver.assistant_id, "stream": True}
        return self._opened(self._session.post(self._runs, json=body, **STREAMED))

    def reopen(self) -> requests.Response:
        """Opens the run's stream again after the newest event."""
        newest = {"Last-Event-ID": self.frames[-1]["id"]}
        path = f"{self._runs}/{self.run_id}/stream"
        return self._opened(self._session.get(path, headers=newest, **STREAMED))

    def read(self, response: requests.Response) -> Iterator[str]:
        """Yields the event names as they arrive. A connection that breaks ends them."""
        frame: dict[str, str] = {}
        try:
            for line in response.iter_lines(chunk_size=None, decode_unicode=True):
                if line:
                    name, _, value = line.partition(": ")
                    frame[name] = value
                elif frame:
                    self.frames.append(frame)
                    yield frame["event"]
                    frame = {}
        except requests.exceptions.ChunkedEncodingError:
            return

    @property
    def run_id(self) -> str:
        return str(json.loads(self.frames[0]["data"])["id"])

    @property
    def names(self) -> list[str]:
        return [frame["event"] for frame in self.frames]

    @property
    def text(self) -> str:
        """The text of all deltas."""
        deltas = [f["data"] for f in self.frames if f["event"] == "thread.message.delta"]
        parts = [part for data in deltas for part in json.loads(data)["delta"]["content"]]
        return "".join(part["text"].get("value", "") for part in parts)

    def _opened(self, response: requests.Response) -> requests.Response:
        assert response.status_code == 200, response.text
        response.encoding = "utf-8"
        return response


STREAMED: Any = {"stream": True, "timeout": WAIT_SECONDS}


def release_delta(driver: Driver) -> None:
    """Lets the provider send one more piece."""
    driver.control.wait_for_parked(1, "delta")
    [response_id] = driver.control.live()["response"]
    driver.control.release("delta", response_id)


def until_first_text(driver: Driver, client: Client, response: requests.Response) -> Iterator[str]:
    """Returns the events, of which those up to the first delta were read."""
    events = client.read(response)
    for name in events:
        if name == "thread.message.in_progress":
            release_delta(driver)
        if name == "thread.message.delta":
            break
    return events


def test_f139_stream_of_a_killed_function_continues_after_its_last_event(driver: Driver) -> None:
    """The text is complete, and no character was sent twice."""
    driver.control.script_answer(deltas=PIECES)
    driver.control.hold("delta")
    client = Client(driver, prepare(driver))
    events = until_first_text(driver, client, client.start())
    driver.stack.aws.faults.plan(
        Fault("dynamodb", "BatchGetItem", 1, Mode.CRASH_BEFORE, function=FUNCTION)
    )

    assert list(events) == []
    driver.stack.aws.faults.clear()
    driver.control.release("delta")
    rest = list(client.read(client.reopen()))

    assert client.text == TEXT
    assert rest[-2:] == ["thread.run.completed", "done"]
    assert client.names.count("thread.message.created") == 1


@pytest.mark.parametrize(
    "fault", [{"drop_after": 7}, {"skip": 7}, {"repeat": 7}], ids=lambda fault: next(iter(fault))
)
def test_f140_f141_broken_provider_stream_is_resumed(driver: Driver, fault: dict[str, int]) -> None:
    """Reader 1 of the response is the function that streams."""
    driver.control.script_answer(deltas=PIECES, stream={**fault, "reader": 1})
    client = Client(driver, prepare(driver))

    list(client.read(client.start()))

    assert client.text == TEXT
    assert client.names[-2:] == ["thread.run.completed", "done"]


def test_f142_run_continues_when_its_client_disconnects(driver: Driver) -> None:
    driver.control.script_answer(deltas=PIECES)
    driver.control.hold("delta")
    thread_id = prepare(driver)
    client = Client(driver, thread_id)
    response = client.start()
    until_first_text(driver, client, response)

    response.close()
    driver.control.release("delta")
    driver.settle(lambda: driver.runs(thread_id)[-1]["run_status"] == "completed")

    newest = driver.must("GET", f"/threads/{thread_id}/messages")["data"][0]
    assert newest["content"][0]["text"]["value"] == TEXT
    list(client.read(client.reopen()))
    assert client.text == TEXT


def test_f143_slow_client_receives_everything(driver: Driver) -> None:
    """It reads nothing while the provider writes more than all buffers on the way hold."""
    pieces = [f"{number:06} " + "word " * 2000 for number in range(200)]
    driver.control.script_answer(deltas=pieces)
    thread_id = prepare(driver)
    client = Client(driver, thread_id)
    events = client.read(client.start())
    while next(events) != "thread.message.created":
        continue
    [response_id] = driver.control.live()["response"]
    driver.control.wait_for_response(response_id, "completed")

    list(events)

    assert client.text == "".join(pieces)
    assert client.names[-2:] == ["thread.run.completed", "done"]


def test_f144_cancel_ends_the_stream_with_an_incomplete_message(driver: Driver) -> None:
    driver.control.script_answer(deltas=PIECES)
    driver.control.hold("delta")
    thread_id = prepare(driver)
    client = Client(driver, thread_id)
    events = until_first_text(driver, client, client.start())

    driver.must("POST", f"/threads/{thread_id}/runs/{client.run_id}/cancel")
    ends = list(events)

    assert ends[-5:] == [
        "thread.run.cancelling", "thread.message.incomplete", "thread.run.step.cancelled",
        "thread.run.cancelled", "done",
    ]  # fmt: skip
    [incomplete] = [f for f in client.frames if f["event"] == "thread.message.incomplete"]
    assert json.loads(incomplete["data"])["incomplete_details"] == {"reason": "run_cancelled"}


def test_f145_deleted_thread_ends_the_stream_of_its_run(driver: Driver) -> None:
    driver.control.script_answer(deltas=PIECES)
    driver.control.hold("delta")
    thread_id = prepare(driver)
    client = Client(driver, thread_id)
    events = until_first_text(driver, client, client.start())

    driver.must("DELETE", f"/threads/{thread_id}")
    ends = list(events)

    assert ends[-1] == "done"
    [error] = [frame["data"] for frame in client.frames if frame["event"] == "error"]
    assert json.loads(error)["error"]["code"] == "thread_deleted"
