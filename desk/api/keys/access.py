"""Admission of a request: its key, the rate of the key, and the key's scope."""

from collections.abc import Callable

from starlette.requests import Request

from accounts.permissions import Actor, Role, without_brackets
from desk.api.keys.agency_keys import AgencyKey, AgencyKeys, KeyRefused
from desk.api.keys.rate_limits import KeyRateLimiter
from desk.api.keys.scopes import Scope
from desk.api.problems import ApiError
from desk.units.tiers import Tier
from pages.clients import client_address

_REALM = 'Bearer realm="agency"'
# The rate that a request with each scope counts for.
_RATES: dict[Scope, str] = {
    "read": "agency-read",
    "answer": "agency-answer",
    "pictures": "agency-read",
    "units": "agency-answer",
}


class Access:
    """Admits requests with a valid key. Afterwards `request.state` has `agency_key`, `tier` and `rate_headers`."""

    def __init__(self, keys: AgencyKeys, limiter: KeyRateLimiter) -> None:
        self._keys = keys
        self._limiter = limiter

    def needing(self, scope: Scope) -> Callable[[Request], None]:
        """Return a FastAPI dependency that admits requests whose key has this scope. It raises `ApiError`."""

        def admit(request: Request) -> None:
            key = self._authenticated(request)
            request.state.agency_key = key
            request.state.tier = self._keys.tier(key)
            request.state.rate_headers = self._limiter.count(_RATES[scope], str(key.id))
            if scope not in key.scopes:
                challenge = f'{_REALM}, error="insufficient_scope", scope="{scope}"'
                raise ApiError("scope_missing", headers={"WWW-Authenticate": challenge})

        return admit

    def _authenticated(self, request: Request) -> AgencyKey:
        address = client_address(request.scope)
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            self._limiter.require_space(address)
            self._limiter.count_refused(address)
            raise ApiError("key_missing", headers={"WWW-Authenticate": _REALM})
        try:
            return self._keys.authenticate(text.strip())
        except KeyRefused as refused:
            # Only after the key was looked up: many share one address, and a wrong key must not stop a right one.
            self._limiter.require_space(address)
            self._limiter.count_refused(address)
            challenge = f'{_REALM}, error="invalid_token"'
            raise ApiError(refused.fault, headers={"WWW-Authenticate": challenge}) from None


def agency_key(request: Request) -> AgencyKey:
    """Return the key of an admitted request."""
    key: AgencyKey = request.state.agency_key
    return key


def key_tier(request: Request) -> Tier:
    """Return the cases that the key of an admitted request may see."""
    tier: Tier = request.state.tier
    return tier


def key_actor(key: AgencyKey, officer: str) -> Actor:
    """Return the actor of an act by a program: the officer as the program names the person, and the key."""
    officer = without_brackets(officer)
    name = f"{officer.strip()} (key {key.id.hex[:8]})" if officer.strip() else f"key {key.id.hex[:8]}"
    return Actor(key.id, name, Role.OFFICER, key.agency, key.unit)
