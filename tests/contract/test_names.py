"""Each step has one name everywhere: state, substitution, resource, folder, events, test."""

import re
from pathlib import Path
from typing import Any

from tests.contract.conftest import ROOT
from tests.contract.test_asl import function_of, tasks_of


def folder_of(state: str) -> str:
    """`CheckStatus` as `check_status`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", state).lower()


def test_each_task_has_one_name_from_state_to_test(
    machine: dict[str, Any], template: dict[str, Any], functions: dict[str, Any]
) -> None:
    """A state's substitution, resource, handler, folder and test file carry its name."""
    substitutions = template["Resources"]["RunLifecycleStateMachine"]["Properties"][
        "DefinitionSubstitutions"
    ]
    for state, task in tasks_of(machine):
        if function_of(task) is None or state not in machine["States"]:
            continue
        folder = folder_of(state)
        assert function_of(task) == f"${{{state}FunctionArn}}"
        assert substitutions[f"{state}FunctionArn"] == {"Ref": f"{state}Function.Alias"}
        assert functions[f"{state}Function"]["Handler"] == f"{folder}.app.handler"
        assert (ROOT / "functions" / folder / "app.py").is_file()
        assert (ROOT / "tests" / "unit" / "functions" / f"test_{folder}.py").is_file(), folder


def test_each_function_has_its_folder_its_events_and_its_test(functions: dict[str, Any]) -> None:
    """No function without a folder of its name, sample events and a test; no folder without one."""
    folders = {folder_of(name.removesuffix("Function")) for name in functions}

    present = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert present == folders
    for folder in sorted(folders):
        assert list((ROOT / "events" / folder).glob("*.json")), f"events/{folder} is empty"
        assert (ROOT / "tests" / "unit" / "functions" / f"test_{folder}.py").is_file(), folder


def test_the_events_belong_to_functions(functions: dict[str, Any]) -> None:
    """A folder of events that no function has would never be used."""
    folders = {folder_of(name.removesuffix("Function")) for name in functions}

    assert {path.name for path in Path(ROOT / "events").iterdir() if path.is_dir()} == folders


def test_states_and_resources_are_in_the_same_order(
    machine: dict[str, Any], functions: dict[str, Any]
) -> None:
    """Template and state machine name the steps in the same order."""
    states = [
        state
        for state, task in tasks_of(machine)
        if function_of(task) and state in machine["States"]
    ]
    in_template = [name.removesuffix("Function") for name in functions]

    assert states == [name for name in in_template if name in states]
