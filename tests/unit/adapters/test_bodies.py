"""Bodies that are too large for an item."""

import pytest
from understudy.adapters import aws
from understudy.adapters.dynamodb import bodies
from understudy.services import Services

from tests.unit import stage


def test_refused_write_replaces_no_body(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The object is written before the item, whose write may be refused."""
    monkeypatch.setattr(bodies, "LARGE", 10)
    stage.put_run(services)
    call = stage.put_call(services)

    assert services.tool_calls.store_output(call, "the first")
    assert not services.tool_calls.store_output(call, "the second")

    [stored] = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    assert stored.output == "the first"


def test_replaced_body_is_deleted(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """When an assistant is changed or deleted; its current body stays."""
    monkeypatch.setattr(bodies, "LARGE", 10)
    assistant = stage.put_assistant(services)

    def kept() -> list[str]:
        found = aws.client("s3").list_objects_v2(
            Bucket=services.settings.bucket_name, Prefix="bodies/assistants/"
        )
        return [each["Key"] for each in found.get("Contents", [])]

    [first] = kept()
    assert services.assistants.change(assistant)
    [second] = kept()
    assert second != first
    assert services.assistants.get(stage.TENANT, assistant.id) == assistant

    assert services.assistants.delete(stage.TENANT, assistant.id)
    assert kept() == []
