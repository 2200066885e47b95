"""Decides before the body of a request is read whether the request is admitted: by its rate, and by its site."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from ingest.http.rate_limits import RateLimiter
from ingest.network_shares import NetworkShares
from messages.channels import DoorFacts
from pages.clients import client_address
from pages.refusals import Refused

# Names of rates that count every request of an address. A page with its lists and its script is about ten requests,
# and many phones share one address of a mobile operator. No number of requests below it keeps a process busy.
# `file-megabytes` bounds the files of the form and of the app by their announced sizes: about 400 photos an hour.
# `picture-megapixels` bounds the time of their decoding, whatever their bytes: about 15 s of a core at most (WebP,
# measured). The five largest photos of one form are 250.
ADDRESS_RATES: Mapping[str, str] = {
    "requests": "1200/minute",
    "status": "240/minute",
    "file-megabytes": "1000/hour",
    "picture-megapixels": "300/minute",
}
# Pages that a number or a link opens. Below the rate `status` nobody tries out many of them.
_STATUS_PREFIXES = ("/status", "/l/")
_READING_METHODS = {"GET", "HEAD", "OPTIONS"}
_FOREIGN_SITES = {"cross-site", "same-site"}


class Admission:
    """Checks requests by their address and headers. `public_host` is the host of the service's public address.

    `networks` counts what the doors are sent.
    """

    def __init__(
        self,
        limiter: RateLimiter,
        doors: Collection[DoorFacts],
        public_host: str,
        networks: NetworkShares | None = None,
    ) -> None:
        self._limiter = limiter
        self._provider_prefixes = tuple(door.address_prefix for door in doors if door.from_provider)
        self._program_prefixes = tuple(door.address_prefix for door in doors if door.only_programs)
        self._public_host = public_host
        self._networks = networks

    def check(self, scope: Scope) -> None:
        """Count the request. Raise `Refused`: 429 above the rate of its address, 403 if a foreign page sent it."""
        path: str = scope["path"]
        if self._networks and scope["method"] not in _READING_METHODS:
            self._networks.count(path, client_address(scope))
        if not path.startswith(self._provider_prefixes):
            address = client_address(scope)
            self._limiter.check_rate("requests", address)
            if path.startswith(_STATUS_PREFIXES):
                self._limiter.check_rate("status", address)
        if path.startswith(self._program_prefixes) and scope["method"] not in _READING_METHODS:
            self._check_site(Headers(scope=scope))

    def _check_site(self, headers: Headers) -> None:
        """Raise `Refused` (403) if a browser sent the request for a page of another site.

        Such a page can send simple requests without asking us (CORS). The reader of that page would send reports
        without knowing it. Programs send neither of these headers.
        """
        site = headers.get("sec-fetch-site")
        if site is not None:
            is_foreign = site in _FOREIGN_SITES
        else:
            origin = headers.get("origin")
            is_foreign = origin is not None and _host(origin) not in {self._public_host, headers.get("host", "")}
        if is_foreign:
            raise Refused("foreign_site")


def _host(origin: str) -> str | None:
    """Return the host of an origin with its port, `None` for an opaque origin (`null`) and for an invalid one."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
