"""The network that sends most of the requests to a door, of the last minutes: whether a flood has one source.

It keeps counts by network in memory, and no address: an IPv4 /24 or an IPv6 /64, which a person shares with others. The
counts are gone after five minutes. Only a network with a large share is named, and only to operations staff.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, ip_network
from typing import NamedTuple

from ingest.http.client_networks import unmapped_address
from messages.channels import DoorFacts

_MINUTES = 5
_SECONDS_PER_MINUTE = 60
_IPV4_PREFIX, _IPV6_PREFIX = 24, 64
# Of fewer requests a share says nothing, and would name the network of a single citizen.
_MIN_REQUESTS = 50
_MIN_SHARE = 0.5
# Networks that are counted in a minute. All further ones count as one, so that no flood fills the memory.
_MAX_NETWORKS = 20_000
_OTHERS = ""


class LargestNetwork(NamedTuple):
    """A network, and its share of all `requests` to a door."""

    network: str
    share: float
    requests: int


class NetworkShares:
    """Counts the requests of each network to each door. Safe for several threads. `clock` is in seconds."""

    def __init__(self, doors: Iterable[DoorFacts], clock: Callable[[], float]) -> None:
        # The longest prefix first: `/` is a prefix of every address. A provider's address is that of many citizens.
        addressed = [door for door in doors if door.address_prefix]
        self._doors = sorted(addressed, key=lambda door: len(door.address_prefix), reverse=True)
        self._clock = clock
        self._lock = threading.Lock()
        # The minutes that count, each with its requests by door and network.
        self._minutes: deque[tuple[int, Counter[tuple[str, str]]]] = deque()

    def count(self, path: str, address: str) -> None:
        """Count one request to the door that has this path. Neither is kept."""
        door = next(door for door in self._doors if path.startswith(door.address_prefix))
        network = "" if door.from_provider else network_of(address)
        if not network:
            return
        with self._lock:
            minute = self._forget_old()
            if not self._minutes or self._minutes[-1][0] != minute:
                self._minutes.append((minute, Counter()))
            counts = self._minutes[-1][1]
            is_counted = (door.name, network) in counts or len(counts) < _MAX_NETWORKS
            counts[door.name, network if is_counted else _OTHERS] += 1

    def largest(self) -> Mapping[str, LargestNetwork]:
        """Return the largest network of each door of which one sends at least half of many requests."""
        with self._lock:
            self._forget_old()
            counts = sum((counts for _, counts in self._minutes), Counter[tuple[str, str]]())
        requests: Counter[str] = Counter()
        for (door, _), number in counts.items():
            requests[door] += number
        return {
            door: LargestNetwork(network, number / requests[door], requests[door])
            for (door, network), number in counts.items()
            if network != _OTHERS and number >= _MIN_REQUESTS and number >= _MIN_SHARE * requests[door]
        }

    def _forget_old(self) -> int:
        """Drop the counts of minutes that have passed; return the present minute."""
        minute = int(self._clock() // _SECONDS_PER_MINUTE)
        while self._minutes and self._minutes[0][0] <= minute - _MINUTES:
            self._minutes.popleft()
        return minute


def network_of(address: str) -> str:
    """Return the network of an address, such as `203.0.113.0/24`; empty for an address of this machine and for none."""
    parsed = unmapped_address(address)
    if parsed is None or parsed.is_loopback:
        return ""
    prefix = _IPV4_PREFIX if isinstance(parsed, IPv4Address) else _IPV6_PREFIX
    return str(ip_network(f"{parsed}/{prefix}", strict=False))
