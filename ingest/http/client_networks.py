"""Networks that a client's requests are counted under: one IPv4 address, or prefixes of an IPv6 address. Pure."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

# Translated IPv4 addresses (RFC 6052). All clients behind a NAT64 have this prefix.
_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4_BITS = 32
# Prefix lengths, and the budget of each in budgets of one sender. A provider assigns a phone a /64, a household or an
# office a /56 or a /48. Many phones of one mobile operator share a /48, so its budget is as large as that of the many
# phones behind one IPv4 address.
_IPV6_PREFIXES = ((64, 1), (56, 4), (48, 16))


class ClientNetwork(NamedTuple):
    """A network of clients. `budget` is its limit, in multiples of the limit of one sender."""

    name: str
    budget: int


@lru_cache(maxsize=10_000)
def client_networks(sender: str, *, counts_loopback: bool = False) -> tuple[ClientNetwork, ...]:
    """Return the networks that requests of `sender` count under, the narrowest first.

    `sender` is an address, or another name of a sender, which counts alone. There is no network for an address of
    this machine, unless `counts_loopback`: a public service has a proxy before it, and one on this machine that names
    no client would lift every limit.
    """
    try:
        address = _unmapped(ip_address(sender))
    except ValueError:
        return (ClientNetwork(sender, 1),)
    if address.is_loopback and not counts_loopback:
        return ()
    if isinstance(address, IPv4Address):
        return (ClientNetwork(str(address), 1),)
    return tuple(
        ClientNetwork(str(IPv6Network((int(address), length), strict=False)), budget)
        for length, budget in _IPV6_PREFIXES
    )


def client_network(address: str) -> str:
    """Return the name of the narrowest network of an address, empty for an address of this machine."""
    return next((network.name for network in client_networks(address)), "")


def widest_network(address: str) -> str:
    """Return the name of the widest network of an address, empty for an address of this machine or none."""
    return client_networks(address)[-1].name if address and client_networks(address) else ""


def unmapped_address(address: str) -> IPv4Address | IPv6Address | None:
    """Return the address, an IPv4 address in an IPv6 one as itself; `None` for another text."""
    try:
        return _unmapped(ip_address(address))
    except ValueError:
        return None


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address in a mapped (`::ffff:a.b.c.d`) or NAT64 address, any other address unchanged."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & (2**_IPV4_BITS - 1))
    return address
