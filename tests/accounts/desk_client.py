"""Client of the desk that behaves as a browser: it keeps cookies and names the site of the page that sends."""

from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from typing import Any

import requests
from starlette.types import ASGIApp

from tests.ingest.door_client import DoorServer

_PATIENCE_SECONDS = 20.0
_BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (X11) Firefox/140.0"}


class DeskClient:
    """Client of one browser. `cookies` are those that the desk set.

    The cookie jar of `requests` does not send `Secure` cookies to a loopback address, as browsers do.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}

    def set_cookie(self, name: str, value: str) -> None:
        """Plant a cookie, as an attacker or a copied browser profile would."""
        self.cookies = {name: value}

    def get(self, path: str, headers: dict[str, str] | None = None) -> requests.Response:
        """Open a page without following redirects."""
        return self._send("GET", path, {**_BROWSER, **(headers or {})})

    def post(
        self,
        path: str,
        fields: Mapping[str, str | list[str]] | None = None,
        headers: dict[str, str] | None = None,
        **request: Any,
    ) -> requests.Response:
        """Send a form without following redirects."""
        return self._send("POST", path, {**_BROWSER, **(headers or {})}, data=fields or {"": ""}, **request)

    def program(self, method: str, path: str, headers: dict[str, str] | None = None, **request: Any) -> Any:
        """Send a request without the headers of a browser."""
        return self._send(method, path, {"Accept": "*/*", **(headers or {})}, **request)

    def _send(self, method: str, path: str, headers: dict[str, str], **request: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            response = session.request(
                method,
                self.address + path,
                headers={"Cookie": cookie, **headers},
                timeout=_PATIENCE_SECONDS,
                allow_redirects=False,
                **request,
            )
        for line in response.raw.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        return response


OpenDesk = Callable[[ASGIApp], DeskClient]


def desk_client(server: DoorServer, app: ASGIApp) -> DeskClient:
    """Serve the application and return a client."""
    server.app = app
    return DeskClient(f"http://127.0.0.1:{server.port}")
