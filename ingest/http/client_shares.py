"""Limits of what requests hold while they are served: in all, and for each client network."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from ingest.http.client_networks import ClientNetwork
from ingest.http.concurrency_limit import busy

# A /56 or a /48 network may hold twice as much as one address or one /64 network.
_WIDE_SHARES = 2

_log = structlog.get_logger()


class ClientShares:
    """Something that requests hold, such as places. `held` is its name in the log.

    At most `limit` is held in all, and `share` by the requests of one address or /64 network, at least 1 each.
    """

    def __init__(self, held: str, limit: int, share: int) -> None:
        self._held = held
        self._limit = max(1, limit)
        self._share = max(1, share)
        self._taken = 0
        self._taken_by_network: Counter[str] = Counter()

    @contextmanager
    def holding(self, networks: Sequence[ClientNetwork], amount: int = 1) -> Iterator[None]:
        """Hold an amount until the block ends. Raises `Refused` (503) above a limit."""
        self.take(networks, amount)
        try:
            yield
        finally:
            self.give_back(networks, amount)

    def check(self, networks: Sequence[ClientNetwork], amount: int = 1) -> None:
        """Raise `Refused` (503) if this much cannot be taken now."""
        for network in networks:
            share = self._share * min(network.budget, _WIDE_SHARES)
            if self._taken_by_network[network.name] + amount > share:
                _log.warning("door.share_reached", held=self._held, requests=self._taken)
                raise busy()
        if self._taken + amount > self._limit:
            _log.warning("door.limit_reached", held=self._held, requests=self._taken)
            raise busy()

    def take(self, networks: Sequence[ClientNetwork], amount: int = 1) -> None:
        """Take an amount. Raises `Refused` (503) above a limit."""
        self.check(networks, amount)
        self._taken += amount
        for network in networks:
            self._taken_by_network[network.name] += amount

    def give_back(self, networks: Sequence[ClientNetwork], amount: int = 1) -> None:
        """Give an amount back that was taken."""
        self._taken -= amount
        for network in networks:
            self._taken_by_network[network.name] -= amount
            if not self._taken_by_network[network.name]:
                del self._taken_by_network[network.name]
