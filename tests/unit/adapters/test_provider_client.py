"""The SDK's client sends each request once: only the state machine repeats requests."""

import httpx2
import pytest
from understudy.adapters.openai import bounds
from understudy.adapters.openai.client import _client, provider_client
from understudy.adapters.openai.sdk import openai


@pytest.mark.parametrize("broken", [True, False], ids=["lost response", "HTTP 500"])
def test_request_is_sent_once(monkeypatch: pytest.MonkeyPatch, broken: bool) -> None:
    """After a lost response a second request would create a second response, which is billed."""
    sent: list[str] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.url.path)
        if broken:
            raise httpx2.ReadError("the connection broke")
        return httpx2.Response(500)

    transport = httpx2.MockTransport(respond)
    monkeypatch.setattr(bounds, "bounded_client", lambda: httpx2.Client(transport=transport))
    _client.cache_clear()
    try:
        client = provider_client("sk-test", "https://provider.example/v1")
        with pytest.raises(openai.APIError):
            client.post("/responses", body={}, cast_to=object)
    finally:
        _client.cache_clear()

    assert sent == ["/v1/responses"]
