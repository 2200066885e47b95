"""Rate limits of the doors: a moving window for each door and sender, in the memory of this process."""

import time
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ingest.arrival import Refused

# A provider assigns IPv6 addresses by network (a /64 prefix), not by device.
_NETWORK_BITS = 64


class RateLimiter:
    """Limits requests by door and sender. `rates` has a rate such as `60/minute` for each door or kind of request.

    The `limits` library reads the clock itself.
    """

    def __init__(self, rates: Mapping[str, str]) -> None:
        self._rates: dict[str, RateLimitItem] = {door: parse(rate) for door, rate in rates.items()}
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def check_rate(self, door: str, sender: str) -> None:
        """Count one request of a sender. Raise `Refused` (429, with the seconds to wait) above the rate of the door.

        `sender` is an address, or another name of the sender. Addresses of this machine are not counted: a proxy of
        ours names the client behind it.
        """
        counted_sender = _counted_sender(sender)
        rate = self._rates[door]
        if counted_sender is None or self._windows.hit(rate, door, counted_sender):
            return
        reset = self._windows.get_window_stats(rate, door, counted_sender).reset_time
        raise Refused("too_many_requests", retry_after=max(1, round(reset - time.time())))


def _counted_sender(sender: str) -> str | None:
    """Return the name that requests of a sender are counted under, `None` for an address of this machine."""
    try:
        address = ip_address(sender)
    except ValueError:
        return sender
    if address.is_loopback:
        return None
    if isinstance(address, IPv6Address):
        return str(int(address) >> (128 - _NETWORK_BITS))
    return sender
