"""Rate limits by door and sender."""

import pytest

from ingest.http.admission import Admission
from ingest.http.rate_limits import RateLimiter
from pages.refusals import Refused


def admitted_requests(limiter: RateLimiter, sender: str, attempts: int = 10) -> int:
    """Return the number of admitted requests at the web door."""
    for number in range(attempts):
        try:
            limiter.check_rate("web", sender)
        except Refused:
            return number
    return attempts


@pytest.fixture
def limiter() -> RateLimiter:
    """Limiter that admits three requests a minute."""
    return RateLimiter({"web": "3/minute"})


def test_the_fourth_request_is_refused_with_retry_after(limiter: RateLimiter) -> None:
    """Another sender is still admitted."""
    assert (admitted_requests(limiter, "203.0.113.7"), admitted_requests(limiter, "203.0.113.8")) == (3, 3)
    with pytest.raises(Refused) as refused:
        limiter.check_rate("web", "203.0.113.7")
    assert (refused.value.reason, refused.value.status) == ("too_many_requests", 429)
    assert 1 <= (refused.value.retry_after or 0) <= 60


def test_a_network_of_ipv6_is_one_sender(limiter: RateLimiter) -> None:
    """All addresses of one /64 network share one rate."""
    assert admitted_requests(limiter, "2001:db8:1:2::1") == 3
    assert admitted_requests(limiter, "2001:db8:1:2:ffff::9") == 0
    assert admitted_requests(limiter, "2001:db8:1:3::1") == 3


@pytest.mark.parametrize("local_address", ["127.0.0.1", "::1"])
def test_this_machine_is_not_limited(limiter: RateLimiter, local_address: str) -> None:
    """A replay comes from this machine."""
    assert admitted_requests(limiter, local_address) == 10


@pytest.mark.parametrize("local_address", ["127.0.0.1", "::1"])
def test_a_public_service_limits_this_machine(local_address: str) -> None:
    """A proxy that names no client would lift every limit."""
    limiter = RateLimiter({"web": "3/minute"}, counts_loopback=True)
    assert admitted_requests(limiter, local_address) == 3


def test_a_name_is_a_sender_too(limiter: RateLimiter) -> None:
    """A device or a key counts like an address."""
    assert admitted_requests(limiter, "device:1") == 3


@pytest.mark.parametrize("form", ["::ffff:{}", "64:ff9b::{}"])
def test_ipv4_in_ipv6_is_the_ipv4_address(limiter: RateLimiter, form: str) -> None:
    """Each translated address has its own rate, and shares it with its other spelling."""
    assert admitted_requests(limiter, form.format("203.0.113.7")) == 3
    assert admitted_requests(limiter, "203.0.113.7") == 0
    assert admitted_requests(limiter, form.format("203.0.113.8")) == 3


@pytest.mark.parametrize(("networks", "admitted"), [("2001:db8:1:{:x}::1", 12), ("2001:db8:1:{:x}00::1", 48)])
def test_a_wide_network_has_a_wider_rate(limiter: RateLimiter, networks: str, admitted: int) -> None:
    """75 networks of one /56 get four rates together, and those of one /48 sixteen."""
    addresses = [networks.format(number) for number in range(75)]
    assert sum(admitted_requests(limiter, address) for address in addresses) == admitted
    assert admitted_requests(limiter, "2001:db8:2::1") == 3


def test_a_refused_request_uses_nothing_of_the_wide_network(limiter: RateLimiter) -> None:
    """One network that sends too much does not use up what its neighbours may send."""
    for _ in range(10):
        admitted_requests(limiter, "2001:db8:1:2::1")
    assert admitted_requests(limiter, "2001:db8:1:3::1") == 3


def test_links_and_numbers_share_the_rate_of_the_status_pages() -> None:
    """An address cannot try out many of them. Its other requests, and those of other addresses, are still admitted."""
    admission = Admission(RateLimiter({"requests": "9/minute", "status": "3/minute"}), (), "lapor.example")

    def refusal(path: str, address: str = "203.0.113.7") -> str:
        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": (address, 50_000)}
        try:
            admission.check(scope)
        except Refused as refused:
            return refused.reason
        return ""

    refusals = [refusal(path) for path in ("/l/AAAA", "/status/2VA8-SD70-3330", "/l/BBBB", "/l/CCCC")]
    assert refusals == ["", "", "", "too_many_requests"]
    assert (refusal("/lapor"), refusal("/l/CCCC", "203.0.113.8")) == ("", "")
