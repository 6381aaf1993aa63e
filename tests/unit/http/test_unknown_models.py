"""A model that no provider has is rejected when an assistant or a run is created."""

from typing import Any

import pytest
from understudy.services import Services

from tests.unit.http.caller import Api

UNKNOWN = "gpt-9-unheard-of"
OPENAI = "https://api.openai.com/v1"
OTHER = "https://models.example.com/v1"


def configure(services: Services, **changed: Any) -> None:
    services.__dict__["settings"] = services.settings.model_copy(update=changed)
    services.__dict__.pop("run_starter", None)


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"unknown_models": "auto"}, 400),
        ({"unknown_models": "auto", "openai_base_url": OPENAI}, 400),
        ({"unknown_models": "auto", "openai_base_url": OTHER}, 200),
        ({"unknown_models": "reject", "openai_base_url": OTHER}, 400),
        ({"unknown_models": "accept"}, 200),
        ({"unknown_models": "auto", "model_aliases": {UNKNOWN: UNKNOWN}}, 200),
        ({"unknown_models": "auto", "model_aliases": {"gpt-9*": "gpt-10"}}, 200),
    ],
)
def test_provider_and_parameter_decide_on_unknown_models(
    api: Api, assistant_id: str, thread_id: str, settings: dict[str, Any], status: int
) -> None:
    """Everywhere where a model is named."""
    configure(api.services, **settings)
    run = {"assistant_id": assistant_id, "model": UNKNOWN}
    answers = [
        api.call("POST", "/v1/assistants", {"model": UNKNOWN}),
        api.call("POST", f"/v1/threads/{thread_id}/runs", run),
        api.call("POST", "/v1/threads/runs", run),
        api.call("POST", f"/v1/assistants/{assistant_id}", {"model": UNKNOWN}),
    ]

    assert [answer.status for answer in answers] == [status] * 4
    if status == 400:
        assert {answer.error["code"] for answer in answers} == {"model_not_found"}
        assert {answer.error["param"] for answer in answers} == {"model"}


def test_run_of_an_assistant_whose_model_was_retired_is_rejected(
    api: Api, assistant_id: str, thread_id: str
) -> None:
    """The assistant was created before the model left the table."""
    api.made(f"/v1/assistants/{assistant_id}", {"model": UNKNOWN})
    configure(api.services, unknown_models="reject")

    answer = api.call("POST", f"/v1/threads/{thread_id}/runs", {"assistant_id": assistant_id})

    assert (answer.status, answer.error["code"]) == (400, "model_not_found")
    assert api.call("GET", f"/v1/threads/{thread_id}/runs").body["data"] == []
