"""Code for version 1 of the API, with the last SDK that spoke it."""

import json
import subprocess
from pathlib import Path

from local.stack import Stack
from tests.limits import WAIT_SECONDS
from tests.sdk.environments import interpreter_of

EXERCISE = Path(__file__).with_name("exercise_version_one.py")


def test_code_for_version_one_works_again(stack: Stack) -> None:
    """`retrieval` searches the files of `file_ids`, and objects have the keys of their time."""
    done = subprocess.run(
        [str(interpreter_of("1.20.0")), str(EXERCISE), stack.base_url, stack.api_key],
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    assert seen["assistant_files"] == [seen["file"]]
    assert seen["message_files"] == [seen["file"]]
    assert seen["tools"] == seen["run_tools"] == ["retrieval"]
    assert seen["status"] == "completed"
    assert seen["steps"] == ["message_creation", "tool_calls"]
    assert "six" in seen["answer"]
