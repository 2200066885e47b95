"""Rate limits of the programming interface: a moving window for each key, in the memory of this process.

Requests without a valid key count for the client's network; a valid key of the same network has its own rate.
"""

import time
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from types import MappingProxyType

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from desk.api.problems import ApiError

# Default rates: requests that read, answers, and requests without a valid key.
AGENCY_RATES: Mapping[str, str] = MappingProxyType(
    {"agency-read": "60/minute", "agency-answer": "30/minute", "agency-refused": "30/minute"}
)
_IPV6_NETWORK_BITS = 64


class KeyRateLimiter:
    """Counts requests. `rates` has a rate such as `60/minute` for each name of `AGENCY_RATES`."""

    def __init__(self, rates: Mapping[str, str]) -> None:
        self._rates: dict[str, RateLimitItem] = {name: parse(rates[name]) for name in AGENCY_RATES}
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def count(self, name: str, key: str) -> dict[str, str]:
        """Count a request of a key. Return the headers of its response. Raises `ApiError` above the rate."""
        rate = self._rates[name]
        is_within = self._windows.hit(rate, name, key)
        headers = self._headers(name, rate, key)
        if not is_within:
            raise ApiError("too_many_requests", headers={**headers, **self._retry_after(name, rate, key)})
        return headers

    def require_space(self, address: str) -> None:
        """Raise `ApiError` if the network of this address has sent too many requests without a valid key."""
        rate, network = self._rates["agency-refused"], _network(address)
        if not self._windows.test(rate, "agency-refused", network):
            raise ApiError("too_many_requests", headers=self._retry_after("agency-refused", rate, network))

    def count_refused(self, address: str) -> None:
        """Count a request without a valid key."""
        self._windows.hit(self._rates["agency-refused"], "agency-refused", _network(address))

    def _headers(self, name: str, rate: RateLimitItem, key: str) -> dict[str, str]:
        """Return `RateLimit-Policy` and `RateLimit` (IETF draft httpapi-ratelimit-headers)."""
        window = self._windows.get_window_stats(rate, name, key)
        reset = max(0, round(window.reset_time - time.time()))
        return {
            "RateLimit-Policy": f'"{name}";q={rate.amount};w={rate.get_expiry()}',
            "RateLimit": f'"{name}";r={max(0, window.remaining)};t={reset}',
        }

    def _retry_after(self, name: str, rate: RateLimitItem, key: str) -> dict[str, str]:
        reset_time = self._windows.get_window_stats(rate, name, key).reset_time
        return {"Retry-After": str(max(1, round(reset_time - time.time())))}


def _network(address: str) -> str:
    """Return the network that counts as one client: an IPv4 address, or an IPv6 /64 network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))
    return str(parsed)
