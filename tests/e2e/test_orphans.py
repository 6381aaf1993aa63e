"""`understudy orphans` on the local stack: what it finds, removes and keeps."""

import io
from pathlib import Path

import httpx2
import pytest
from openai import OpenAI
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write

from local.ledger import live_objects
from local.provider.control import ControlClient
from local.serve import addresses, write_env
from local.stack import Stack
from operate import cli, orphans
from tests.e2e.bucket import CSV, Bucket
from tests.limits import WAIT_SECONDS

pytestmark = pytest.mark.leaves_orphans

AWS_VARIABLES = (
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_DEFAULT_REGION",
)
"""Variables that the command sets in its own process, set here so that pytest restores them."""

TWO_HOURS = 7200
DAY = 86_400
TENANT = "local"
USER = "user-of-the-orphans"


@pytest.fixture
def provider(stack: Stack) -> OpenAI:
    """A client for the provider's account."""
    assert stack.provider is not None
    return OpenAI(base_url=stack.provider.base_url, api_key=stack.provider.key)


@pytest.fixture(autouse=True)
def served(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Describes the stack in the file that `make local` writes."""
    write_env(tmp_path / "env", addresses(stack))
    monkeypatch.setenv("UNDERSTUDY_ENV_FILE", str(tmp_path / "env"))
    for name in AWS_VARIABLES:
        monkeypatch.setenv(name, addresses(stack)[name])


def age(stack: Stack, file_id: str, **changed: int) -> None:
    """Changes the age of a file's record."""
    key = keys.file(TENANT, file_id)
    stack.table().write(Write(key=key, assign=changed, condition="attribute_exists(pk)"))


def test_orphans_are_counted_and_removed_on_request_only(
    stack: Stack,
    client: OpenAI,
    provider: OpenAI,
    capsys: pytest.CaptureFixture[str],
    control: ControlClient,
) -> None:
    """Files with an owner stay, and without `--remove` everything does."""
    kept = client.files.create(file=("kept.csv", CSV), purpose="assistants")
    store = client.vector_stores.create(name="kept", file_ids=[kept.id])
    provider.files.create(file=("lost.csv", CSV), purpose="assistants")
    provider.vector_stores.create(name="lost")
    control.advance_clock(-TWO_HOURS)
    provider.files.create(file=("old.csv", CSV), purpose="assistants")
    provider.vector_stores.create(name="old")

    assert cli.main(["orphans"]) == 0
    told = capsys.readouterr().out
    before = (len(live_objects(stack, "file")), len(live_objects(stack, "vector_store")))
    assert cli.main(["orphans", "--remove"]) == 0

    assert f"files without an owner               1   {len(CSV)} bytes" in told
    assert "vector stores without an owner       1" in told
    assert "Nothing was changed" in told
    assert before == (3, 3)
    assert "They are removed." in capsys.readouterr().out
    names = [each["filename"] for each in live_objects(stack, "file").values()]
    assert sorted(names) == ["kept.csv", "lost.csv"]
    assert len(live_objects(stack, "vector_store")) == 2
    assert client.vector_stores.retrieve(store.id).name == "kept"


def test_expired_files_are_removed(stack: Stack, client: OpenAI) -> None:
    """Files sent in a request, uploaded or dropped, with their records, objects and reports."""
    bucket = Bucket(stack)
    sent = client.files.create(file=("sent.csv", CSV), purpose="assistants")
    bucket.put(f"drop/{TENANT}/{USER}/any/dropped.csv")
    bucket.settle()
    dropped = client.files.list(limit=1).data[0]
    bucket.put(f"answers/{TENANT}/{USER}/any/dropped.csv/answer.md", b"Here it is.")
    uploaded = upload(stack, client)
    for file_id in (sent.id, dropped.id, uploaded):
        age(stack, file_id, ends_at=1)

    function = stack.deployment.outputs["SweepFilesFunctionName"]
    found = orphans.find_orphans(function, remove=True)

    assert found.expired == 3
    assert live_objects(stack, "file") == {}
    for folder in (
        f"drop/{TENANT}/{USER}",
        f"answers/{TENANT}/{USER}",
        f"uploads/{TENANT}/{uploaded}",
    ):
        assert bucket.keys(folder) == []
    assert bucket.keys(f"files/{TENANT}/{sent.id}") == []


def upload(stack: Stack, client: OpenAI) -> str:
    """Uploads a file with a form and returns its id."""
    body = {"filename": "big.csv", "purpose": "assistants", "bytes": 64, "mime_type": "text/csv"}
    announced = client.post("/files/uploads", cast_to=object, body=body)
    httpx2.post(
        announced["url"],
        data=announced["fields"],
        files={"file": ("f", io.BytesIO(CSV))},
        timeout=WAIT_SECONDS,
    )
    stack.events.drain(WAIT_SECONDS)
    return str(announced["file"]["id"])


def test_failure_of_the_function_is_an_exit_code(
    capsys: pytest.CaptureFixture[str], control: ControlClient
) -> None:
    """The error's message is on stderr."""
    control.script_fault(status=500, match={"path": "/v1/files"}, times=None)

    assert cli.main(["orphans"]) == 1

    assert "500" in capsys.readouterr().err
