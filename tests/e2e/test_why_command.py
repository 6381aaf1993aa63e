"""`understudy why`, on the stack that `make local` would run."""

import pytest
from openai import OpenAI
from understudy.services import Services
from understudy.settings import Settings

from local.stack import Stack
from operate.failures import CommandError
from operate.why import shown, timeline_of
from tests.e2e.conversations import ended, start


@pytest.fixture
def machine(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> str:
    """The state machine, reached as an operator reaches it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.aws.endpoint)
    return str(stack.deployment.outputs["StateMachineArn"])


@pytest.fixture
def operator(stack: Stack, machine: str) -> Services:
    outputs = stack.deployment.outputs
    return Services(Settings(table_name=outputs["TableName"], bucket_name=outputs["BucketName"]))


def test_run_is_explained_by_its_id_alone(operator: Services, machine: str, client: OpenAI) -> None:
    run = ended(client, start(client, "Hello"))

    timeline = timeline_of(operator, machine, run.id)

    assert timeline["thread_id"] == run.thread_id
    text = shown(timeline)
    assert "is completed" in text
    assert "model round 1" in text
    rest: object = client.get(f"/threads/{run.thread_id}/runs/{run.id}/timeline", cast_to=object)
    assert rest == timeline


def test_unknown_run_is_reported_in_one_line(operator: Services, machine: str) -> None:
    with pytest.raises(CommandError, match="There is no run 'run_unknown'"):
        timeline_of(operator, machine, "run_unknown")
