"""No role allows too little, and none too much.

Too little shows at once: the embedded AWS refuses what a role does not allow
(local/aws/permissions.py), so every test that runs a function is a test of its role. Too much shows
at the end of a session that ran everything (tests/grants.py). Here is what holds both up.
"""

from pathlib import Path

import pytest

from local.aws.calls import Caller
from local.aws.calls import Call
from local.aws.local_aws import LocalAws
from local.aws.permissions import Permissions
from tests.contract.conftest import ROOT
from tests.grants import Grants, ran_everything


@pytest.fixture(scope="module")
def permissions() -> Permissions:
    """What the template grants, deployed on an embedded AWS that runs nothing."""
    with LocalAws() as aws:
        aws.deploy(ROOT / "template.yaml", parameters={"OpenAIApiKey": "none"})
        return aws.permissions


def test_every_function_has_a_role_that_is_judged(permissions: Permissions) -> None:
    """A condition or an effect that the judge does not know would have failed the deployment."""
    callers = {use.grant.caller for use in permissions.granted}
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}

    assert len(callers - {"states"}) == len(folders)
    assert "states" in callers


@pytest.mark.parametrize(
    ("caller", "service", "operation"),
    [
        ("ApiFunction", "dynamodb", "Scan"),
        ("ApiFunction", "dynamodb", "DeleteTable"),
        ("ApiFunction", "secretsmanager", "GetSecretValue"),
        ("ApiFunction", "states", "StopExecution"),
        ("RecordRunFunction", "s3", "PutObject"),
        ("ReceiveWebhookFunction", "states", "StartExecution"),
        ("states", "dynamodb", "DeleteItem"),
    ],
)
def test_what_a_function_has_no_business_with_is_refused(
    permissions: Permissions, caller: str, service: str, operation: str
) -> None:
    """Whatever resource it names."""
    assert permissions.refusal(Call(Caller(caller), service, operation, "any", (), b"{}"))


def test_a_tool_reaches_calls_and_nothing_else_of_the_table(permissions: Permissions) -> None:
    """Tools run on what a model wrote: they see no thread, no key and no file."""
    grants = {use for use in permissions.granted if use.grant.caller == "ExecuteToolFunction"}
    on_table = {use.key for use in grants if use.grant.action.startswith("dynamodb:")}

    assert on_table == {"toolcalls#*", "idempotency#tool#*"}


def test_left_over_rights_are_named() -> None:
    """By caller, action, resource and key; what AWS itself uses is not ours to need."""
    seen = Grants()
    seen.granted = {
        ("ApiFunction", "dynamodb:GetItem", "table"),
        ("ApiFunction", "dynamodb:Scan", "table"),
        ("SweepRunsFunction", "sqs:SendMessage", "queue"),
    }
    seen.used = {("ApiFunction", "dynamodb:GetItem", "table")}

    assert seen.left_over() == ["ApiFunction dynamodb:Scan table"]


def test_workers_tell_the_controller() -> None:
    """What one worker's tests needed counts for the rights that another's stack has."""
    one, other, both = Grants(), Grants(), Grants()
    one.granted = other.granted = {("A", "x", "r"), ("A", "y", "r")}
    one.used, other.used = {("A", "x", "r")}, {("A", "y", "r")}

    both.merge(one.told())
    both.merge(other.told())

    assert both.left_over() == []


def test_a_part_of_the_suite_says_nothing(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    """A selected test needs little, and that is no reason to take rights away."""
    part = pytest.Config.fromdictargs({}, [str(tmp_path)])

    assert not ran_everything(part)
    del pytestconfig
