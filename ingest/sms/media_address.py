"""Decides which addresses pictures are fetched from, and connects only to public hosts.

An address is used only if it matches one strict grammar, in which all parsers agree about the host. `urlsplit` and
urllib3 do not agree about a backslash before `.amazonaws.com/`, for example: one checked it, the other connected.
"""

import re
import socket
from collections.abc import Callable, Collection
from ipaddress import ip_address
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection

# https, a host of plain labels, port 443, no user; then a path without backslashes, spaces and control characters.
_ADDRESS = re.compile(r"https://((?:[a-z0-9-]{1,63}\.)+[a-z]{2,63})(?::443)?(?:[/?][!-\[\]-~]*)?", re.ASCII)
_API_DOMAIN = "twilio.com"
# Twilio's API redirects to these. Any customer of AWS can have another host below amazonaws.com.
_STORAGE_HOST = re.compile(r"(.+\.)?(twilio\.com|twiliocdn\.com|s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com)")


class NotPublic(OSError):
    """A host has an address in a private network, or of this machine."""


class MediaAddresses:
    """Addresses that belong to Twilio.

    `base_url` is Twilio's API or a substitute of an operator. `substitute_storage` are the beginnings of the addresses
    that a substitute redirects to, as in `http://localhost:1234/`. The operator trusts `substitutes`, in whatever
    network they are.
    """

    def __init__(self, base_url: str, substitute_storage: Collection[str] = ()) -> None:
        base = f"{base_url.rstrip('/')}/"
        base_host = host_of(base)
        self._is_twilio = base_host is not None and is_below(base_host, _API_DOMAIN)
        self._substitute_api = () if self._is_twilio else (base,)
        self.substitutes: tuple[str, ...] = (*self._substitute_api, *substitute_storage)

    def is_api(self, url: str) -> bool:
        """Return True if the address is one of the API. Only these get the account's token."""
        host = host_of(url)
        is_twilios = self._is_twilio and host is not None and is_below(host, _API_DOMAIN)
        return is_twilios or _begins_with(url, self._substitute_api)

    def is_allowed(self, url: str) -> bool:
        """Return True if a picture may be fetched from the address: from the API or from Twilio's storage."""
        host = host_of(url)
        is_twilios = host is not None and _STORAGE_HOST.fullmatch(host) is not None
        return is_twilios or self.is_api(url) or _begins_with(url, self.substitutes)


def _begins_with(url: str, origins: tuple[str, ...]) -> bool:
    """Return True if the address begins with one of these origins, which end with a slash."""
    return url.startswith(origins) and "\\" not in url


def host_of(url: str) -> str | None:
    """Return the host of an address in the strict form, `None` for any other address."""
    match = _ADDRESS.fullmatch(url)
    return match[1] if match else None


def is_below(host: str, domain: str) -> bool:
    """Return True if the host is the domain or lies below it. The border is a dot: `xtwilio.com` is another domain."""
    return host == domain or host.endswith(f".{domain}")


def require_public(address: str) -> None:
    """Raise `NotPublic` for an IP address of this machine or of a private network."""
    if not ip_address(address.partition("%")[0]).is_global:
        raise NotPublic("not a public address")


class PublicHttpsAdapter(HTTPAdapter):
    """Connects over TLS, and only to public addresses. With a proxy of the operator, the proxy connects instead."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See `requests.adapters.HTTPAdapter`."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}


class _PublicConnection(HTTPSConnection):
    """Connection that checks the address before it connects, and again after: the name may resolve differently."""

    resolve: Callable[..., list[Any]] = staticmethod(socket.getaddrinfo)

    def _new_conn(self) -> socket.socket:
        for *_, address in self.resolve(self.host, self.port, type=socket.SOCK_STREAM):
            require_public(str(address[0]))
        connection = super()._new_conn()
        try:
            require_public(str(connection.getpeername()[0]))
        except NotPublic:
            connection.close()
            raise
        return connection


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection
