"""Addresses of webhooks: only https to public hosts, whatever form the address has."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest

from desk.webhooks.address_guard import AddressGuard, AddressRefused, WebhookTarget, is_public

_PUBLIC = "1.1.1.1"


def guard(*resolved: str, allow_http: bool = False, networks: Sequence[str] = ()) -> AddressGuard:
    """Return a guard whose resolver gives these addresses for every name."""
    allowed_networks = [ip_network(network) for network in networks]
    return AddressGuard(allow_http=allow_http, allowed_networks=allowed_networks, resolve=lambda _host, _port: resolved)


def refusal(address_guard: AddressGuard, address: str) -> str:
    """Return the reason why an address is refused, or "" if it is not."""
    try:
        address_guard.resolve(address_guard.parse(address))
    except AddressRefused as refused:
        return refused.reason
    return ""


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://lapor.example/masuk?kunci=a%20b", WebhookTarget("https", "lapor.example", 443, "/masuk?kunci=a%20b")),
        ("https://lapor.example", WebhookTarget("https", "lapor.example", 443, "/")),
        ("HTTPS://Lapor.Example:8443/A", WebhookTarget("https", "lapor.example", 8443, "/A")),
        ("https://1.1.1.1/", WebhookTarget("https", "1.1.1.1", 443, "/")),
        ("https://[2606:4700::1111]/", WebhookTarget("https", "2606:4700::1111", 443, "/")),
        ("https://xn--kxawhk.example/", WebhookTarget("https", "xn--kxawhk.example", 443, "/")),
    ],
)
def test_an_address_has_one_reading(address: str, target: WebhookTarget) -> None:
    """A usual address is accepted, and its parts are those that the connection uses."""
    assert guard(_PUBLIC).parse(address) == target
    assert refusal(guard(_PUBLIC), address) == ""


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://lapor.example/", "not_https"),
        ("ftp://lapor.example/", "not_an_address"),
        ("https://petugas@lapor.example/", "not_an_address"),
        ("https://petugas:sandi@lapor.example/", "not_an_address"),
        ("https://lapor.example\\@127.0.0.1/", "not_an_address"),
        ("https://lapor.example/#x", "not_an_address"),
        ("https://lapor.example/a b", "not_an_address"),
        ("https://lapor.example/\r\nX: y", "not_an_address"),
        ("https://lapor.example/\n", "not_an_address"),
        ("https://lapor.example?x", "not_an_address"),
        ("https:///x", "not_an_address"),
        ("https://lapor.example:0/", "not_an_address"),
        ("https://lapor.example:22/", "port_not_allowed"),
        ("https://lapor.example:80/", "port_not_allowed"),
        ("https://lapor.example:99999/", "port_not_allowed"),
        ("https://lapor_a.example/", "not_an_address"),
        (f"https://lapor.example/{'a' * 2000}", "not_an_address"),
        ("https://2130706433/", "not_an_address"),
        ("https://0x7f000001/", "not_an_address"),
        ("https://0x7f.0.0.1/", "not_an_address"),
        ("https://0177.0.0.1/", "not_an_address"),
        ("https://127.1/", "not_an_address"),
        ("https://1.1.1.256/", "not_an_address"),
        ("https://[fe80::1%25eth0]/", "not_an_address"),
        ("https://[::::]/", "not_an_address"),
        ("https://\uff11\uff12\uff17.0.0.1/", "not_an_address"),
    ],
)
def test_an_address_outside_the_grammar_is_refused(address: str, reason: str) -> None:
    """Forms that parsers read differently are refused before anything is resolved."""
    assert refusal(guard(_PUBLIC), address) == reason


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",  # noqa: S104
        "100.64.0.1", "100.127.255.254", "192.0.0.8", "192.0.2.7", "192.88.99.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "100::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "::127.0.0.1", "::ffff:0:0",
        "2002:7f00:1::", "2002:c0a8:101::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_no_form_of_an_address_outside_the_public_internet_is_public(ip: str) -> None:
    """Private, loopback, link-local, multicast, reserved and shared addresses, also inside an IPv6 address."""
    assert not is_public(ip_address(ip))
    literal = f"[{ip}]" if ":" in ip else ip
    assert refusal(guard(), f"https://{literal}/") == "private_network"
    assert refusal(guard(ip), "https://lapor.example/") == "private_network"


@pytest.mark.parametrize("ip", ["1.1.1.1", "103.28.12.7", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::1"])
def test_public_addresses_are_public(ip: str) -> None:
    """An ordinary address, and one behind the NAT64 of an IPv6 network."""
    assert is_public(ip_address(ip))


def test_one_private_address_of_a_name_refuses_it() -> None:
    """The public address beside it does not help: either may be connected to."""
    assert refusal(guard(_PUBLIC, "10.0.0.1"), "https://lapor.example/") == "private_network"
    assert refusal(guard(_PUBLIC, "::1"), "https://lapor.example/") == "private_network"


def test_an_allowed_network_is_allowed_in_each_form() -> None:
    """An agency inside the government's network is reached, its neighbours are not."""
    inside = guard("10.20.1.9", networks=["10.20.0.0/16"])
    assert refusal(inside, "https://lapor.example/") == ""
    assert refusal(guard("::ffff:10.20.1.9", networks=["10.20.0.0/16"]), "https://lapor.example/") == ""
    assert refusal(guard("10.21.1.9", networks=["10.20.0.0/16"]), "https://lapor.example/") == "private_network"
    assert refusal(guard("fd00::7", networks=["fd00::/64"]), "https://lapor.example/") == ""


def test_a_setting_allows_http() -> None:
    """Then port 80 is the usual one, and port 443 is not."""
    plain = guard(_PUBLIC, allow_http=True)
    assert plain.parse("http://lapor.example/x") == WebhookTarget("http", "lapor.example", 80, "/x")
    assert refusal(plain, "http://lapor.example:8080/") == ""
    assert refusal(plain, "http://lapor.example:443/") == "port_not_allowed"


def test_a_name_without_addresses_is_refused() -> None:
    """Also if the resolver fails."""

    def fail(_host: str, _port: int) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    failing = AddressGuard(allow_http=False, allowed_networks=(), resolve=fail)
    assert refusal(failing, "https://lapor.example/") == "name_not_resolved"
    assert refusal(guard(), "https://lapor.example/") == "name_not_resolved"
