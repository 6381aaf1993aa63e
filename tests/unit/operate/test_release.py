"""The parameter values in the packages of the functions."""

from pathlib import Path

import pytest

from operate.release import FILE, digest, parameters_of, stamp
from tests.contract.deployments import TEMPLATE, values_of

FUNCTIONS = [
    name
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What `sam build` leaves: a folder for each function."""
    for name in FUNCTIONS:
        (tmp_path / name).mkdir()
    return tmp_path


def contents(built: Path) -> dict[str, str]:
    """Returns what was written, by function."""
    return {name: (built / name / FILE).read_text() for name in FUNCTIONS}


def test_changed_value_changes_the_packages_of_the_functions_that_use_it(built: Path) -> None:
    stamp(TEMPLATE, values_of({}), built)
    before = contents(built)
    stamp(TEMPLATE, values_of({"PollSeconds": "5"}), built)
    after = contents(built)

    changed = {name for name in FUNCTIONS if before[name] != after[name]}
    assert changed == {"CreateRunFunction", "CheckStatusFunction", "SubmitToolOutputsFunction"}


def test_same_values_leave_the_packages_as_they_are(built: Path) -> None:
    """A deploy without a change publishes nothing."""
    stamp(TEMPLATE, values_of({}), built)
    before = contents(built)
    stamp(TEMPLATE, values_of({}), built)

    assert contents(built) == before


def test_missing_build_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        stamp(TEMPLATE, values_of({}), tmp_path)


def test_parameters_behind_conditions_count() -> None:
    """FALLBACK_SECRET_ARN depends on FallbackApiKey by a condition only."""
    assert "FallbackApiKey" in parameters_of(TEMPLATE, "AnswerDirectlyFunction")
    assert "ToolSubnetIds" in parameters_of(TEMPLATE, "ExecuteToolFunction")
    assert "AlarmEmail" not in parameters_of(TEMPLATE, "ApiFunction")


def test_secret_is_not_hashed() -> None:
    """A hash of a short secret could be guessed; the package is readable by more people."""
    one, other, none = (
        digest(TEMPLATE, "AnswerDirectlyFunction", values_of({"FallbackApiKey": value}))
        for value in ("one", "another", "")
    )

    assert one == other
    assert one != none
