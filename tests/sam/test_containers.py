"""Every function with every sample event in a real Lambda container, driven by `sam local`.

`make sam-test` builds for x86_64 and runs this. Without a container engine, without `sam` or
without built artifacts everything here is skipped, and says so.
"""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from openai import OpenAI
from understudy import errors

from local.sam.bridge import NoEngineError, bridge_address
from local.sam.servers import free_port
from local.sam.stack import BUILT, SamStack, sam_stack
from local.stack import ROOT, StackOptions
from tests.limits import WAIT_SECONDS

EVENTS = sorted((ROOT / "events").glob("*/*.json"))
SAM = os.environ.get("SAM") or shutil.which("sam")

pytestmark = pytest.mark.timeout(600)


def function_of(event: Path) -> str:
    """`events/create_run/queued.json` is for CreateRunFunction."""
    return "".join(word.capitalize() for word in event.parent.name.split("_")) + "Function"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SamStack]:
    """The embedded stack with its functions in containers."""
    if not SAM:
        pytest.skip("sam is not installed; make sam-test installs and uses it")
    if not BUILT.exists():
        pytest.skip("nothing is built; make sam-test builds it")
    try:
        bridge_address()
    except NoEngineError as error:
        pytest.skip(f"not run in containers: {error}")
    options = StackOptions(api_key="us-test-key-of-the-suite", webhooks=False)
    with sam_stack(options, SAM, tmp_path_factory.mktemp("sam")) as started:
        yield started


@pytest.fixture(scope="module")
def lambdas(running: SamStack) -> Any:
    """A client of `sam local start-lambda`."""
    return boto3.client(
        "lambda",
        endpoint_url=running.lambdas.url,
        config=Config(read_timeout=WAIT_SECONDS, retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize("event", EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_function_takes_its_event_in_a_container(lambdas: Any, event: Path) -> None:
    """It answers, or raises one of our own errors: what the event names is not in this table."""
    answer = lambdas.invoke(FunctionName=function_of(event), Payload=event.read_bytes())

    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or (isinstance(payload, dict) and "errorType" in payload):
        assert hasattr(errors, payload["errorType"]), payload


def test_the_state_machine_drives_containers(running: SamStack) -> None:
    """A question is answered with every function of the run in a container of its own."""
    stack = running.stack
    with OpenAI(base_url=stack.base_url, api_key=stack.api_key, timeout=WAIT_SECONDS) as client:
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
        run = client.beta.threads.create_and_run_poll(
            assistant_id=assistant.id,
            thread={"messages": [{"role": "user", "content": "My name is Ada. What is my name?"}]},
        )
        [answer] = client.beta.threads.messages.list(run.thread_id, limit=1).data

    assert run.status == "completed"
    assert "Ada" in answer.content[0].text.value  # type: ignore[union-attr]


def test_start_api_serves_the_api(running: SamStack) -> None:
    """The routes of the template lead to the containers, and the key opens the door."""
    api = running.sam.serve("start-api", free_port())
    try:
        asked = urllib.request.Request(
            f"{api.url}/v1/assistants", headers={"authorization": f"Bearer {running.stack.api_key}"}
        )
        with urllib.request.urlopen(asked, timeout=WAIT_SECONDS) as answer:
            listed = json.load(answer)
    finally:
        api.stop()

    assert listed["object"] == "list"


def test_invoke_runs_one_function(running: SamStack) -> None:
    """`sam local invoke`, as `make sam-local` says to try it."""
    event = ROOT / "events" / "api" / "list_assistants.json"
    command = running.sam.command("invoke", "ApiFunction", "--event", str(event))

    done = subprocess.run(
        command,
        env=running.sam.environment,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    assert answer["statusCode"] in (200, 401)
