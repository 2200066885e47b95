"""A small OpenID Connect provider on loopback. It signs with a real key, and misbehaves as a test asks."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.support.loopback import Answer, Loopback, ReceivedRequest, json_answer, serving

CLIENT_ID, CLIENT_SECRET = "satu-pintu", "rahasia-klien-oidc"  # invented
_TOKEN_SECONDS = 300


@cache
def new_key(key_id: str) -> RSAKey:
    """Return a key of the provider; one id has the same key in all tests, because its generation takes long."""
    return RSAKey.generate_key(2048, {"kid": key_id, "use": "sig"})


@dataclass(frozen=True)
class _IssuedCode:
    """What a code stands for."""

    nonce: str
    code_challenge: str
    redirect_uri: str


@dataclass
class OidcProviderStandIn(Loopback):
    """The provider. `claims` replaces or removes (None) claims of the next ID tokens.

    `id_token` replaces the whole token. `email` is the address of the person who signs in there. `now` is its clock.
    """

    now: Callable[[], datetime] = datetime.now
    email: str = "sari.dewi@semarang.example"
    claims: dict[str, Any] = field(default_factory=dict)
    id_token: Callable[[dict[str, Any]], str] | None = None
    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: new_key("1"))
    _codes: dict[str, _IssuedCode] = field(default_factory=dict)

    def sign_in(self, address: str) -> str:
        """Sign the person in, as the provider's page does. Return the address that the browser is sent back to."""
        parameters = dict(parse_qsl(urlsplit(address).query))
        assert parameters["response_type"] == "code"
        assert parameters["client_id"] == CLIENT_ID
        assert parameters["code_challenge_method"] == "S256"
        assert set(parameters["scope"].split()) == {"openid", "email"}
        code = secrets.token_urlsafe(16)
        self._codes[code] = _IssuedCode(parameters["nonce"], parameters["code_challenge"], parameters["redirect_uri"])
        query = urlencode({"code": code, "state": parameters["state"], "iss": self.issuer or self.url})
        return f"{parameters['redirect_uri']}?{query}"

    def renew_key(self) -> None:
        """Sign with another key from now on, and publish it alone."""
        self.key = new_key("2")

    def uses_script(self, request: ReceivedRequest) -> bool:
        """Let a script answer requests for tokens only."""
        return request.path == "/token"

    def usual_answer(self, request: ReceivedRequest) -> Answer:
        """See `Loopback`."""
        issuer = self.issuer or self.url
        if request.path == "/.well-known/openid-configuration":
            return json_answer(
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/jwks",
                }
            )
        if request.path == "/jwks":
            return json_answer(KeySet([self.key]).as_dict(private=False))
        return self._token(request, issuer) if request.path == "/token" else json_answer({}, 404)

    def _token(self, request: ReceivedRequest, issuer: str) -> Answer:
        """Exchange a code. A code works once, for the client and the verifier that it was issued for (RFC 7636)."""
        credentials = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        issued = self._codes.pop(request.form.get("code", ""), None)
        verifier = request.form.get("code_verifier", "").encode()
        challenge = _base64url(hashlib.sha256(verifier).digest())
        if request.headers.get("authorization") != f"Basic {credentials}":
            return json_answer({"error": "invalid_client"}, 401)
        if (
            issued is None
            or challenge != issued.code_challenge
            or request.form.get("redirect_uri") != issued.redirect_uri
        ):
            return json_answer({"error": "invalid_grant"}, 400)
        seconds = int(self.now().timestamp())
        claims = {
            "iss": issuer,
            "aud": CLIENT_ID,
            "sub": "1",
            "iat": seconds,
            "exp": seconds + _TOKEN_SECONDS,
            "nonce": issued.nonce,
            "email": self.email,
            "email_verified": True,
            **self.claims,
        }
        given = {name: value for name, value in claims.items() if value is not None}
        id_token = self.id_token(given) if self.id_token else signed_token(given, self.key)
        return json_answer({"access_token": "a", "token_type": "Bearer", "id_token": id_token})


def signed_token(claims: dict[str, Any], key: RSAKey, algorithm: str = "RS256") -> str:
    """Return an ID token that this key signed."""
    return jwt.encode({"alg": algorithm, "kid": key.kid or "1"}, claims, key)


def unsigned_token(claims: dict[str, Any]) -> str:
    """Return an ID token with the algorithm `none`."""
    return f"{_signing_input('none', claims)}."


def hmac_token(claims: dict[str, Any], secret: bytes) -> str:
    """Return an ID token with the algorithm HS256. No library signs with a public key as a shared secret."""
    signing_input = _signing_input("HS256", claims)
    return f"{signing_input}.{_base64url(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def _signing_input(algorithm: str, claims: dict[str, Any]) -> str:
    parts = ({"alg": algorithm, "typ": "JWT", "kid": "1"}, claims)
    return ".".join(_base64url(json.dumps(part).encode()) for part in parts)


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@contextmanager
def running_provider(now: Callable[[], datetime]) -> Iterator[OidcProviderStandIn]:
    """Run a provider until the block ends."""
    with serving(OidcProviderStandIn(now=now, _lock=threading.Lock())) as provider:
        yield provider
