"""IAM for the functions: what a role allows, and what it takes."""

import json
from typing import Any

import pytest

from local.aws.callers import Caller
from local.aws.calls import Call
from local.aws.needs import needs_of
from local.aws.permissions import Permissions

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
GET = {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": TABLE}
HELD = {
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
    return Permissions({"Ask": [GET, HELD, LIST], "Nothing": []})


def test_an_action_is_allowed_on_its_resource_only(permissions: Permissions) -> None:
    """Another action, an index of the table, or another caller is refused, with the reason."""
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


def test_a_leading_key_holds_every_key_of_a_call(permissions: Permissions) -> None:
    """One key outside the condition refuses the call."""
    inside, outside = ("thread#1", "run#1"), ("thread#1", "key#1")

    assert permissions.refusal(dynamodb("PutItem", keys=inside)) is None
    assert permissions.refusal(dynamodb("PutItem", keys=outside)) is not None


def test_a_list_is_held_to_its_prefix(permissions: Permissions) -> None:
    """A list without a prefix is a list of everything."""
    listing = Call(Caller("Ask"), "s3", "ListObjectsV2", "orders", (), b"", prefix="images/a/")
    everything = Call(Caller("Ask"), "s3", "ListObjectsV2", "orders", (), b"")

    assert permissions.refusal(listing) is None
    refused = permissions.refusal(everything)
    assert refused is not None
    assert refused.status == 403


def test_a_transaction_needs_the_actions_of_its_parts(permissions: Permissions) -> None:
    """One part without its permission refuses all."""
    put = {"Put": {"TableName": "orders", "Item": {"pk": {"S": "thread#1"}}}}
    update = {"Update": {"TableName": "orders", "Key": {"pk": {"S": "thread#1"}}}}

    assert permissions.refusal(dynamodb("TransactWriteItems", TransactItems=[put])) is None
    refused = permissions.refusal(dynamodb("TransactWriteItems", TransactItems=[put, update]))
    assert refused is not None
    assert "dynamodb:UpdateItem" in refused.message


def test_who_is_no_part_of_the_deployment_may_do_anything(permissions: Permissions) -> None:
    """The operator's commands and the tests have no role here."""
    assert permissions.refusal(dynamodb("DeleteTable", caller="outside")) is None


def test_what_was_needed_is_known_to_the_key(permissions: Permissions) -> None:
    """A grant that nothing used, and a key that nothing used, are left over."""
    permissions.refusal(dynamodb("GetItem"))
    permissions.refusal(dynamodb("PutItem", keys=("run#1",)))

    left = {(use.grant.action, use.key) for use in permissions.granted - permissions.used}
    assert left == {
        ("dynamodb:Query", ""),
        ("dynamodb:PutItem", "thread#*"),
        ("s3:ListBucket", "images/*"),
    }


def test_conditions_that_cannot_be_judged_are_not_passed_over() -> None:
    """Better no deployment than one that allows more here than in AWS."""
    odd = {**GET, "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}

    with pytest.raises(ValueError, match="not known here"):
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
def test_s3_asks_for_other_names_than_its_operations_have(
    operation: str, resource: str, action: str, on: str
) -> None:
    """As the Service Authorization Reference has it."""
    [need] = needs_of(Call(Caller("Ask"), "s3", operation, resource, (), b""))

    assert (need.action, need.resource) == (action, on)
