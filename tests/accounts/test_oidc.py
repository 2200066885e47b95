"""Sign-in by an OpenID Connect provider, and answers that are refused."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from accounts.authentication.oidc import OidcProvider, is_safe_address
from accounts.authentication.pending_sign_ins import PENDING_LIMIT
from accounts.invitations import NewPerson
from accounts.permissions import Role
from tests.accounts.desk import SESSION, Desk, email_of
from tests.accounts.desk_client import DeskClient, OpenDesk
from tests.support.log_capture import captured_log
from tests.support.loopback import html
from tests.support.oidc_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    OidcProviderStandIn,
    hmac_token,
    running_provider,
    signed_token,
    unsigned_token,
)

NAME = "Sari Dewi"
START, RETURN = "/desk/masuk/oidc", "/desk/masuk/oidc/kembali"
PENDING = "__Host-meja-masuk"


@pytest.fixture
def provider(desk: Desk) -> Iterator[OidcProviderStandIn]:
    """A provider with the clock of the desk."""
    with running_provider(desk.clock) as stand_in:
        yield stand_in


@pytest.fixture
def client(desk: Desk, open_desk: OpenDesk, provider: OidcProviderStandIn) -> DeskClient:
    """A browser at a desk that uses the provider."""
    return open_desk(desk.app(oidc=client_of(desk, provider)))


def client_of(desk: Desk, provider: OidcProviderStandIn) -> OidcProvider:
    """Return our client of the provider."""
    tokens = (f"{number:032x}" for number in range(10_000))
    return OidcProvider(
        provider.url, CLIENT_ID, CLIENT_SECRET, f"http://127.0.0.1{RETURN}", desk.clock, lambda: next(tokens)
    )


def return_path(client: DeskClient, provider: OidcProviderStandIn, continue_at: str = "") -> str:
    """Begin at our page and sign in at the provider. Return the path that the browser is sent back to."""
    begun = client.get(f"{START}?lanjut={continue_at}")
    address = urlsplit(provider.sign_in(begun.headers["Location"]))
    return f"{address.path}?{address.query}"


def assert_refused(client: DeskClient, path: str, status: HTTPStatus = HTTPStatus.FORBIDDEN) -> None:
    """Assert that the answer of the provider signs nobody in."""
    answer = client.get(path)
    assert answer.status_code == status
    assert SESSION not in client.cookies
    assert PENDING not in client.cookies


def test_a_person_with_an_account_signs_in(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """The address of the account is that which the provider has verified. The person continues at the opened page."""
    desk.add(NAME)
    assert "Masuk dengan akun instansi" in client.get("/desk/masuk?lanjut=/desk/laporan").text
    answer = client.get(return_path(client, provider, "/desk/laporan"))
    assert answer.headers["Location"] == "/desk/laporan"
    assert client.get("/desk/laporan").text == NAME
    assert (desk.log[-1].action, desk.log[-1].why) == ("account.signed_in", "OIDC")


def test_an_invited_person_gets_an_account(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """The invitation is used, and the account has no password."""
    desk.services.people.invite(NewPerson(email_of(NAME), NAME, Role.OFFICER, "kota-3374"), "Tester", "test")
    client.get(return_path(client, provider))
    assert client.get("/desk/laporan").text == NAME
    assert desk.services.invitations.open() == []
    account = desk.services.accounts.by_email(email_of(NAME))
    assert account
    assert account.password_hash == ""
    guess = client.post("/desk/masuk", {"email": email_of(NAME), "sandi": ""})
    assert guess.status_code == HTTPStatus.BAD_REQUEST


def test_an_invitation_that_is_withdrawn_meanwhile(
    desk: Desk, client: DeskClient, provider: OidcProviderStandIn
) -> None:
    """The person is refused as one without an invitation."""
    desk.services.people.invite(NewPerson(email_of(NAME), NAME, Role.OFFICER, "kota-3374"), "Tester", "test")
    invitation_id = desk.services.invitations.open()[0].id
    desk.record_hook = lambda _action: desk.services.invitations.withdraw(invitation_id)
    answer = client.get(return_path(client, provider))
    assert (answer.status_code, "Anda tidak dapat masuk" in answer.text) == (HTTPStatus.FORBIDDEN, True)
    assert desk.services.accounts.by_email(email_of(NAME)) is None


def test_an_invitation_with_a_name_that_is_refused_today(
    desk: Desk, client: DeskClient, provider: OidcProviderStandIn
) -> None:
    """An invitation from before the rule of names makes no account."""
    person = NewPerson(email_of(NAME), "Sari [Dewi]", Role.OFFICER, "kota-3374")
    desk.services.invitations.store(UUID(int=9), person, None, "Tester", desk.mail.send_link)
    with captured_log() as log:
        answer = client.get(return_path(client, provider))
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert [entry["reason"] for entry in log.lines if entry["event"] == "oidc.refused"] == ["name_invalid"]


def test_nobody_gets_an_account_silently(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """A person of the provider without an account or an invitation is refused, and so is a revoked one."""
    assert_refused(client, return_path(client, provider))
    desk.services.people.revoke(desk.add(NAME), "Tester", "left")
    assert_refused(client, return_path(client, provider))
    assert "account.signed_in" not in desk.actions()


def test_our_second_factor_is_asked_for_too(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """A second factor of the desk is not passed by the provider."""
    account_id = desk.add(NAME)
    desk.switch_on_second_factor(account_id)
    answer = client.get(return_path(client, provider))
    assert answer.headers["Location"] == "/desk/masuk/kode"
    assert SESSION not in client.cookies


Forgery = Callable[[dict[str, Any]], str]
ANOTHER_KEY = RSAKey.generate_key(2048, {"kid": "1"})


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "of another sign-in"}, "claims"),
        ({"nonce": None}, "claims"),
        ({"aud": "another-client"}, "claims"),
        ({"aud": None}, "claims"),
        ({"aud": [CLIENT_ID, "another-client"]}, "audience"),
        ({"aud": [CLIENT_ID, "another-client"], "azp": "another-client"}, "audience"),
        ({"azp": "another-client"}, "audience"),
        ({"aud": [CLIENT_ID], "azp": "another-client"}, "audience"),
        ({"azp": [CLIENT_ID]}, "audience"),
        ({"email": "\u212aepala@semarang.example"}, "email_not_verified"),
        ({"iss": "https://jahat.example"}, "claims"),
        ({"iss": None}, "claims"),
        ({"exp": 1}, "claims"),
        ({"exp": None}, "claims"),
        ({"iat": None}, "claims"),
        ({"iat": 4_000_000_000}, "claims"),
        ({"email_verified": False}, "email_not_verified"),
        ({"email_verified": None}, "email_not_verified"),
        ({"email_verified": "true"}, "email_not_verified"),
        ({"email": None}, "email_not_verified"),
        ({"email": "sari.dewi@semarang.example, budi@semarang.example"}, "email_not_verified"),
    ],
)
def test_claims_that_are_refused(
    desk: Desk, client: DeskClient, provider: OidcProviderStandIn, claims: dict[str, Any], reason: str
) -> None:
    """Issuer, audience, time, nonce and a verified address: each must be right."""
    desk.add(NAME)
    provider.claims = claims
    with captured_log() as log:
        assert_refused(client, return_path(client, provider))
    assert [entry["reason"] for entry in log.lines if entry["event"] == "oidc.refused"] == [reason]


@pytest.mark.parametrize(
    "forgery",
    [
        pytest.param(unsigned_token, id="none"),
        pytest.param(lambda claims: signed_token(claims, ANOTHER_KEY), id="another key"),
        pytest.param(lambda claims: jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET)), id="HS256"),
        pytest.param(lambda claims: signed_token(claims, ANOTHER_KEY)[:-4] + "AAAA", id="changed"),
        pytest.param(lambda _claims: "no token", id="no token"),
        pytest.param(lambda _claims: "", id="empty"),
    ],
)
def test_signatures_that_are_refused(
    desk: Desk, client: DeskClient, provider: OidcProviderStandIn, forgery: Forgery
) -> None:
    """Only a signature by a published key of the provider counts."""
    desk.add(NAME)
    provider.id_token = forgery
    assert_refused(client, return_path(client, provider))


def test_a_public_key_as_a_shared_secret(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """A token that was signed with the text of the public key (RFC 8725, 2.1) is refused."""
    desk.add(NAME)
    public_key = provider.key.as_pem(private=False)
    provider.id_token = lambda claims: hmac_token(claims, public_key)
    assert_refused(client, return_path(client, provider))


def test_a_code_works_once(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """The same answer again signs nobody in: neither in this browser nor in another one."""
    desk.add(NAME)
    path = return_path(client, provider)
    pending = client.cookies[PENDING]
    assert client.get(path).status_code == HTTPStatus.SEE_OTHER
    thief = DeskClient(client.address)
    thief.set_cookie(PENDING, pending)
    assert_refused(thief, path, HTTPStatus.BAD_REQUEST)


def test_a_replayed_code_with_a_new_sign_in(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """A used code with the state of a new sign-in is refused by the provider."""
    desk.add(NAME)
    used = return_path(client, provider)
    client.get(used)
    fresh = DeskClient(client.address)
    path = return_path(fresh, provider)
    code, used_code = (urlsplit(address).query.split("&")[0] for address in (path, used))
    assert_refused(fresh, path.replace(code, used_code))


def test_an_answer_for_another_browser(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """An attacker cannot sign a victim's browser in with the attacker's answer, nor use the victim's answer."""
    desk.add(NAME)
    attackers_path = return_path(DeskClient(client.address), provider)
    assert_refused(client, attackers_path, HTTPStatus.BAD_REQUEST)
    victims_path = return_path(client, provider)
    assert attackers_path != victims_path
    assert_refused(client, attackers_path)


@pytest.mark.parametrize("parameters", ["", "code=x", "state=x", "error=access_denied&state=x", "code=x&state="])
def test_forged_answers(desk: Desk, client: DeskClient, provider: OidcProviderStandIn, parameters: str) -> None:
    """An answer without the state of this browser is refused before the provider is asked."""
    desk.add(NAME)
    return_path(client, provider)
    provider.requests.clear()
    assert_refused(client, f"{RETURN}?{parameters}")
    assert provider.requests == []


def test_an_answer_of_another_issuer(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """RFC 9207: an answer that names another provider is a mix-up."""
    desk.add(NAME)
    path = return_path(client, provider)
    provider.requests.clear()
    assert_refused(client, path.partition("&iss=")[0] + "&iss=https%3A%2F%2Fjahat.example")
    assert provider.requests == []


def test_a_late_answer(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """After ten minutes the person begins again."""
    desk.add(NAME)
    path = return_path(client, provider)
    desk.clock.advance(PENDING_LIMIT)
    assert_refused(client, path, HTTPStatus.BAD_REQUEST)


def test_new_keys_of_the_provider(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """A token with a new key is accepted at once: the keys are read again."""
    desk.add(NAME)
    client.get(return_path(client, provider))
    provider.renew_key()
    colleague = DeskClient(client.address)
    colleague.get(return_path(colleague, provider))
    assert colleague.get("/desk/laporan").text == NAME


def test_a_provider_that_is_away(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """The page says so, and the sign-in by password still works."""
    desk.add(NAME)
    path = return_path(client, provider)
    provider.script.append(html(503))
    answer = client.get(path)
    assert (answer.status_code, "tidak dapat dihubungi" in answer.text) == (HTTPStatus.BAD_GATEWAY, True)


def test_a_provider_with_another_issuer(desk: Desk, open_desk: OpenDesk, provider: OidcProviderStandIn) -> None:
    """The provider's document must name the issuer of the settings."""
    provider.issuer = "https://jahat.example"
    answer = open_desk(desk.app(oidc=client_of(desk, provider))).get(START)
    assert answer.status_code == HTTPStatus.BAD_GATEWAY


def test_the_metadata_is_read_again(desk: Desk, client: DeskClient, provider: OidcProviderStandIn) -> None:
    """Addresses and keys are read at the first use, and again after an hour."""
    for _ in range(2):
        client.get(START)
    desk.clock.advance(timedelta(hours=1))
    client.get(START)
    assert [request.path for request in provider.requests].count("/jwks") == 2


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://masuk.example/x", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:1", True),
        ("http://masuk.example", False),
        ("http://10.0.0.1", False),
        ("ftp://127.0.0.1", False),
        ("https://", False),
        ("", False),
        ("http://[", False),
    ],
)
def test_addresses_of_a_provider(address: str, *, is_safe: bool) -> None:
    """Tokens and secrets travel by https only; http is for loopback."""
    assert is_safe_address(address) is is_safe
