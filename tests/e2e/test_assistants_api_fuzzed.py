"""Schemathesis with Understudy's OpenAPI document, against the whole stack."""

import shutil
import subprocess
import sys
from pathlib import Path

import requests
import schemathesis
from openai import OpenAI

from local.stack import Stack
from tests.limits import WAIT_SECONDS

EXAMPLES = 4
"""Generated requests of each operation, beside those of the other phases."""

CONFIG = Path(__file__).with_name("schemathesis.toml")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ignored_auth",
)
"""All of schemathesis except `positive_data_acceptance`, which reports refusals that follow from an
object's state (a run that cannot be cancelled any more)."""


def test_responses_to_generated_requests_match_the_openapi_document(
    stack: Stack, tmp_path: Path
) -> None:
    """No 5xx, no undocumented status, no response outside its schema, no invalid body
    accepted, and no operation that works without a key."""
    program = shutil.which("st", path=str(Path(sys.executable).parent))
    assert program is not None, "schemathesis is in requirements/dev.lock"
    # Schemathesis waits ten seconds for a document that it loads itself.
    document = tmp_path / "openapi.json"
    served = requests.get(f"{stack.base_url}/openapi.json", timeout=WAIT_SECONDS)
    document.write_bytes(served.content)

    done = subprocess.run(
        [
            program,
            f"--config-file={CONFIG}",
            "run",
            str(document),
            f"--url={stack.base_url}",
            f"--header=Authorization: Bearer {stack.api_key}",
            f"--max-examples={EXAMPLES}",
            f"--request-timeout={WAIT_SECONDS}",
            f"--checks={','.join(CHECKS)}",
            "--seed=1",
            "--generation-database=none",
            "--no-color",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=WAIT_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested:" in done.stdout


def test_events_of_a_stream_match_the_openapi_document(stack: Stack, client: OpenAI) -> None:
    """Generated requests rarely reach a run."""
    assistant = client.beta.assistants.create(model="gpt-4o")
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": "Say hello"}]},
    )
    key = {"Authorization": f"Bearer {stack.api_key}"}
    document = schemathesis.openapi.from_url(f"{stack.base_url}/openapi.json", timeout=WAIT_SECONDS)
    stream = document["/threads/{thread_id}/runs/{run_id}/stream"]["GET"]
    case = stream.Case(path_parameters={"thread_id": run.thread_id, "run_id": run.id})

    response = case.call(base_url=stack.base_url, headers=key, timeout=WAIT_SECONDS)

    assert response.status_code == 200
    case.validate_response(response)
