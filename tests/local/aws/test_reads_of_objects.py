"""Rights that S3 needs for versions, posted forms and missing objects."""

import httpx2
import pytest

from local.aws.calls import Call, Caller, read_call
from local.aws.needs import need_to_see_absence, needs_of
from local.aws.permissions import Permissions

BUCKET = "arn:aws:s3:::files"
READS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/drop/*"}


def get(operation: str = "GetObject", *, versioned: bool = False) -> Call:
    """A read of a dropped file."""
    return Call(Caller("F"), "s3", operation, "files/drop/a.csv", (), b"", versioned=versioned)


@pytest.mark.parametrize("operation", ["GetObject", "HeadObject"])
def test_version_needs_separate_right(operation: str) -> None:
    """The right to read objects does not include old versions."""
    [need] = needs_of(get(operation, versioned=True))

    assert need.action == "s3:GetObjectVersion"
    assert Permissions({"F": [READS]}).refusal(get(operation, versioned=True))
    assert not Permissions({"F": [READS]}).refusal(get(operation))


@pytest.mark.parametrize(
    ("condition", "visible"), [(None, True), ({"StringLike": {"s3:prefix": ["drop/*"]}}, False)]
)
def test_missing_object_is_404_only_with_right_to_list_bucket(
    condition: dict[str, dict[str, list[str]]] | None, visible: bool
) -> None:
    """A condition on the prefix does not hold, because a read has no prefix."""
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET}
    given = lists if condition is None else {**lists, "Condition": condition}
    permissions = Permissions({"F": [READS, given]})

    assert (permissions.refusal_of_absence(get()) is None) is visible
    assert need_to_see_absence(get("PutObject")) is None


def test_form_acts_for_its_signer() -> None:
    """The form's fields name the object and the signer."""
    fields = {
        "key": "uploads/a.csv",
        "x-amz-credential": "AKIAUNKNOWN/20261123/us-east-1/s3/aws4_request",
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
