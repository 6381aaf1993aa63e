"""Roles grant what their functions need and nothing else.

A missing right fails the first test that needs it, because local AWS rejects what a role does not
allow (local/aws/permissions.py). An unused right fails a session that ran all tests
(tests/grants.py). These tests check both mechanisms, and the rights of the most exposed functions.
"""

import json
from pathlib import Path

import pytest

from local.aws.calls import Call, Caller
from local.aws.local_aws import LocalAws
from local.aws.permissions import Permissions
from tests.contract.conftest import ROOT
from tests.grants import Grants, ran_everything


@pytest.fixture(scope="module")
def permissions() -> Permissions:
    """What the template grants, deployed on a local AWS that runs no function."""
    with LocalAws() as aws:
        aws.deploy(ROOT / "template.yaml", parameters={"OpenAIApiKey": "none"})
        return aws.permissions


def test_every_function_has_a_role_that_local_aws_enforces(permissions: Permissions) -> None:
    """An unknown condition or effect would have failed the deployment."""
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
        ("RecordRunsFunction", "s3", "PutObject"),
        ("ReceiveWebhookFunction", "states", "StartExecution"),
        ("states", "dynamodb", "DeleteItem"),
    ],
)
def test_calls_outside_the_role_are_rejected(
    permissions: Permissions, caller: str, service: str, operation: str
) -> None:
    """For every resource."""
    assert permissions.refusal(Call(Caller(caller), service, operation, "any", (), b"{}"))


def test_tools_can_access_only_calls_in_the_table(permissions: Permissions) -> None:
    """Their arguments are written by a model, so they have no access to threads, keys or files."""
    grants = {use for use in permissions.granted if use.grant.caller == "ExecuteToolFunction"}
    on_table = {use.key for use in grants if use.grant.action.startswith("dynamodb:")}

    assert on_table == {"toolcalls#*", "idempotency#tool#*"}


def transaction(permissions: Permissions, caller: str, *keys: str, operation: str = "Put") -> Call:
    """Returns a transaction that writes one item under each leading key."""
    table = next(
        use.grant.resource.rpartition("/")[2]
        for use in permissions.granted
        if use.grant.action == "dynamodb:PutItem"
    )
    named = "Item" if operation == "Put" else "Key"
    writes = [{operation: {"TableName": table, named: {"pk": {"S": key}}}} for key in keys]
    body = json.dumps({"TransactItems": writes}).encode()
    return Call(Caller(caller), "dynamodb", "TransactWriteItems", table, keys, body)


@pytest.mark.parametrize(
    ("caller", "operation", "keys"),
    [
        ("RecordRunsFunction", "Update", ("usage#a", "budget#a")),
        ("ApiFunction", "Put", ("thread#a", "user#a")),
        ("UploadFileFunction", "Put", ("waiting#a", "thread#a")),
        ("FilesFunction", "Put", ("files#a", "provider#a")),
    ],
)
def test_one_statement_covers_all_keys_of_a_transaction(
    permissions: Permissions, caller: str, operation: str, keys: tuple[str, ...]
) -> None:
    """AWS does not document whether LeadingKeys holds the key of one item or all keys."""
    call = transaction(permissions, caller, *keys, operation=operation)

    assert permissions.refusal(call) is None


def test_statements_for_single_keys_do_not_add_up_to_a_transaction(
    permissions: Permissions,
) -> None:
    """ApiFunction may put both items, but only in two requests."""
    for keys in (("thread#a",), ("idempotency#a",)):
        assert permissions.refusal(transaction(permissions, "ApiFunction", *keys)) is None
    both = transaction(permissions, "ApiFunction", "thread#a", "idempotency#a")
    assert permissions.refusal(both)


def test_unused_rights_are_named() -> None:
    """By caller, action, resource and key. Rights that AWS itself uses do not count."""
    seen = Grants()
    seen.granted = {
        ("ApiFunction", "dynamodb:GetItem", "table"),
        ("ApiFunction", "dynamodb:Scan", "table"),
        ("SweepRunsFunction", "sqs:SendMessage", "queue"),
    }
    seen.used = {("ApiFunction", "dynamodb:GetItem", "table")}

    assert seen.left_over() == ["ApiFunction dynamodb:Scan table"]


def test_rights_used_by_any_worker_count() -> None:
    """pytest-xdist's controller merges what its workers saw."""
    one, other, both = Grants(), Grants(), Grants()
    one.granted = other.granted = {("A", "x", "r"), ("A", "y", "r")}
    one.used, other.used = {("A", "x", "r")}, {("A", "y", "r")}

    both.merge(one.report())
    both.merge(other.report())

    assert both.left_over() == []


def test_part_of_the_suite_is_not_judged(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    """A few tests use few rights."""
    part = pytest.Config.fromdictargs({}, [str(tmp_path)])

    assert not ran_everything(part)
    del pytestconfig
