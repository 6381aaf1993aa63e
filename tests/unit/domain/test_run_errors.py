"""Errors of failed runs: codes, texts, and what is removed from the provider's sentences."""

import pytest
from understudy.domain.run_errors import (
    CAUGHT,
    caught_error,
    failed_response_error,
    provider_failure,
)

SECRETS = {
    "object id": ("Invalid file file-abc123XYZ.", "file-abc123XYZ"),
    "vector store": ("Vector store vs_68aa not found", "vs_68aa"),
    "response id": ("previous response with id 'resp_0123abcd' not found", "resp_0123abcd"),
    "organization": ("Rate limit reached in organization org-AbCdEf on tokens", "org-AbCdEf"),
    "project": ("Project `proj_abcdef` has no access", "proj_abcdef"),
    "request id": ("An error occurred (request ID req_011CSHoEeq)", "req_011CSHoEeq"),
    "key": ("Incorrect API key provided: sk-proj-****************abcd.", "abcd"),
    "key of another provider": ("Bad key AIzaSyD1234567890abcdefghijklmnopqrstu", "AIzaSy"),
    "access key": ("AccessDenied for AKIAIOSFODNN7EXAMPLE", "AKIA"),  # pragma: allowlist secret
    "bearer": ("header Authorization: Bearer abc.def", "abc.def"),
    "token": ("token eyJhbGciOiJIUzI1NiJ9.e30.abc expired", "e30"),  # pragma: allowlist secret
    "hexadecimal": ("trace 4bf92f3577b34da6a3ce929d0e0e4736", "4bf92f"),
    "uuid": ("operation 123e4567-e89b-12d3-a456-426614174000 failed", "123e4567"),
    "url": ("see https://models.corp.example/v1?sig=abc for details", "corp"),
    "host and port": ("connect to vllm-7.svc:8000 refused", "vllm-7"),
    "host": ("no route to models.shop.internal", "shop"),
    "IPv4": ("upstream 10.2.3.4:8080 refused", "10.2.3.4"),
    "IPv6": ("upstream [fe80::1ff:fe23:4567:890a] refused", "fe23"),
    "mail address": ("contact ada@example.com", "ada"),
    "ARN": ("not authorized: arn:aws:bedrock:us-east-1:123456789012:model/x", "bedrock"),
    "account": ("account 123456789012 is blocked", "123456789012"),
}


@pytest.mark.parametrize(("text", "secret"), SECRETS.values(), ids=SECRETS.keys())
def test_ids_keys_and_addresses_are_removed(text: str, secret: str) -> None:
    """From the sentence of an error response, and from the error of a failed response."""
    refused = caught_error(
        "ProviderRefusedError",
        provider_failure("ProviderRefusedError", status=400, message=text),
        "gpt-4o",
    )
    failed = failed_response_error("server_error", text)

    for error in (refused, failed):
        assert error.provider is not None
        assert secret not in error.message
        assert secret not in error.provider.message
        assert "…" in error.message


@pytest.mark.parametrize(
    "text",
    [
        "Response input messages must contain the word 'json' in some form to use 'text.format'.",
        "Invalid schema for function 'f': In context=('properties', 'user_name'), bad.",
        "The model `meta-llama/Llama-3.3-70B-Instruct` does not exist",
        "Model gpt-4o-mini-2024-07-18 or gpt-6.1-terra: max_output_tokens above 4096 at 12:30",
        "Invalid 'tools[0].name': expected the pattern '^[a-zA-Z0-9_-]+$'.",
    ],
)
def test_ordinary_sentences_stay_unchanged(text: str) -> None:
    assert failed_response_error("invalid_prompt", text).message == text


def test_message_is_one_bounded_line() -> None:
    """Also if the provider quotes a page, or sends control characters."""
    error = caught_error(
        "ProviderUnavailableError",
        provider_failure(
            "ProviderUnavailableError", status=502, message="<html>\r\n\x1b[31m\u202e " * 5000
        ),
        "m" * 256,
    )

    assert len(error.message) < 1000
    assert error.message.isprintable()


def test_unknown_model_is_named_with_its_remedy() -> None:
    failure = provider_failure(
        "ProviderModelError", status=404, code="model_not_found", message="It does not exist."
    )

    error = caught_error("ProviderModelError", failure, "gpt-9")

    assert error.code == "invalid_prompt"
    assert error.message == (
        "The provider does not know the model 'gpt-9'; add an alias to ModelAliases. "
        "The provider's response: HTTP 404 model_not_found: It does not exist."
    )


def test_failure_of_an_earlier_step_is_not_blamed() -> None:
    """The run was retried after the 503 and then failed for another reason."""
    failure = provider_failure("ProviderUnavailableError", status=503, code="overloaded")

    for name in ("ProviderKeyError", "Lambda.Unknown"):
        error = caught_error(name, failure, "gpt-4o")
        assert error.provider is None
        assert "503" not in error.message


@pytest.mark.parametrize("name", [*CAUGHT, "Lambda.Unknown", ""])
def test_overload_is_reported_only_where_the_provider_reports_it(name: str) -> None:
    quiet = caught_error(name, None, "gpt-4o")
    failure = provider_failure(name, status=503, message="The engine is overloaded.")
    loud = caught_error(name, failure, "gpt-4o")

    assert "overload" not in quiet.message
    assert ("overload" in loud.message) is (name in CAUGHT)


@pytest.mark.parametrize(
    ("code", "measured"),
    [
        ("model_not_found", "model_not_found"),
        ("insufficient_quota", "insufficient_quota"),
        ("a_code_of_another_provider", "invalid_prompt"),
        (None, "invalid_prompt"),
    ],
)
def test_metric_has_few_codes(code: str | None, measured: str) -> None:
    failure = provider_failure("ProviderRefusedError", status=400, code=code)

    assert caught_error("ProviderRefusedError", failure, "m").measured_code == measured
