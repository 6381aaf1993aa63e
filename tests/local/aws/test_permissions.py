"""IAM for the functions: allowed and refused calls, and the rights that were used."""

import json
from typing import Any

import pytest

from local.aws.calls import Call, Caller
from local.aws.needs import needs_of
from local.aws.permissions import Permissions

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
GET = {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": TABLE}
LIMITED = {
    **GET,
    "Action": "dynamodb:PutItem",
    "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["thread#*", "run#*"]}},
}
LIST = {
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": "arn:aws:s3:::orders",
    "Condition": {"StringLike": {"s3:prefix": "images/*"}},
}


def dynamodb(operation: str, caller: str = "Ask", keys: tuple[str, ...] = (), **body: Any) -> Call:
    """A call on the table."""
    encoded = json.dumps(body).encode()
    return Call(Caller(caller), "dynamodb", operation, "orders", keys, encoded)


@pytest.fixture
def permissions() -> Permissions:
    return Permissions({"Ask": [GET, LIMITED, LIST], "Nothing": []})


def test_action_is_allowed_only_on_its_resource(permissions: Permissions) -> None:
    """Another action, an index of the table or another caller is refused, with the reason."""
    assert permissions.refusal(dynamodb("GetItem")) is None

    for call in (
        dynamodb("DeleteItem"),
        dynamodb("Query", IndexName="by_user"),
        dynamodb("GetItem", caller="Nothing"),
    ):
        refused = permissions.refusal(call)
        assert refused is not None
        assert refused.code == "AccessDeniedException"
        assert call.caller.name in refused.message


def test_leading_keys_apply_to_every_key_of_a_call(permissions: Permissions) -> None:
    """One key outside the condition is enough for a refusal."""
    inside, outside = ("thread#1", "run#1"), ("thread#1", "key#1")

    assert permissions.refusal(dynamodb("PutItem", keys=inside)) is None
    assert permissions.refusal(dynamodb("PutItem", keys=outside)) is not None


def test_list_is_restricted_to_prefix(permissions: Permissions) -> None:
    """A list without a prefix lists everything, so it is refused."""
    listing = Call(Caller("Ask"), "s3", "ListObjectsV2", "orders", (), b"", prefix="images/a/")
    everything = Call(Caller("Ask"), "s3", "ListObjectsV2", "orders", (), b"")

    assert permissions.refusal(listing) is None
    refused = permissions.refusal(everything)
    assert refused is not None
    assert refused.status == 403


def test_transaction_needs_actions_of_its_parts(permissions: Permissions) -> None:
    """One part without permission is enough for a refusal."""
    put = {"Put": {"TableName": "orders", "Item": {"pk": {"S": "thread#1"}}}}
    update = {"Update": {"TableName": "orders", "Key": {"pk": {"S": "thread#1"}}}}

    assert permissions.refusal(dynamodb("TransactWriteItems", TransactItems=[put])) is None
    refused = permissions.refusal(dynamodb("TransactWriteItems", TransactItems=[put, update]))
    assert refused is not None
    assert "dynamodb:UpdateItem" in refused.message


def test_callers_outside_deployment_may_do_anything(permissions: Permissions) -> None:
    """The operator's commands and the tests have no local role."""
    assert permissions.refusal(dynamodb("DeleteTable", caller="outside")) is None


def test_used_grants_are_known_by_key(permissions: Permissions) -> None:
    """Unused grants and unused keys of a condition remain."""
    permissions.refusal(dynamodb("GetItem"))
    permissions.refusal(dynamodb("PutItem", keys=("run#1",)))

    left = {(use.grant.action, use.key) for use in permissions.granted - permissions.used}
    assert left == {
        ("dynamodb:Query", ""),
        ("dynamodb:PutItem", "thread#*"),
        ("s3:ListBucket", "images/*"),
    }


def test_unsupported_condition_is_refused() -> None:
    """Ignoring it would allow more locally than in AWS."""
    odd = {**GET, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}

    with pytest.raises(ValueError, match="unsupported conditions"):
        Permissions({"Ask": [odd]})


@pytest.mark.parametrize(
    ("operation", "resource", "action", "on"),
    [
        ("HeadObject", "b/k", "s3:GetObject", "arn:aws:s3:::b/k"),
        ("UploadPart", "b/k", "s3:PutObject", "arn:aws:s3:::b/k"),
        ("DeleteObjects", "b", "s3:DeleteObject", "arn:aws:s3:::b/*"),
        ("ListObjectsV2", "b", "s3:ListBucket", "arn:aws:s3:::b"),
    ],
)
def test_s3_actions_differ_from_operations(
    operation: str, resource: str, action: str, on: str
) -> None:
    """Names as in the Service Authorization Reference."""
    [need] = needs_of(Call(Caller("Ask"), "s3", operation, resource, (), b""))

    assert (need.action, need.resource) == (action, on)
