"""Addresses of pictures: an attack table. No request reaches a host that is not Twilio's, or that is not public."""

import socket
from collections.abc import Iterator

import pytest
import requests
from urllib3.util import parse_url

from ingest.sms.media_address import MediaAddresses, NotPublic, PublicHttpsAdapter, host_of, require_public

_TWILIO = "https://api.twilio.com"

API = ["https://api.twilio.com/x", "https://api.dublin.ie1.twilio.com/2010-04-01/x?y=1", "https://api.twilio.com:443/x"]
STORAGE = [
    "https://media.twiliocdn.com/AC0/x",
    "https://mms.twiliocdn.com/x",
    "https://s3-external-1.amazonaws.com/media.twiliocdn.com/x?X-Amz-Signature=1&a=%20",
    "https://media.s3.ap-southeast-3.amazonaws.com/x",
    "https://s3.amazonaws.com/x",
]
ATTACKS = [
    "http://127.0.0.1\\.amazonaws.com/",
    "https://127.0.0.1\\.amazonaws.com/",
    "https://127.0.0.1\\@api.twilio.com/",
    "https://api.twilio.com\\.contoh.id/",
    "https://api.twilio.com/\\contoh.id",
    "https://api.twilio.com@contoh.id/",
    "https://contoh.id@api.twilio.com/",
    "https://user:password@api.twilio.com/",
    "https://contoh.id#@api.twilio.com/",
    "https://contoh.id?.twilio.com/",
    "https://contoh.id/.twilio.com",
    "https://api.twilio.com.contoh.id/",
    "https://xtwilio.com/",
    "https://xtwiliocdn.com/",
    "https://amazonaws.com/",
    "https://xs3.amazonaws.com/",
    "https://ec2-203-0-113-7.compute.amazonaws.com/",
    "https://s3.contoh.amazonaws.com.contoh.id/",
    "http://api.twilio.com/",
    "http://media.twiliocdn.com/",
    "ftp://media.twiliocdn.com/",
    "file:///etc/passwd",
    "//api.twilio.com/",
    "https:api.twilio.com/",
    "https:///api.twilio.com/",
    "HTTPS://API.TWILIO.COM/\t",
    "https://api.twilio.com:22/",
    "https://api.twilio.com:/",
    "https://api.twilio.com:443:22/",
    "https://api.twilio.com:0443/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::1].twilio.com/",
    "https://localhost/",
    "https://169.254.169.254/latest/meta-data/",
    "https://api.twilio.com./",
    "https://.twilio.com/",
    "https://api..twilio.com/",
    "https://api。twilio。com/",
    "https://\uff41pi.twilio.com/",
    "https://api.twilio.com/ x",
    "https://api.twilio.com/\r\nHost: contoh.id",
    "https://api.twilio.com\n/",
    "https://api.twilio.com/\x00",
    " https://api.twilio.com/",
    "https://api%2etwilio.com/",
    "nonsense",
    "",
]


@pytest.mark.parametrize("url", [*API, *STORAGE])
def test_twilios_addresses_are_allowed(url: str) -> None:
    """The API and the storage are used; only the API gets the account's token."""
    addresses = MediaAddresses(_TWILIO)
    assert addresses.is_allowed(url)
    assert addresses.is_api(url) == (url in API)


@pytest.mark.parametrize("url", ATTACKS)
@pytest.mark.parametrize("base_url", [_TWILIO, "http://127.0.0.1:9"])
def test_other_addresses_are_not(url: str, base_url: str) -> None:
    """An address that is not plainly one of Twilio's is neither requested nor given the token."""
    addresses = MediaAddresses(base_url)
    assert not addresses.is_allowed(url)
    assert not addresses.is_api(url)


@pytest.mark.parametrize("url", [*API, *STORAGE])
def test_the_library_that_connects_reads_the_same_host(url: str) -> None:
    """Both requests and urllib3 find the host that was checked."""
    prepared_url = requests.Request("GET", url).prepare().url
    assert prepared_url is not None
    assert parse_url(prepared_url).host == host_of(url)


def test_a_substitute_is_used_alone() -> None:
    """With a substitute of Twilio's API, the token goes to the substitute alone."""
    addresses = MediaAddresses("http://127.0.0.1:1234", ("http://localhost:1234/",))
    assert addresses.is_api("http://127.0.0.1:1234/x")
    assert addresses.is_allowed("http://localhost:1234/x")
    for url in ("http://127.0.0.1:12345/x", "http://127.0.0.1:1234@contoh.id/x", "http://127.0.0.1:1234\\x", *API):
        assert not addresses.is_api(url)
    assert not addresses.is_api("http://localhost:1234/x")


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address that must be refused
    "::1",
    "fe80::1%eth0",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    """Addresses of this machine, of private networks and of cloud metadata are refused."""
    with pytest.raises(NotPublic):
        require_public(address)


@pytest.mark.parametrize("address", ["52.216.0.1", "2600:1f18::1"])
def test_public_addresses_are_used(address: str) -> None:
    """Public addresses of both protocols are accepted."""
    require_public(address)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket on loopback that nobody may connect to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening


def test_a_name_that_leads_to_this_machine_gets_no_connection(listener: socket.socket) -> None:
    """A name may resolve to loopback. Then no connection is opened."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", PublicHttpsAdapter())
        with pytest.raises((NotPublic, requests.ConnectionError)):
            session.get(f"https://localhost:{listener.getsockname()[1]}/", timeout=5)
    with pytest.raises(BlockingIOError):
        listener.accept()
