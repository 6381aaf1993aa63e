"""`understudy migrate` copies a populated deployment into an empty one, also when it is killed."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from local.stack import Stack
from tests.e2e.bucket import CSV
from tests.e2e.test_readme import clean_environment, serving
from tests.limits import WAIT_SECONDS

ROOT = Path(__file__).resolve().parents[2]
TENANT = "moving"
KEY = "us-moving-key"
KILLED_AT = (4, 5, 5, 6, 8)
"""At which request to the source each attempt is killed: a second file, the files of a store, the
list of assistants, and the messages of both threads. Later attempts skip what is copied."""


class Gate:
    """Passes requests on to the source, and holds back the one of a number."""

    def __init__(self, source: str) -> None:
        self.hold_at = 0
        self.held = threading.Event()
        self.freed = threading.Event()
        self.count = 0
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                gate.count += 1
                if gate.count == gate.hold_at:
                    gate.held.set()
                    gate.freed.wait(WAIT_SECONDS)
                    return  # the client has been killed
                answer = httpx2.get(
                    source + self.path, headers=dict(self.headers), timeout=WAIT_SECONDS
                )
                self.send_response(answer.status_code)
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_: object) -> None:
                """Prints nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def gate(stack: Stack) -> Iterator[Gate]:
    made = Gate(stack.base_url.removesuffix("/v1"))
    yield made
    made.close()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    """The env file of a second, empty stack in a process of its own."""
    with serving("-q", folder=tmp_path):
        yield tmp_path / "env"


def populate(client: openai.OpenAI) -> None:
    """Two files, a vector store, two assistants, and threads with all kinds of contents."""
    table = client.files.create(file=("sales.csv", CSV), purpose="assistants")
    image = client.files.create(file=("dot.png", b"\x89PNG\r\n\x1a\n"), purpose="vision")
    store = client.vector_stores.create(name="library", metadata={"shelf": "7"})
    client.vector_stores.files.create_and_poll(
        vector_store_id=store.id, file_id=table.id, attributes={"year": 2026.0}
    )
    searching = client.beta.assistants.create(
        model="gpt-4o", name="Librarian", instructions="Be brief.", metadata={"role": "search"},
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    )  # fmt: skip
    client.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "code_interpreter"}],
        tool_resources={"code_interpreter": {"file_ids": [table.id]}},
        temperature=0.5,
    )
    asked = client.beta.threads.create(
        metadata={"customer": "ada"},
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_file", "image_file": {"file_id": image.id}},
                ],
                "attachments": [{"file_id": table.id, "tools": [{"type": "code_interpreter"}]}],
                "metadata": {"place": "1"},
            }
        ],
    )
    run = client.beta.threads.runs.create_and_poll(
        thread_id=asked.id, assistant_id=searching.id, tools=[]
    )
    assert run.status == "completed"
    client.beta.threads.create(
        messages=[{"role": "user", "content": f"number {n}"} for n in range(5)]
    )


def objects(base_url: str, key: str) -> dict[str, Any]:
    """Everything that a tenant has, by kind, in the order of the lists."""
    with httpx2.Client(base_url=base_url, headers={"authorization": f"Bearer {key}"}) as http:

        def listed(path: str) -> list[dict[str, Any]]:
            answer = http.get(path, params={"limit": 100, "order": "asc"})
            assert answer.status_code == 200, answer.text
            data: list[dict[str, Any]] = answer.json()["data"]
            return data

        stores = listed("/vector_stores")
        threads = listed("/threads")
        return {
            "files": listed("/files"),
            "contents": [http.get(f"/files/{f['id']}/content").text for f in listed("/files")],
            "stores": stores,
            "store_files": [
                {**file, "created_at": "when it was added to the store"}
                for each in stores
                for file in listed(f"/vector_stores/{each['id']}/files")
            ],
            "assistants": listed("/assistants"),
            "threads": threads,
            "messages": [listed(f"/threads/{each['id']}/messages") for each in threads],
        }


def comparable(found: Any, ids: dict[str, str]) -> Any:
    """The objects without what must differ: new ids, and times of use and expiry."""
    text = json.dumps(found)
    for old, new in ids.items():
        text = text.replace(old, new)
    text = re.sub(r'"id": "msg_[A-Za-z0-9]+"', '"id": "msg"', text)
    times = "last_active_at|expires_at|last_activity"
    return json.loads(re.sub(rf'"({times})": (\d+|null)', r'"\1": 0', text))


def command(gate: Gate, target: Path, folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable, "-m", "operate.cli", "migrate", TENANT, "--endpoint", f"{gate.url}/v1",
            "--map", str(folder / "map.ndjson"), "--rate", "1000", "--json", *more,
        ],
        cwd=ROOT,
        env=clean_environment(UNDERSTUDY_ENV_FILE=str(target), SOURCE_API_KEY=KEY),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def test_everything_is_copied_although_the_command_is_killed(
    stack: Stack, gate: Gate, target: Path, tmp_path: Path
) -> None:
    """Each object is there once, and equal but for its new id."""
    stack.add_key(KEY, TENANT)
    with openai.OpenAI(base_url=stack.base_url, api_key=KEY) as client:
        populate(client)

    dry = command(gate, target, tmp_path, "--dry-run")
    counted = json.loads(dry.communicate(timeout=WAIT_SECONDS)[0])
    assert (counted["files"], counted["assistants"], counted["messages"]) == (2, 2, 7)
    for number in KILLED_AT:
        gate.count, gate.hold_at = 0, number
        gate.held.clear()
        gate.freed.clear()
        process = command(gate, target, tmp_path)
        assert gate.held.wait(WAIT_SECONDS)
        process.kill()
        process.communicate(timeout=WAIT_SECONDS)
        gate.freed.set()
    gate.hold_at = 0
    done = command(gate, target, tmp_path)
    out, err = done.communicate(timeout=WAIT_SECONDS)

    assert done.returncode == 0, err
    assert json.loads(out)["left_out"] == []
    lines = [json.loads(line) for line in (tmp_path / "map.ndjson").read_text().splitlines()]
    ids = {each["from"]: each["to"] for each in lines}
    values = dict(
        line.removeprefix("export ").split("=", 1) for line in target.read_text().splitlines()
    )
    made = subprocess.run(
        [sys.executable, "-m", "operate.cli", "api-key", "create", TENANT],
        cwd=ROOT, env=clean_environment(UNDERSTUDY_ENV_FILE=str(target)), capture_output=True,
        text=True, check=True, timeout=WAIT_SECONDS,
    )  # fmt: skip
    there = objects(values["UNDERSTUDY_BASE_URL"], made.stdout.strip())
    assert comparable(there, {}) == comparable(objects(stack.base_url, KEY), ids)


def test_a_missing_key_is_one_line(target: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "operate.cli",
            "migrate",
            TENANT,
            "--endpoint",
            "http://127.0.0.1:9",
        ],
        cwd=ROOT,
        env=clean_environment(UNDERSTUDY_ENV_FILE=str(target)),
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_SECONDS,
    )

    assert done.returncode == 1
    assert "SOURCE_API_KEY" in done.stderr.splitlines()[-1]
