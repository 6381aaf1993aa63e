"""What S3 asks of a role beyond the object's own right: a version, a form, what is not there."""

import httpx2
import pytest

from local.aws.callers import Caller
from local.aws.calls import Call, read_call
from local.aws.needs import look_of, needs_of
from local.aws.permissions import Permissions

BUCKET = "arn:aws:s3:::files"
READS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/drop/*"}


def get(operation: str = "GetObject", *, versioned: bool = False) -> Call:
    """A read of a dropped file."""
    return Call(Caller("F"), "s3", operation, "files/drop/a.csv", (), b"", versioned=versioned)


@pytest.mark.parametrize("operation", ["GetObject", "HeadObject"])
def test_a_version_needs_a_right_of_its_own(operation: str) -> None:
    """The right to read objects does not read an old version."""
    [need] = needs_of(get(operation, versioned=True))

    assert need.action == "s3:GetObjectVersion"
    assert Permissions({"F": [READS]}).refusal(get(operation, versioned=True))
    assert not Permissions({"F": [READS]}).refusal(get(operation))


@pytest.mark.parametrize(
    ("condition", "told"), [(None, True), ({"StringLike": {"s3:prefix": ["drop/*"]}}, False)]
)
def test_only_who_may_list_the_bucket_is_told_that_something_is_missing(
    condition: dict[str, dict[str, list[str]]] | None, told: bool
) -> None:
    """A condition on the prefix holds for lists, and this is none."""
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET}
    given = lists if condition is None else {**lists, "Condition": condition}
    permissions = Permissions({"F": [READS, given]})

    assert (permissions.refusal_to_tell(get()) is None) is told
    assert look_of(get("PutObject")) is None


def test_a_form_acts_for_who_signed_it() -> None:
    """Its fields name the object and the signer."""
    fields = {
        "key": "uploads/a.csv",
        "x-amz-credential": "AKIANOBODY/20261123/us-east-1/s3/aws4_request",
    }
    sent = httpx2.Request("POST", "http://s3/files", data=fields, files={"file": ("a", b"x" * 99)})

    call = read_call(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/files",
            "CONTENT_TYPE": sent.headers["content-type"],
        },
        sent.read(),
    )

    [need] = needs_of(call)
    assert (need.action, need.resource) == ("s3:PutObject", f"{BUCKET}/uploads/a.csv")
