"""The largest network of a door: what operations staff see in a flood, and what is not kept."""

import pytest

from app.assembly.channels import DIRECTORY
from ingest.network_shares import LargestNetwork, NetworkShares, network_of


class Clock:
    """A clock in seconds that a test sets."""

    seconds = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def shares(clock: Clock) -> NetworkShares:
    """No request yet."""
    return NetworkShares(DIRECTORY.doors.values(), clock)


def send(shares: NetworkShares, count: int, *addresses: str, path: str = "/web/reports") -> None:
    """Send so many requests from each address."""
    for address in addresses:
        for _ in range(count):
            shares.count(path, address)


def test_one_network_of_a_flood_is_named(shares: NetworkShares) -> None:
    """Its addresses count together, at each door apart."""
    send(shares, 31, "203.0.113.7", "203.0.113.8", "::ffff:203.0.113.9")
    send(shares, 7, "198.51.100.1")
    send(shares, 60, "2001:db8:1:2::7", path="/mobile/v1/reports")
    assert shares.largest() == {
        "web": LargestNetwork("203.0.113.0/24", 0.93, 100),
        "mobile": LargestNetwork("2001:db8:1:2::/64", 1.0, 60),
    }


def test_many_networks_are_citizens(shares: NetworkShares) -> None:
    """None of them has half of the requests."""
    send(shares, 60, "203.0.113.7", "198.51.100.1", "192.0.2.1")
    assert shares.largest() == {}


def test_few_requests_name_nobody(shares: NetworkShares) -> None:
    """A single citizen has the whole traffic of a quiet night."""
    send(shares, 49, "203.0.113.7")
    assert shares.largest() == {}
    send(shares, 1, "203.0.113.7")
    assert shares.largest()


def test_counts_are_gone_after_five_minutes(shares: NetworkShares, clock: Clock) -> None:
    """The memory has no network of an earlier time."""
    send(shares, 60, "203.0.113.7")
    clock.seconds += 240
    assert shares.largest()
    clock.seconds += 60
    assert shares.largest() == {}
    assert not shares._minutes  # noqa: SLF001 - what is kept


def test_a_provider_and_our_own_proxy_are_no_network(shares: NetworkShares) -> None:
    """One address of Twilio sends the messages of many citizens."""
    send(shares, 60, "203.0.113.7", path="/sms/twilio")
    send(shares, 60, "127.0.0.1", "::1", "", "unix:")
    assert shares.largest() == {}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.200", "203.0.113.0/24"),
        ("64:ff9b::cb00:7107", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", ""),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    """An IPv4 address in an IPv6 one is that IPv4 address."""
    assert network_of(address) == network
