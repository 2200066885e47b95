"""Rate limits of the doors: a moving window for each door and sender, in the memory of this process."""

import time
from collections.abc import Mapping

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ingest.http.client_networks import client_networks
from pages.refusals import Refused


class RateLimiter:
    """Limits requests by door and sender. `rates` has a rate such as `60/minute` for each door or kind of request.

    `counts_loopback` is as in `client_networks`. The `limits` library reads the clock itself.
    """

    def __init__(self, rates: Mapping[str, str], *, counts_loopback: bool = False) -> None:
        self._counts_loopback = counts_loopback
        self._rates: dict[str, RateLimitItem] = {door: parse(rate) for door, rate in rates.items()}
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def check_rate(self, door: str, sender: str, cost: int = 1) -> None:
        """Count one request of a sender. Raise `Refused` (429, with the seconds to wait) above the rate of the door.

        `sender` is an address, or another name of the sender. `cost` is the number of units that the request counts
        for. The request must be within the budget of each network of the address (`client_networks`). A refused
        request counts nowhere.
        """
        rate = self._rates[door]
        networks = client_networks(sender, counts_loopback=self._counts_loopback)
        windows = [(_multiplied(rate, network.budget), network.name) for network in networks]
        # Another thread may take the last unit between the test and the hit. One window alone needs no test.
        attempts = (self._windows.test, self._windows.hit) if len(windows) > 1 else (self._windows.hit,)
        for attempt in attempts:
            for network_rate, network_name in windows:
                if not attempt(network_rate, door, network_name, cost=cost):
                    reset = self._windows.get_window_stats(network_rate, door, network_name).reset_time
                    raise Refused("too_many_requests", retry_after=max(1, round(reset - time.time())))


def _multiplied(rate: RateLimitItem, budget: int) -> RateLimitItem:
    """Return the rate with `budget` times as many requests in the same time."""
    return type(rate)(rate.amount * budget, rate.multiples)
