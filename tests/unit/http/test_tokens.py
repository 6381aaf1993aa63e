"""Tokens of an identity provider in place of API keys: their tenants, and which are rejected."""

import json
from base64 import b64encode
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from understudy.adapters.tokens import (
    ASK_AGAIN_SECONDS,
    KEYS_KEPT_SECONDS,
    LEEWAY_SECONDS,
    IssuedTokens,
)
from understudy.domain.api_keys import digest_of
from understudy.errors import StorageUnavailableError
from understudy.http import auth
from understudy.services import Services

from tests.unit.conftest import StandingClock
from tests.unit.http.caller import Api
from tests.unit.stage import KEY, TENANT, put_assistant

ISSUER = "https://login.example.com"
AUDIENCE = "understudy"
KEYS_AT = "https://login.example.com/keys"


@cache
def key_pair(name: str) -> rsa.RSAPrivateKey:
    """Returns a key pair of the suite; generating one is slow."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """An identity provider: publishes keys, signs tokens and records requests."""

    def __init__(self) -> None:
        self.published = ["one"]
        self.asked: list[str] = []
        self.is_down = False

    def fetch(self, url: str) -> Any:
        """Returns the JSON of its two pages."""
        self.asked.append(url)
        if self.is_down:
            raise OSError("no route")
        if url == KEYS_AT:
            return {"keys": [self._public(name) for name in self.published]}
        return {"jwks_uri": KEYS_AT}

    def token(self, now: float, *, signed_with: str = "one", kid: str = "", **claims: Any) -> str:
        """Returns a token that is valid by default; None removes a claim."""
        given = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "ada",
            "exp": int(now) + 300,
            "tenant": TENANT,
            **claims,
        }
        kept = {name: value for name, value in given.items() if value is not None}
        return jwt.encode(
            kept, key_pair(signed_with), algorithm="RS256", headers={"kid": kid or signed_with}
        )

    def _public(self, name: str) -> dict[str, Any]:
        public = json.loads(RSAAlgorithm.to_jwk(key_pair(name).public_key()))
        return {**public, "kid": name, "alg": "RS256", "use": "sig"}


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def trusting(api: Api, issuer: Issuer) -> Services:
    """Returns the services of a deployment that trusts the issuer."""
    services = api.services
    services.settings = services.settings.model_copy(update={"jwt_issuer": ISSUER})
    made = IssuedTokens(ISSUER, AUDIENCE, "tenant", services.now, issuer.fetch)
    services.__dict__["tokens"] = made
    return services


def ask(services: Services, token: str) -> Any:
    """Sends a request with the token as its key."""
    return Api(services, token).get("/v1/assistants")


def test_a_token_gives_access_to_its_tenant(trusting: Services, issuer: Issuer) -> None:
    """Its bearer sees what the tenant's keys see."""
    put_assistant(trusting)

    answered = ask(trusting, issuer.token(trusting.now()))

    assert answered.status == 200
    assert len(answered.body["data"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example.com"},
        {"aud": "another"},
        {"exp": 1_000_000},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": 10**400},
        {"exp": "4000000000"},
        {"exp": True},
        {"exp": [4_000_000_000]},
        {"nbf": float("-inf")},
        {"nbf": float("nan")},
        {"nbf": "0"},
        {"sub": None},
        {"tenant": None},
        {"tenant": "unknown"},
        {"tenant": "a#b"},
        {"tenant": ["acme"]},
        {"signed_with": "two", "kid": "one"},
        {"signed_with": "two"},
    ],
    ids=str,
)
def test_a_token_for_another_deployment_is_rejected(
    trusting: Services, issuer: Issuer, wrong: dict[str, Any]
) -> None:
    """Another issuer, audience or time, an unknown tenant, or another signature."""
    answered = ask(trusting, issuer.token(trusting.now(), **wrong))

    assert answered.status == 401
    assert answered.error["code"] == "invalid_api_key"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_anyone_could_forge_is_rejected(trusting: Services, algorithm: str) -> None:
    """Without a signature, or signed with a shared secret."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "a", "exp": 9e9, "tenant": TENANT}
    secret = "a" * 32 if algorithm == "HS256" else ""

    forged = jwt.encode(claims, secret, algorithm=algorithm, headers={"kid": "one"})

    assert ask(trusting, forged).status == 401


@pytest.mark.parametrize("junk", ["a.b.c", "..", "eyJ.eyJ.sig"])
def test_malformed_tokens_are_rejected(trusting: Services, junk: str) -> None:
    """Three parts with dots in between are not enough."""
    assert ask(trusting, junk).status == 401


def test_without_an_issuer_a_token_is_a_wrong_key(api: Api, issuer: Issuer) -> None:
    """By default no issuer is asked for keys."""
    answered = ask(api.services, issuer.token(api.services.now()))

    assert answered.status == 401
    assert issuer.asked == []


def test_api_keys_work_beside_tokens(trusting: Services, issuer: Issuer) -> None:
    """Without a request to the issuer."""
    assert ask(trusting, KEY).status == 200
    assert issuer.asked == []


def test_tokens_of_a_tenant_without_valid_keys_are_rejected(
    trusting: Services, issuer: Issuer
) -> None:
    """The operator revokes access in one place."""
    [key] = trusting.api_keys.of_tenant(TENANT)
    trusting.api_keys.put(key.model_copy(update={"revoked": True}))

    assert ask(trusting, issuer.token(trusting.now())).status == 401


def test_an_expired_token_is_rejected(
    trusting: Services, issuer: Issuer, clock: StandingClock
) -> None:
    """A token is cached for a minute at most, and never past its expiry."""
    token = issuer.token(trusting.now(), exp=int(trusting.now()) + 10)
    assert ask(trusting, token).status == 200

    clock.advance(10 + LEEWAY_SECONDS)

    assert ask(trusting, token).status == 401


def test_rates_are_counted_for_each_subject(trusting: Services, issuer: Issuer) -> None:
    """Two bearers of one tenant have different digests."""
    callers = {
        auth.caller_of(
            trusting, {"authorization": f"Bearer {issuer.token(trusting.now(), sub=who)}"}
        ).key_digest
        for who in ("ada", "grace")
    }

    assert len(callers) == 2
    assert digest_of(KEY) not in callers


def test_the_issuers_keys_are_fetched_once_an_hour(
    trusting: Services, issuer: Issuer, clock: StandingClock
) -> None:
    """For an unknown key at once, but at most once a minute."""
    ask(trusting, issuer.token(trusting.now(), sub="a"))
    ask(trusting, issuer.token(trusting.now(), sub="b"))
    assert issuer.asked.count(KEYS_AT) == 1

    issuer.published = ["two"]
    for _ in range(3):
        assert ask(trusting, issuer.token(trusting.now(), signed_with="two")).status == 401
    assert issuer.asked.count(KEYS_AT) == 1

    clock.advance(ASK_AGAIN_SECONDS + 1)
    assert ask(trusting, issuer.token(trusting.now(), signed_with="two")).status == 200
    assert issuer.asked.count(KEYS_AT) == 2

    clock.advance(KEYS_KEPT_SECONDS + 1)
    ask(trusting, issuer.token(trusting.now(), signed_with="two"))
    assert issuer.asked.count(KEYS_AT) == 3


def test_an_unavailable_issuer_is_a_503(trusting: Services, issuer: Issuer) -> None:
    """The client may retry; the response does not name the issuer."""
    issuer.is_down = True

    answered = ask(trusting, issuer.token(trusting.now()))

    assert answered.status == 503
    assert ISSUER not in answered.text


def test_keys_are_fetched_over_tls_only() -> None:
    """An attacker on the network could replace them otherwise."""
    plain = IssuedTokens("http://login.example.com", AUDIENCE, "tenant", lambda: 0.0)

    token = jwt.encode({"sub": "a"}, key_pair("one"), algorithm="RS256", headers={"kid": "one"})
    with pytest.raises(StorageUnavailableError, match="ValueError"):
        plain.bearer_of(token)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 10**400, "soon"])
def test_the_time_of_issue_is_ignored(trusting: Services, issuer: Issuer, value: Any) -> None:
    """Whatever its type."""
    assert ask(trusting, issuer.token(trusting.now(), iat=value)).status == 200


@pytest.mark.parametrize("times", [{"exp": float("inf")}, {"nbf": "0"}], ids=str)
def test_times_must_be_numbers(trusting: Services, issuer: Issuer, times: dict[str, Any]) -> None:
    answered = ask(trusting, issuer.token(trusting.now(), **times))

    text = "The token is not valid here: 'exp' and 'nbf' must be numbers."
    assert answered.error["message"] == text


@pytest.mark.parametrize("part", [0, 1])
def test_a_token_of_deeply_nested_json_is_rejected(trusting: Services, part: int) -> None:
    """Its header is parsed before its signature is checked."""
    nested = b64encode(b"[" * 3000).decode().rstrip("=")
    header = b64encode(b'{"alg": "RS256", "kid": "one"}').decode().rstrip("=")
    parts = [nested, "e30", "c2ln"] if part == 0 else [header, nested, "c2ln"]

    assert ask(trusting, ".".join(parts)).status == 401


def test_a_subject_may_be_any_text(trusting: Services, issuer: Issuer) -> None:
    """Also text that UTF-8 cannot encode."""
    assert ask(trusting, issuer.token(trusting.now(), sub="ada\ud83c")).status == 200
