"""Records what the functions of a release are given by its state machine, and what they return.

    RELEASE=0.1.0 python -m pytest -p tests.statemachine.record_release tests/statemachine

writes tests/statemachine/recorded/0.1.0/: the definition, and for each function its inputs with
their results, one of each shape. An execution that is under way keeps its definition when a new
release is deployed, and gets the new functions: test_upgrade.py feeds them what is recorded here.
Run it when a release is made, and never again for that release.
"""

import json
import os
import re
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from local.aws.functions import Outcome
from local.aws.local_aws import LocalAws
from local.stack import ROOT

RECORDED = Path(__file__).parent / "recorded"
DEFINITION = ROOT / "statemachine" / "run_lifecycle.asl.yaml"
IDS = re.compile(r"\b(thread|run|call|resp)_[0-9A-Za-z]{6,}")
TOKEN = re.compile(r'("task_token": ")[^"]+')
NUMBERS = re.compile(r'("(?:checks|round|delay_seconds)": )\d+')

_lock = threading.Lock()
_calls: dict[str, dict[str, dict[str, Any]]] = {}


def keep(function: str, payload: bytes, outcome: Outcome) -> None:
    """Records one call, unless one of its shape is recorded."""
    if outcome.error is not None:
        return
    named = json.dumps({"input": json.loads(payload), "result": json.loads(outcome.payload)})
    told = TOKEN.sub(r"\1example-token", IDS.sub(r"\1_00000000example", named))
    shape = NUMBERS.sub(r"\g<1>0", told)
    name = function.rpartition(":function:")[2].partition(":")[0].rpartition("-")[2]
    with _lock:
        _calls.setdefault(name, {}).setdefault(shape, json.loads(told))


def pytest_configure() -> None:
    """Observes the calls of the state machine's functions."""
    invoke = LocalAws._invoke_for_states

    def recorded(aws: LocalAws, function: str, payload: bytes) -> Outcome:
        outcome = invoke(aws, function, payload)
        keep(function, payload, outcome)
        return outcome

    LocalAws._invoke_for_states = recorded  # type: ignore[method-assign]


def pytest_sessionfinish(exitstatus: int) -> None:
    """Writes the records only if all tests passed."""
    if exitstatus != pytest.ExitCode.OK:
        return
    folder = RECORDED / os.environ["RELEASE"]
    folder.mkdir(parents=True)
    shutil.copy(DEFINITION, folder)
    for name, calls in sorted(_calls.items()):
        lines = [json.dumps(call) for _, call in sorted(calls.items())]
        (folder / f"{name}.ndjson").write_text("\n".join(lines) + "\n")
