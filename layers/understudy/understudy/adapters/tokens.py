"""Verifies tokens of an identity provider with its published keys, and reads their tenant."""

import json
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

from understudy.domain.api_keys import is_tenant
from understudy.domain.tokens import Bearer
from understudy.errors import AuthenticationError, StorageUnavailableError

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Only signatures with a key pair: a shared secret would let a verifier sign tokens."""

LEEWAY_SECONDS = 30
FETCH_SECONDS = 5
KEYS_KEPT_SECONDS = 3600
ASK_AGAIN_SECONDS = 60
"""The least time between two fetches of the keys because a token names an unknown key."""

MAX_TIME = 2**53
"""The largest number of seconds that JSON parsers agree about."""

DISCOVERY = "/.well-known/openid-configuration"


class IssuedTokens:
    """Checks the tokens of one OpenID issuer for one audience.

    `claim` is the name of the claim that holds the tenant. The issuer's keys are found by OpenID
    Connect discovery and cached for an hour.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        claim: str,
        now: Callable[[], float],
        fetch: Callable[[str], Any] | None = None,
    ) -> None:
        self._issuer, self._audience, self._claim = issuer, audience, claim
        self._now = now
        self._fetch = fetch or _fetch
        self._keys: dict[str, Any] = {}
        self._fetched_at = float("-inf")

    def bearer_of(self, token: str) -> Bearer:
        """Returns the token's bearer. Raises AuthenticationError for a token that is invalid here.

        Raises StorageUnavailableError if the issuer's keys cannot be fetched.
        """
        import jwt

        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ArithmeticError, RecursionError) as error:
            raise _refused(type(error).__name__) from error
        self._check_times(claims)
        tenant = claims.get(self._claim)
        if not isinstance(tenant, str) or not is_tenant(tenant):
            raise _refused(f"no tenant in the claim {self._claim}")
        return Bearer(tenant, str(claims["sub"]), int(claims["exp"]))

    def _check_times(self, claims: dict[str, Any]) -> None:
        """Raises AuthenticationError for a token that is not valid by the deployment's clock."""
        ends, begins = claims["exp"], claims.get("nbf", 0)
        if not _is_time(ends) or not _is_time(begins):
            raise _refused("'exp' and 'nbf' must be numbers")
        if not begins - LEEWAY_SECONDS <= self._now() < ends + LEEWAY_SECONDS:
            raise _refused("it is not valid at this time")

    def _key(self, key_id: str) -> Any:
        age = self._now() - self._fetched_at
        if age > KEYS_KEPT_SECONDS or (key_id not in self._keys and age > ASK_AGAIN_SECONDS):
            self._keys, self._fetched_at = self._published(), self._now()
        if key_id not in self._keys:
            raise _refused("signed with an unknown key")
        return self._keys[key_id]

    def _published(self) -> dict[str, Any]:
        from jwt import PyJWKSet, PyJWTError

        try:
            place = self._fetch(self._issuer.rstrip("/") + DISCOVERY)["jwks_uri"]
            keys = PyJWKSet.from_dict(self._fetch(place)).keys
        except (OSError, ValueError, KeyError, TypeError, PyJWTError) as error:
            raise StorageUnavailableError(f"the issuer's keys: {type(error).__name__}") from error
        return {str(key.key_id): key for key in keys}


def _is_time(value: Any) -> bool:
    """Returns whether a claim is a time: booleans, NaN and infinity are not."""
    return type(value) in (int, float) and abs(value) < MAX_TIME


def _fetch(url: str) -> Any:
    if not url.startswith("https://"):
        raise ValueError("keys are fetched over TLS only")
    # The URL is https and comes from the operator's issuer, both checked above.
    with urlopen(url, timeout=FETCH_SECONDS) as answer:  # noqa: S310  # nosec B310
        return json.loads(answer.read())


def _refused(reason: str) -> AuthenticationError:
    return AuthenticationError(f"The token is not valid here: {reason}.", code="invalid_api_key")
