"""Schemathesis with Understudy's OpenAPI document, against the whole stack."""

import shutil
import subprocess
import sys
from pathlib import Path

import requests

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
