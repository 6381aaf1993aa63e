"""Roles grant neither too few rights nor too many.

Local AWS refuses what a role does not allow (local/aws/permissions.py), so every test that runs a
function also tests its role. A session that ran everything fails on unused rights
(tests/grants.py). These tests check both mechanisms against the template.
"""

from pathlib import Path

import pytest

from local.aws.calls import Call, Caller
from local.aws.local_aws import LocalAws
from local.aws.permissions import Permissions
from tests.contract.conftest import ROOT
from tests.grants import Grants, ran_everything


@pytest.fixture(scope="module")
def permissions() -> Permissions:
    """The rights that the template grants."""
    with LocalAws() as aws:
        aws.deploy(ROOT / "template.yaml", parameters={"OpenAIApiKey": "none"})
        return aws.permissions


def test_role_of_every_function_is_checked(permissions: Permissions) -> None:
    """An unsupported condition or effect would have failed the deployment."""
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
def test_other_calls_of_functions_are_refused(
    permissions: Permissions, caller: str, service: str, operation: str
) -> None:
    """On any resource."""
    assert permissions.refusal(Call(Caller(caller), service, operation, "any", (), b"{}"))


def test_tools_can_only_reach_tool_calls_in_table(permissions: Permissions) -> None:
    """Tools process what a model wrote, so they must not reach threads, keys or files."""
    grants = {use for use in permissions.granted if use.grant.caller == "ExecuteToolFunction"}
    on_table = {use.key for use in grants if use.grant.action.startswith("dynamodb:")}

    assert on_table == {"toolcalls#*", "idempotency#tool#*"}


def test_unused_rights_are_listed() -> None:
    """By caller, action, resource and key, without those that only AWS itself uses."""
    seen = Grants()
    seen.granted = {
        ("ApiFunction", "dynamodb:GetItem", "table"),
        ("ApiFunction", "dynamodb:Scan", "table"),
        ("SweepRunsFunction", "sqs:SendMessage", "queue"),
    }
    seen.used = {("ApiFunction", "dynamodb:GetItem", "table")}

    assert seen.left_over() == ["ApiFunction dynamodb:Scan table"]


def test_reports_of_workers_are_merged() -> None:
    """A right that one worker's tests used is not unused in another worker."""
    one, other, both = Grants(), Grants(), Grants()
    one.granted = other.granted = {("A", "x", "r"), ("A", "y", "r")}
    one.used, other.used = {("A", "x", "r")}, {("A", "y", "r")}

    both.merge(one.report())
    both.merge(other.report())

    assert both.left_over() == []


def test_partial_session_does_not_check_unused_rights(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """Selected tests use only some of the rights."""
    part = pytest.Config.fromdictargs({}, [str(tmp_path)])

    assert not ran_everything(part)
    del pytestconfig
