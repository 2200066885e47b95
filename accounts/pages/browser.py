"""The browser of a request: its cookies, its address and its device."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from accounts.device import device_name
from accounts.permissions import Actor
from accounts.sessions import Sessions, SignedInSession
from accounts.signed_in import NotSignedIn, SecondFactorMissing

# The prefix lets a browser accept the cookie only from this host, by https or on loopback, for all paths: no other
# site below the same domain can plant a session (RFC 6265bis, 4.1.3.2).
SESSION_COOKIE = "__Host-meja"
PENDING_COOKIE = "__Host-meja-masuk"
DEVICE_COOKIE = "__Host-meja-perangkat"
# Browsers keep no cookie longer (RFC 6265bis, 5.5). Each sign-in renews it.
_DEVICE_SECONDS = 400 * 24 * 60 * 60
_MAX_TOKEN_LENGTH = 300


class BrowserSessions:
    """Finds the session of a request by its cookie, and sets and deletes the cookies."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def find_actor(self, request: Request) -> Actor | None:
        """Return the person who is signed in, None if there is no valid session. For `SignedIn`.

        Raises `SecondFactorMissing`.
        """
        session = self.find(request)
        if session and session.lacks_second_factor:
            raise SecondFactorMissing
        return session.actor if session else None

    def find(self, request: Request) -> SignedInSession | None:
        """Return the session of a request, None if there is no valid one. It is read once for each request."""
        if not hasattr(request.state, "desk_session"):
            token = _cookie(request, SESSION_COOKIE)
            request.state.desk_session = self._sessions.find(token) if token else None
        session: SignedInSession | None = request.state.desk_session
        return session

    def require(self, request: Request) -> SignedInSession:
        """Return the session of a request. Raises `NotSignedIn` or `SecondFactorMissing`."""
        session = self.require_for_set_up(request)
        if session.lacks_second_factor:
            raise SecondFactorMissing
        return session

    def require_for_set_up(self, request: Request) -> SignedInSession:
        """Return the session of a request, also without a needed second factor: to set one up. Raises `NotSignedIn`."""
        session = self.find(request)
        if session is None:
            raise NotSignedIn
        return session

    def replace(self, request: Request, response: Response, account_id: UUID) -> None:
        """Begin a new session for this browser after a change of rights or password. The former one ends."""
        former = self.find(request)
        if former:
            self._sessions.end(former.actor.account_id, former.id)
        set_token(response, SESSION_COOKIE, self._sessions.start(account_id, device_of(request)))


def pending_token(request: Request) -> str:
    """Return the token of a sign-in that is not complete; empty if there is none."""
    return _cookie(request, PENDING_COOKIE)


def device_token(request: Request) -> str:
    """Return the token of the device; empty if nobody has signed in on it."""
    return _cookie(request, DEVICE_COOKIE)


def set_device_token(response: Response, token: str) -> None:
    """Set the cookie that makes a device known. It stays after the sign-out."""
    response.set_cookie(DEVICE_COOKIE, token, _DEVICE_SECONDS, path="/", secure=True, httponly=True, samesite="lax")


def set_token(response: Response, cookie: str, token: str) -> None:
    """Set a cookie that lasts until the browser is closed; the session's own limits are in the database."""
    response.set_cookie(cookie, token, path="/", secure=True, httponly=True, samesite="lax")


def delete_token(response: Response, cookie: str) -> None:
    """Delete a cookie."""
    response.delete_cookie(cookie, path="/", secure=True, httponly=True, samesite="lax")


def device_of(request: Request) -> str:
    """Return the coarse name of the device."""
    return device_name(request.headers.get("user-agent", ""))


def _cookie(request: Request, name: str) -> str:
    token = request.cookies.get(name, "")
    return token if len(token) <= _MAX_TOKEN_LENGTH else ""
