"""`understudy smoke` against the local stack: every step passes, and nothing is left."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from understudy.adapters.dynamodb import keys

from local.provider.control import ControlClient
from local.serve import addresses, write_env
from local.stack import Stack
from operate.smoke import STEPS, TENANT
from tests.limits import WAIT_SECONDS


def smoke(stack: Stack, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command as an operator does, on the stack as `make local` announces it."""
    env_file = folder / "env"
    write_env(env_file, addresses(stack))
    return subprocess.run(
        [sys.executable, "-m", "operate.cli", "smoke", *arguments],
        env={**os.environ, "UNDERSTUDY_ENV_FILE": str(env_file)},
        capture_output=True,
        text=True,
        timeout=4 * WAIT_SECONDS,
        check=False,
    )


def left_of(stack: Stack) -> list[Any]:
    """Returns what the tenant has in the table and in the bucket, beside its ledger."""
    bucket, s3 = stack.deployment.outputs["BucketName"], stack.client("s3")
    objects = [
        each["Key"]
        for prefix in ("drop", "answers", "files", "uploads")
        for each in s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/{TENANT}/").get(
            "Contents", []
        )
    ]
    table = stack.table()
    return [
        *objects,
        *table.query(keys.keys_of(TENANT)),
        *table.query(keys.assistants_of(TENANT)),
        *table.query(keys.files_of(TENANT)),
    ]


@pytest.mark.timeout(600)
def test_smoke_passes_every_step_and_leaves_nothing(stack: Stack, tmp_path: Path) -> None:
    """Repeatedly, because each round has names of its own."""
    for _ in range(2):
        done = smoke(stack, tmp_path, "--json")

        rows = {row["step"]: row for row in json.loads(done.stdout)}
        failed = {name for name, row in rows.items() if not row["ok"]}
        assert failed == set(), done.stdout + done.stderr
        assert rows.keys() == {*STEPS, "clean-up"}
        assert done.returncode == 0
        stack.events.drain(WAIT_SECONDS)
        assert left_of(stack) == []


def test_smoke_prints_a_table_and_fails_for_a_broken_deployment(
    stack: Stack, control: ControlClient, tmp_path: Path
) -> None:
    """The row says why; what was made before is removed."""
    control.script_fault(status=401, match={"path": "/v1/responses"}, times=None)

    done = smoke(stack, tmp_path, "--step", "text", "--step", "upload")

    assert done.returncode == 1
    [failed] = [line for line in done.stdout.splitlines() if "FAILED" in line]
    assert "text" in failed
    assert "refused the key" in done.stdout
    passed = [line for line in done.stdout.splitlines() if " ok " in line]
    assert [line.split()[1] for line in passed] == ["upload", "clean-up"]
    stack.events.drain(WAIT_SECONDS)
    assert left_of(stack) == []
