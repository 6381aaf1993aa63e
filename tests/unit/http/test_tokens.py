"""Tokens of an identity provider in place of keys: whose they are, and which are refused."""

import json
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
    """A key pair for the suite; making one is slow."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """An identity provider: publishes keys, signs tokens, and counts who asks."""

    def __init__(self) -> None:
        self.published = ["one"]
        self.asked: list[str] = []
        self.is_down = False

    def fetch(self, url: str) -> Any:
        """What its two pages answer."""
        self.asked.append(url)
        if self.is_down:
            raise OSError("no route")
        if url == KEYS_AT:
            return {"keys": [self._public(name) for name in self.published]}
        return {"jwks_uri": KEYS_AT}

    def token(self, now: float, *, signed_with: str = "one", kid: str = "", **claims: Any) -> str:
        """A token that is good unless told otherwise; None takes a claim away."""
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
    """The services of a deployment that trusts the issuer."""
    services = api.services
    services.settings = services.settings.model_copy(update={"jwt_issuer": ISSUER})
    made = IssuedTokens(ISSUER, AUDIENCE, "tenant", services.now, issuer.fetch)
    services.__dict__["tokens"] = made
    return services


def ask(services: Services, token: str) -> Any:
    """A request with the token as its key."""
    return Api(services, token).get("/v1/assistants")


def test_a_token_opens_its_tenants_door(trusting: Services, issuer: Issuer) -> None:
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
        {"sub": None},
        {"tenant": None},
        {"tenant": "nobody"},
        {"tenant": "a#b"},
        {"tenant": ["acme"]},
        {"signed_with": "two", "kid": "one"},
        {"signed_with": "two"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_is_refused(
    trusting: Services, issuer: Issuer, wrong: dict[str, Any]
) -> None:
    """Another issuer, audience or time, no tenant of ours, or somebody else's signature."""
    answered = ask(trusting, issuer.token(trusting.now(), **wrong))

    assert answered.status == 401
    assert answered.error["code"] == "invalid_api_key"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_anybody_could_make_is_refused(trusting: Services, algorithm: str) -> None:
    """Without a signature, or signed with a secret that is no secret."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "a", "exp": 9e9, "tenant": TENANT}
    secret = "a" * 32 if algorithm == "HS256" else ""

    forged = jwt.encode(claims, secret, algorithm=algorithm, headers={"kid": "one"})

    assert ask(trusting, forged).status == 401


@pytest.mark.parametrize("junk", ["a.b.c", "..", "eyJ.eyJ.sig"])
def test_junk_with_dots_is_refused(trusting: Services, junk: str) -> None:
    """It looks like a token and is none."""
    assert ask(trusting, junk).status == 401


def test_without_an_issuer_a_token_is_a_wrong_key(api: Api, issuer: Issuer) -> None:
    """The default: nobody is asked."""
    answered = ask(api.services, issuer.token(api.services.now()))

    assert answered.status == 401
    assert issuer.asked == []


def test_keys_go_on_working_beside_tokens(trusting: Services, issuer: Issuer) -> None:
    """And cost no question to the issuer."""
    assert ask(trusting, KEY).status == 200
    assert issuer.asked == []


def test_a_tenant_whose_keys_are_revoked_is_closed_for_tokens_too(
    trusting: Services, issuer: Issuer
) -> None:
    """The operator ends a tenant in one place."""
    [key] = trusting.api_keys.of_tenant(TENANT)
    trusting.api_keys.put(key.model_copy(update={"revoked": True}))

    assert ask(trusting, issuer.token(trusting.now())).status == 401


def test_a_token_is_not_believed_past_its_end(
    trusting: Services, issuer: Issuer, clock: StandingClock
) -> None:
    """A warm function remembers it for a minute at most, and never longer than it is valid."""
    token = issuer.token(trusting.now(), exp=int(trusting.now()) + 10)
    assert ask(trusting, token).status == 200

    clock.advance(10 + LEEWAY_SECONDS)

    assert ask(trusting, token).status == 401


def test_each_subject_has_a_rate_of_its_own(trusting: Services, issuer: Issuer) -> None:
    """Two bearers of one tenant do not count as one key."""
    callers = {
        auth.caller_of(
            trusting, {"authorization": f"Bearer {issuer.token(trusting.now(), sub=who)}"}
        ).key_digest
        for who in ("ada", "grace")
    }

    assert len(callers) == 2
    assert digest_of(KEY) not in callers


def test_the_issuers_keys_are_asked_for_once_an_hour(
    trusting: Services, issuer: Issuer, clock: StandingClock
) -> None:
    """And at once, but not more often than every minute, for a key that is new."""
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


def test_an_issuer_that_is_down_is_no_reason_to_refuse(trusting: Services, issuer: Issuer) -> None:
    """The client may come again: 503, and no word about the issuer."""
    issuer.is_down = True

    answered = ask(trusting, issuer.token(trusting.now()))

    assert answered.status == 503
    assert ISSUER not in answered.text


def test_keys_are_fetched_over_tls_only() -> None:
    """Whoever could answer for the issuer could open every door."""
    plain = IssuedTokens("http://login.example.com", AUDIENCE, "tenant", lambda: 0.0)

    token = jwt.encode({"sub": "a"}, key_pair("one"), algorithm="RS256", headers={"kid": "one"})
    with pytest.raises(StorageUnavailableError, match="ValueError"):
        plain.bearer_of(token)
