"""Schemathesis over our own OpenAPI document, against the whole stack."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.stack import Stack

SECONDS = 40
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
"""All that schemathesis has, but for `positive_data_acceptance`, which takes the state of an
object (a run that cannot be cancelled any more) for a fault of the request."""


@pytest.mark.timeout(SECONDS * 4)
def test_no_request_breaks_the_document(stack: Stack, tmp_path: Path) -> None:
    """No 5xx, no undocumented status, no answer that its schema does not allow, no wrong body
    that is taken, and no operation that works without a key."""
    program = shutil.which("st", path=str(Path(sys.executable).parent))
    assert program is not None, "schemathesis is in tests/requirements.txt"

    done = subprocess.run(
        [
            program,
            f"--config-file={CONFIG}",
            "run",
            f"{stack.base_url}/openapi.json",
            f"--url={stack.base_url}",
            f"--header=Authorization: Bearer {stack.api_key}",
            f"--max-time={SECONDS}",
            f"--checks={','.join(CHECKS)}",
            "--seed=1",
            "--generation-database=none",
            "--no-color",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=SECONDS * 4,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested:" in done.stdout
