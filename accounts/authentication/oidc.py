"""Sign-in by an OpenID Connect provider: code flow with PKCE (RFC 7636) and a checked ID token.

The provider proves an e-mail address. It never creates an account: the address must have an account or an invitation.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from accounts.account_store import normalized_email
from accounts.authentication.pending_sign_ins import OidcRequest, PendingSignIn
from accounts.tokens import token_hash

# Signatures with a public key. `none` and signatures with a shared secret are never accepted (RFC 8725, 3.1 and 3.2).
ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384")
# Names in the metadata of the addresses that we use (OpenID Connect Discovery 1.0, 3).
_ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_METADATA_PATH = "/.well-known/openid-configuration"
# The provider may change its keys; a token with an unknown key reads them again at once.
_METADATA_LIFETIME = timedelta(hours=1)
_CONNECT_SECONDS, _READ_SECONDS = 5, 10
# Tolerated difference of the clocks of the provider and of this machine.
_LEEWAY_SECONDS = 60


class OidcUnavailable(Exception):
    """The provider does not answer, or its answer cannot be used. Trying again may help."""


class OidcRefused(Exception):
    """The answer is not acceptable: it is forged, late, used, of another browser, or has no verified address.

    `reason` is a constant for the log.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Metadata:
    authorization_endpoint: str
    token_endpoint: str
    keys: KeySet
    read_at: datetime


class OidcProvider:
    """The provider of the settings. `redirect_address` is our address that the provider sends the browser back to.

    `issuer` is https, or http on loopback. Every method may raise `OidcUnavailable`.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        redirect_address: str,
        now: Callable[[], datetime],
        new_token: Callable[[], str],
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_address = redirect_address
        self._now = now
        self._new_token = new_token
        self._metadata: _Metadata | None = None
        self._lock = threading.Lock()

    def new_request(self) -> tuple[OidcRequest, str]:
        """Return the values of a new sign-in, and the provider's address that the browser goes to."""
        # A code verifier has 43 to 128 characters (RFC 7636, 4.1).
        request = OidcRequest(self._new_token(), self._new_token(), self._new_token() + self._new_token())
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self._current_metadata().authorization_endpoint,
                state=request.state,
                nonce=request.nonce,
                code_verifier=request.code_verifier,
            )
        return request, str(address)

    def verified_email(self, pending: PendingSignIn, parameters: Mapping[str, str]) -> str:
        """Return the address of the person whom the provider has signed in. Raises `OidcRefused`.

        `pending` is the sign-in of this browser, `parameters` are those of the address that it came back to.
        """
        state, code = parameters.get("state", ""), parameters.get("code", "")
        if not (pending.state_hash and compare_digest(pending.state_hash, token_hash(state))):
            raise OidcRefused("state")
        # RFC 9207: an answer that names another issuer was meant for another provider.
        if parameters.get("iss", self._issuer) != self._issuer:
            raise OidcRefused("issuer")
        if not code:
            raise OidcRefused("no_code")
        claims = self._claims(self._id_token(code, pending.code_verifier), pending.nonce)
        email = normalized_email(str(claims.get("email", "")))
        if not email or claims.get("email_verified") is not True:
            raise OidcRefused("email_not_verified")
        return email

    def _id_token(self, code: str, code_verifier: str) -> str:
        endpoint = self._current_metadata().token_endpoint
        try:
            with self._client() as client:
                token = client.fetch_token(endpoint, code=code, code_verifier=code_verifier, allow_redirects=False)
        except AuthlibBaseError as error:
            raise OidcRefused("code") from error
        except (requests.RequestException, ValueError, TypeError, AttributeError) as error:
            raise OidcUnavailable(type(error).__name__) from error
        id_token = token.get("id_token") if isinstance(token, Mapping) else None
        if not isinstance(id_token, str):
            raise OidcRefused("no_id_token")
        return id_token

    def _claims(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of a valid ID token (OpenID Connect Core, 3.1.3.7)."""
        metadata = self._current_metadata()
        try:
            token = self._decoded(id_token, metadata.keys)
        except (JoseError, ValueError):
            # The provider may have changed its keys since they were read.
            token = self._decoded_or_refused(id_token, self._read_metadata().keys)
        registry = jwt.JWTClaimsRegistry(
            now=lambda: int(self._now().timestamp()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            registry.validate(token.claims)
        except JoseError as error:
            raise OidcRefused("claims") from error
        audience = token.claims["aud"]
        # A token for several clients must name the one that it was issued to; one that names a client must name us.
        has_several = isinstance(audience, list) and len(audience) > 1
        if token.claims.get("azp", None if has_several else self._client_id) != self._client_id:
            raise OidcRefused("audience")
        return token.claims

    def _decoded_or_refused(self, id_token: str, keys: KeySet) -> jwt.Token:
        try:
            return self._decoded(id_token, keys)
        except (JoseError, ValueError) as error:
            raise OidcRefused("signature") from error

    @staticmethod
    def _decoded(id_token: str, keys: KeySet) -> jwt.Token:
        return jwt.decode(id_token, keys, algorithms=ALGORITHMS)

    def _client(self) -> OAuth2Session:
        client = OAuth2Session(
            self._client_id,
            self._client_secret,
            scope="openid email",
            redirect_uri=self._redirect_address,
            code_challenge_method="S256",
            default_timeout=(_CONNECT_SECONDS, _READ_SECONDS),
        )
        client.trust_env = False
        return client

    def _current_metadata(self) -> _Metadata:
        metadata = self._metadata
        if metadata is None or self._now() - metadata.read_at >= _METADATA_LIFETIME:
            return self._read_metadata()
        return metadata

    def _read_metadata(self) -> _Metadata:
        """Read the provider's addresses and keys. One thread at a time does so."""
        with self._lock, requests.Session() as session:
            session.trust_env = False
            document = self._json(session, self._issuer.rstrip("/") + _METADATA_PATH)
            if document.get("issuer") != self._issuer:
                raise OidcUnavailable("the provider names another issuer")
            addresses = [str(document.get(name, "")) for name in _ADDRESSES]
            if not all(map(is_safe_address, addresses)):
                raise OidcUnavailable("the provider names an address without https")
            try:
                keys = KeySet.import_key_set(self._json(session, addresses[2]))  # type: ignore[arg-type]  # checked there
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise OidcUnavailable("the provider's keys cannot be read") from error
            self._metadata = _Metadata(addresses[0], addresses[1], keys, self._now())
            return self._metadata

    def _json(self, session: requests.Session, address: str) -> Mapping[str, Any]:
        try:
            response = session.get(address, timeout=(_CONNECT_SECONDS, _READ_SECONDS), allow_redirects=False)
            response.raise_for_status()
            document = response.json()
        except (requests.RequestException, ValueError) as error:
            raise OidcUnavailable(type(error).__name__) from error
        if not isinstance(document, Mapping):
            raise OidcUnavailable("the provider's answer is no object")
        return document


def is_safe_address(address: str) -> bool:
    """Return True for an https address, and for http on loopback."""
    try:
        parts = urlsplit(address)
        if parts.scheme == "https" and parts.hostname:
            return True
        return parts.scheme == "http" and (
            parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
        )
    except ValueError:
        return False
