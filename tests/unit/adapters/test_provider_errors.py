"""Translation of the provider's error responses."""

from typing import Any

import httpx2
import openai
import pytest
from understudy.adapters.openai.errors import translated
from understudy.errors import (
    ProviderError,
    ProviderKeyError,
    ProviderModelError,
    ProviderNotFoundError,
    ProviderQuotaError,
    ProviderRateLimitedError,
    ProviderRefusedError,
    ProviderUnavailableError,
)

REQUEST = httpx2.Request("POST", "https://models.example.com/v1/responses")


def raised_for(status: int, body: Any) -> ProviderError:
    """Returns the error for an error response of the provider."""
    client = openai.OpenAI(
        api_key="sk-1",
        max_retries=0,
        http_client=httpx2.Client(
            transport=httpx2.MockTransport(lambda _: httpx2.Response(status, json=body))
        ),
    )
    with pytest.raises(ProviderError) as raised, translated():
        client.post("/responses", cast_to=object, body={})
    return raised.value


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (404, {"code": "model_not_found", "message": "No."}, ProviderModelError),
        (403, {"code": "model_not_found", "message": "No access."}, ProviderModelError),
        (404, {"code": "DeploymentNotFound", "message": "No."}, ProviderModelError),
        (404, {"code": None, "message": "model 'llama9' not found"}, ProviderModelError),
        (404, {"code": 404, "message": "The model `x` does not exist."}, ProviderModelError),
        (400, {"message": "The provided model identifier is invalid."}, ProviderModelError),
        (404, {"message": "Response with id 'resp_1' not found."}, ProviderNotFoundError),
        (400, {"message": "'temperature' is not supported by this model"}, ProviderRefusedError),
        (401, {"code": "invalid_api_key", "message": "Bad key k-1"}, ProviderKeyError),
        (429, {"code": "insufficient_quota", "message": "Quota."}, ProviderQuotaError),
        (429, {"code": "rate_limit_exceeded", "message": "Slow."}, ProviderRateLimitedError),
        (503, {"code": "overloaded", "message": "Overloaded."}, ProviderUnavailableError),
    ],
)
def test_status_and_code_decide_on_the_error(
    status: int, error: dict[str, Any], kind: type[ProviderError]
) -> None:
    raised = raised_for(status, {"error": error})

    assert type(raised) is kind
    assert raised.status == status
    assert raised.said == ("" if kind is ProviderKeyError else error["message"])
    assert error["message"] not in str(raised)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": "Not here"}, "Not here"),
        ("text", ""),
        ({"message": "Direct"}, "Direct"),
        ([], ""),
    ],
)
def test_text_is_found_in_the_bodies_of_other_servers(body: Any, said: str) -> None:
    assert raised_for(422, body).said == said


def test_code_that_may_be_a_text_is_dropped() -> None:
    """It is logged, so it may not quote a prompt."""
    raised = raised_for(400, {"error": {"code": "You wrote: my secret", "message": "No."}})

    assert raised.code is None
