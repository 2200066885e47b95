"""How often one sender may knock."""

import pytest

from ingest.arrival import Refused
from ingest.http.rate_limits import RateLimiter


def knocks(limiter: RateLimiter, who: str, most: int = 10) -> int:
    """How often somebody is let in at the web door."""
    for number in range(most):
        try:
            limiter.check_rate("web", who)
        except Refused:
            return number
    return most


@pytest.fixture
def limiter() -> RateLimiter:
    """Three a minute."""
    return RateLimiter({"web": "3/minute"})


def test_the_fourth_knock_is_refused_with_when_to_come_again(limiter: RateLimiter) -> None:
    """And another sender is let in all the same."""
    assert (knocks(limiter, "203.0.113.7"), knocks(limiter, "203.0.113.8")) == (3, 3)
    with pytest.raises(Refused) as refused:
        limiter.check_rate("web", "203.0.113.7")
    assert (refused.value.reason, refused.value.status) == ("too_many_requests", 429)
    assert 1 <= (refused.value.retry_after or 0) <= 60


def test_a_network_of_ipv6_is_one_sender(limiter: RateLimiter) -> None:
    """Who has a whole network of addresses has no more knocks than who has one."""
    assert knocks(limiter, "2001:db8:1:2::1") == 3
    assert knocks(limiter, "2001:db8:1:2:ffff::9") == 0
    assert knocks(limiter, "2001:db8:1:3::1") == 3


@pytest.mark.parametrize("own", ["127.0.0.1", "::1"])
def test_this_machine_is_let_in(limiter: RateLimiter, own: str) -> None:
    """A replay, and a proxy that does not name its clients."""
    assert knocks(limiter, own) == 10


def test_a_name_is_a_sender_too(limiter: RateLimiter) -> None:
    """A device or a key in the place of an address."""
    assert knocks(limiter, "device:1") == 3
