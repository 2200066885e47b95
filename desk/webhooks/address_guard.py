"""Decides which addresses webhooks may have, and to which IP address a delivery connects.

An agency chooses the address, so it must not lead into our own network (server-side request forgery). The name is
resolved once, each resolved address is checked, and the connection goes to a checked address: a second answer of the
DNS server has no effect.
"""

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal, TypeAlias

IpAddress: TypeAlias = IPv4Address | IPv6Address
IpNetwork: TypeAlias = IPv4Network | IPv6Network
# Returns the IP addresses of a host name. Raises `OSError` if there are none.
Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
RefusalReason: TypeAlias = Literal[
    "not_an_address", "not_https", "port_not_allowed", "name_not_resolved", "private_network"
]

MAX_ADDRESS_LENGTH = 2_000
# Scheme, host and port, then a path and a query of visible ASCII without backslash, `#` and double quotes. It has no
# place for a user (`user@host`). The last label of a name begins with a letter: `2130706433` and `0x7f000001`
# are forms of 127.0.0.1 that resolvers accept.
_ADDRESS = re.compile(
    r"""(?P<scheme>https?)://
    (?P<host>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?
      |(?P<literal>[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9a-f:.]{2,45}\]))
    (?::(?P<port>[1-9][0-9]{0,4}))?
    (?P<path>/[!$-;=?-\[\]_a-z~]*)?""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_DEFAULT_PORTS = {"https": 443, "http": 80}
_FIRST_UNPRIVILEGED_PORT, _LAST_PORT = 1024, 65_535
# RFC 6052: IPv4 addresses behind a NAT64. The second prefix (RFC 8215) is for networks' own use.
_NAT64, _LOCAL_NAT64 = IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48")
# RFC 4291, 2.5.5.1: the deprecated form of an IPv4 address in IPv6.
_IPV4_COMPATIBLE = IPv6Network("::/96")
# Networks that `is_global` of some Python versions accepts: shared (RFC 6598), 6to4 relays (RFC 7526).
_NOT_PUBLIC = (IPv4Network("100.64.0.0/10"), IPv4Network("192.88.99.0/24"), IPv4Network("192.0.0.0/24"))


class AddressRefused(Exception):
    """A webhook may not have this address. `reason` is a constant; the address is not quoted."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason)
        self.reason: RefusalReason = reason


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Parts of a webhook's address. `host` is a name or an IP address without brackets; `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str


def resolve_name(host: str, port: int) -> Sequence[str]:
    """Return the IP addresses of a name, as the system resolves it. Raises `OSError`."""
    return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


class AddressGuard:
    """Checks addresses of webhooks.

    `allow_http` permits http beside https. `allowed_networks` are private networks that agencies are reached in.
    """

    def __init__(
        self, *, allow_http: bool, allowed_networks: Sequence[IpNetwork], resolve: Resolver = resolve_name
    ) -> None:
        self._allow_http = allow_http
        self._allowed_networks = tuple(allowed_networks)
        self._resolve = resolve

    def parse(self, address: str) -> WebhookTarget:
        """Return the parts of an address. Raises `AddressRefused`. Nothing is resolved."""
        match = _ADDRESS.fullmatch(address) if len(address) <= MAX_ADDRESS_LENGTH else None
        if match is None or (match["literal"] and not _is_ip_address(match["host"].strip("[]"))):
            raise AddressRefused("not_an_address")
        scheme = match["scheme"].lower()
        if scheme == "http" and not self._allow_http:
            raise AddressRefused("not_https")
        port = _allowed_port(int(match["port"] or _DEFAULT_PORTS[scheme]), scheme)
        return WebhookTarget(scheme, match["host"].strip("[]").lower(), port, match["path"] or "/")

    def resolve(self, target: WebhookTarget) -> Sequence[str]:
        """Return the IP addresses of the target, all of them checked. Raises `AddressRefused`.

        One forbidden address refuses the name: the order of the addresses is not under our control.
        """
        addresses = [ip_address(text.partition("%")[0]) for text in self._addresses_of(target)]
        if not addresses:
            raise AddressRefused("name_not_resolved")
        if not all(self._is_allowed(address) for address in addresses):
            raise AddressRefused("private_network")
        return [str(address) for address in addresses]

    def _addresses_of(self, target: WebhookTarget) -> Sequence[str]:
        if _is_ip_address(target.host):
            return [target.host]
        try:
            return self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            raise AddressRefused("name_not_resolved") from None

    def _is_allowed(self, address: IpAddress) -> bool:
        plain = _embedded_ipv4(address) or address
        if any(plain.version == network.version and plain in network for network in self._allowed_networks):
            return True
        return is_public(address)


def _allowed_port(port: int, scheme: str) -> int:
    """Return the port. Raises `AddressRefused` for one that a system service may have."""
    if port != _DEFAULT_PORTS[scheme] and not _FIRST_UNPRIVILEGED_PORT <= port <= _LAST_PORT:
        raise AddressRefused("port_not_allowed")
    return port


def _is_ip_address(host: str) -> bool:
    """Return True for an IP address in its usual form. `0177.0.0.1`, an octal form, is none."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: IpAddress) -> bool:
    """Return True for a unicast address of the public Internet, also as an IPv4 address inside an IPv6 address."""
    if isinstance(address, IPv6Address):
        if address in _LOCAL_NAT64 or address.is_site_local:
            return False
        embedded = _embedded_ipv4(address)
        if embedded is not None:
            return is_public(embedded)
    elif any(address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _embedded_ipv4(address: IpAddress) -> IPv4Address | None:
    """Return the IPv4 address that packets to an IPv6 address reach in the end, if there is one."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64 or (address in _IPV4_COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
