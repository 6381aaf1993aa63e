"""A deployment loses no run that is under way.

Such an execution keeps the definition that it started with and gets the new functions from then on.
So today's functions take what the machines of earlier releases gave theirs, and what they return is
understood by those machines; tests/statemachine/record_release.py records both.
"""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonata import jsonata
from understudy.runs.progress import Progress, RunRef

from local.stack import ROOT
from tests.contract.test_asl import function_of, tasks_of
from tests.contract.test_names import folder_of
from tests.statemachine.record_release import DEFINITION, RECORDED

RELEASES = sorted(path for path in RECORDED.iterdir() if path.is_dir())
FILES = [path for release in RELEASES for path in sorted(release.glob("*.ndjson"))]
PROGRESS_FIELD = re.compile(r"\$progress\.(\w+)")


def calls_in(path: Path) -> list[dict[str, Any]]:
    """Returns the recorded calls of one function."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def results_of(release: Path) -> Iterator[dict[str, Any]]:
    """Returns the results of a release's functions, except for those inside the Map."""
    for path in sorted(release.glob("*.ndjson")):
        yield from (call["result"] for call in calls_in(path) if "status" in call["result"])


def machine_of(path: Path) -> dict[str, Any]:
    """Returns a definition."""
    parsed: dict[str, Any] = yaml.safe_load(path.read_text())
    return parsed


def decide(choice: dict[str, Any], progress: dict[str, Any]) -> str | None:
    """Returns the next state that a Choice selects for a progress, None if no rule matches."""
    for rule in choice["Choices"]:
        expression = jsonata.Jsonata(rule["Condition"].removeprefix("{%").removesuffix("%}"))
        expression.assign("progress", progress)
        taken = expression.evaluate(None)
        assert isinstance(taken, bool), rule["Condition"]
        if taken:
            return str(rule["Next"])
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_current_functions_accept_inputs_of_earlier_releases(path: Path) -> None:
    """The function still exists under its name, and reads the ids and the progress."""
    folder = folder_of(path.stem.removesuffix("Function"))
    assert (ROOT / "functions" / folder / "app.py").is_file()
    module = importlib.import_module(f"functions.{folder}.app")

    for call in calls_in(path):
        if "call_id" in call["input"]:
            assert module.CallRef.model_validate(call["input"]).call_id
        else:
            ref = RunRef.of_event(call["input"])
            assert ref.run_id == call["input"]["run"]["run_id"]
            if "progress" in call["input"]:
                assert ref.progress.status == call["input"]["progress"]["status"]


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_current_machine_accepts_results_of_earlier_releases(release: Path) -> None:
    """During a deployment a new execution may still call an old function."""
    branch = machine_of(DEFINITION)["States"]["Branch"]

    undecided = [result for result in results_of(release) if decide(branch, result) is None]
    assert undecided == []


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_current_results_have_all_fields_of_earlier_releases(release: Path) -> None:
    """The progress may get new fields; no field may be removed or change its type."""
    fields = Progress(status="queued").model_dump(mode="json")
    text = (release / DEFINITION.name).read_text()

    assert set(PROGRESS_FIELD.findall(text)) <= fields.keys()
    for result in results_of(release):
        today = Progress.model_validate(result).model_dump(mode="json")
        assert {name: today[name] for name in result} == result


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_functions_of_earlier_releases_still_exist(release: Path, template: dict[str, Any]) -> None:
    """A function that left the definition stays deployed until its last execution has ended."""
    called = {
        function.removeprefix("${").removesuffix("FunctionArn}")
        for _, task in tasks_of(machine_of(release / DEFINITION.name))
        if (function := function_of(task))
    }

    assert {f"{name}Function" for name in called} <= template["Resources"].keys()
    assert {path.stem for path in release.glob("*.ndjson")} == {f"{n}Function" for n in called}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    from samtranslator.yaml_helper import yaml_parse

    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed
