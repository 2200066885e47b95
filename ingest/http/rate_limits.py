"""How often one sender may knock at a door: a moving window for each door and sender, in this process's memory."""

import time
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ingest.arrival import Refused

# Whole neighbourhoods share one address of a mobile operator: high enough for them, low enough for one machine.
RATES: Mapping[str, str] = {
    "web": "60/minute",
    "upload": "120/minute",
    "open311": "120/minute",
    "open311-read": "600/minute",
    # Each looks up as many as a thousand numbers.
    "open311-list": "12/minute",
    "mobile": "60/minute",
    # Nothing proves who sent it, and each is kept for a person to look at.
    "sms-unsigned": "30/minute",
}
# A provider hands out addresses of IPv6 by the network, not by the device.
_NETWORK_BITS = 64


class Limiter:
    """`rates` (as in `60/minute`) take the place of those above, door by door. The library reads the clock itself."""

    def __init__(self, rates: Mapping[str, str]) -> None:
        self._rates: dict[str, RateLimitItem] = {door: parse(rate) for door, rate in {**RATES, **rates}.items()}
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def admit(self, door: str, who: str) -> None:
        """`who` is an address, or another name of the sender. Raises `Refused` (429) with when to come again.

        This machine's own addresses are let in: who is behind a proxy of ours is named by the proxy.
        """
        sender = _network(who)
        rate = self._rates[door]
        if sender is None or self._windows.hit(rate, door, sender):
            return
        reset = self._windows.get_window_stats(rate, door, sender).reset_time
        raise Refused("too_many_requests", retry_after=max(1, round(reset - time.time())))


def _network(who: str) -> str | None:
    try:
        address = ip_address(who)
    except ValueError:
        return who
    if address.is_loopback:
        return None
    if isinstance(address, IPv6Address):
        return str(int(address) >> (128 - _NETWORK_BITS))
    return who
