"""Sign-in and sign-out through the pages, and the attacks on them."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from argon2 import PasswordHasher
from fastapi.routing import APIRoute

from accounts.authentication.attempts import ACCOUNT, ACCOUNT_IN_NETWORK
from accounts.authentication.sign_in import SessionStarted
from accounts.sessions import ABSOLUTE_LIMIT, IDLE_LIMIT
from accounts.tables import SessionRow
from tests.accounts.desk import PASSWORD, SESSION, Desk, email_of, sign_in, signed_in_client
from tests.accounts.desk_client import DeskClient, OpenDesk

NAME = "Sari Dewi"
WRONG = "Email atau kata sandi salah."


def wrong_password(client: DeskClient, name: str = NAME, headers: dict[str, str] | None = None) -> HTTPStatus:
    """Try a wrong password."""
    answer = client.post("/desk/masuk", {"email": email_of(name), "sandi": "salah semua ini"}, headers)
    return HTTPStatus(answer.status_code)


def test_a_person_signs_in_and_out(desk: Desk, open_desk: OpenDesk) -> None:
    """The person continues at the page that was opened. After the sign-out the session is worth nothing."""
    desk.add(NAME)
    client = open_desk(desk.app())
    opened = client.get("/desk/laporan?due=1")
    assert opened.headers["Location"] == "/desk/masuk?lanjut=/desk/laporan%3Fdue%3D1"
    form = client.get(opened.headers["Location"])
    assert 'name="lanjut" value="/desk/laporan?due=1"' in form.text
    sign_in(DeskClient(client.address), NAME)
    assert sign_in(client, NAME, continue_at="/desk/laporan?due=1") == "/desk/laporan?due=1"
    assert client.get("/desk/laporan").text == NAME
    assert client.get("/desk/masuk?lanjut=/desk/saya").headers["Location"] == "/desk/saya"
    token = client.cookies[SESSION]
    assert client.post("/desk/keluar").headers["Location"] == "/desk/masuk?selesai=keluar"
    assert SESSION not in client.cookies
    client.set_cookie(SESSION, token)
    assert client.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER
    assert desk.actions()[-2:] == ["account.signed_in", "session.ended"]


def test_flags_of_the_cookie(desk: Desk, open_desk: OpenDesk) -> None:
    """The cookie is bound to the host, kept from scripts, and not sent with forms of other sites."""
    desk.add(NAME)
    answer = open_desk(desk.app()).post("/desk/masuk", {"email": email_of(NAME), "sandi": PASSWORD})
    cookie = next(value for value in answer.raw.headers.getlist("Set-Cookie") if value.startswith(f"{SESSION}="))
    flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
    assert flags == {"httponly", "secure", "path=/", "samesite=lax"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_tokens_are_not_in_the_database(desk: Desk, open_desk: OpenDesk) -> None:
    """A copy of the database signs nobody in."""
    desk.add(NAME)
    token = signed_in_client(desk, open_desk, NAME).cookies[SESSION]
    with desk.engine.connect() as connection:
        stored = connection.execute(SessionRow.__table__.select()).one()  # type: ignore[attr-defined]  # SQLModel has no type for it
    assert token not in str(tuple(stored))


def test_session_fixation(desk: Desk, open_desk: OpenDesk) -> None:
    """A token that somebody planted in the browser is not taken over by the sign-in."""
    desk.add(NAME)
    desk.add("Budi Santoso")
    planted = signed_in_client(desk, open_desk, "Budi Santoso").cookies[SESSION]
    for token in ("a" * 43, planted):
        client = open_desk(desk.app())
        client.set_cookie(SESSION, token)
        sign_in(client, NAME)
        assert client.cookies[SESSION] != token
        assert client.get("/desk/laporan").text == NAME
    client.set_cookie(SESSION, "a" * 43)
    assert client.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "%00", "\u00fc"])
def test_forged_tokens(desk: Desk, open_desk: OpenDesk, token: str) -> None:
    """A cookie that nobody issued is no session and no error."""
    cookie = {"Cookie": f"{SESSION}={token}".encode().decode("latin-1")}
    assert open_desk(desk.app()).get("/desk/laporan", cookie).status_code == HTTPStatus.SEE_OTHER


def test_limits_of_a_session(desk: Desk, open_desk: OpenDesk) -> None:
    """A session ends after 30 minutes without use, and after 12 hours in any case."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    for _ in range(int(ABSOLUTE_LIMIT / IDLE_LIMIT) * 2 - 1):
        desk.clock.advance(IDLE_LIMIT / 2)
        assert client.get("/desk/laporan").text == NAME
    desk.clock.advance(IDLE_LIMIT / 2)
    assert client.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER
    sign_in(client, NAME)
    desk.clock.advance(IDLE_LIMIT)
    assert client.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER


def test_nobody_learns_who_has_an_account(desk: Desk, open_desk: OpenDesk) -> None:
    """An unknown name, a wrong password and a revoked account get the same page, but for the typed name."""
    desk.add(NAME)
    desk.services.people.revoke(desk.add("Budi Santoso"), "Tester", "left")
    client = open_desk(desk.app())
    pages = set()
    for name, password in ((NAME, "salah semua ini"), ("Tidak Ada", PASSWORD), ("Budi Santoso", PASSWORD)):
        answer = client.post("/desk/masuk", {"email": email_of(name), "sandi": password})
        assert WRONG in answer.text
        nonce = answer.text.partition('nonce="')[2].partition('"')[0]
        text = answer.text.replace(email_of(name), "EMAIL").replace(nonce, "NONCE")
        pages.add((answer.status_code, text, frozenset(answer.headers) - {"content-length"}))
    assert len(pages) == 1


def test_brute_force_at_one_account(desk: Desk, open_desk: OpenDesk) -> None:
    """After eight failures the right password is refused too, for a quarter of an hour. The audit log shows it."""
    desk.add(NAME)
    client = open_desk(desk.app())
    for _ in range(ACCOUNT_IN_NETWORK.attempts):
        assert wrong_password(client) == HTTPStatus.BAD_REQUEST
    answer = client.post("/desk/masuk", {"email": email_of(NAME), "sandi": PASSWORD})
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert int(answer.headers["Retry-After"]) == ACCOUNT_IN_NETWORK.period.total_seconds()
    assert "15 menit" in answer.text
    assert desk.actions().count("account.sign_in_limited") == 1
    desk.clock.advance(ACCOUNT_IN_NETWORK.period)
    sign_in(client, NAME)


def test_an_unknown_name_is_limited_as_a_known_one(desk: Desk, open_desk: OpenDesk) -> None:
    """The limit does not tell who has an account."""
    client = open_desk(desk.app())
    answers = [wrong_password(client, "Tidak Ada") for _ in range(ACCOUNT_IN_NETWORK.attempts + 1)]
    assert answers == [HTTPStatus.BAD_REQUEST] * ACCOUNT_IN_NETWORK.attempts + [HTTPStatus.TOO_MANY_REQUESTS]


def test_a_success_is_not_counted(desk: Desk, open_desk: OpenDesk) -> None:
    """An officer may sign in as often as they like."""
    desk.add(NAME)
    client = open_desk(desk.app())
    for _ in range(ACCOUNT_IN_NETWORK.attempts + 2):
        sign_in(client, NAME)


@pytest.mark.parametrize(
    "address", ["//jahat.example/desk", "https://jahat.example/desk", "/\\jahat.example", "/status"]
)
def test_open_redirect(desk: Desk, open_desk: OpenDesk, address: str) -> None:
    """A link to the sign-in page leads to no other site."""
    desk.add(NAME)
    client = open_desk(desk.app())
    assert "jahat" not in client.get(f"/desk/masuk?lanjut={address}").text
    assert sign_in(DeskClient(client.address), NAME, continue_at=address) == "/desk/saya/kode"
    assert sign_in(client, NAME, continue_at=address) == "/desk"
    assert client.get(f"/desk/masuk?lanjut={address}").headers["Location"] == "/desk"


FORMS = [
    "/desk/masuk",
    "/desk/masuk/kode",
    "/desk/masuk/lupa",
    "/desk/keluar",
    "/desk/undangan/abc",
    "/desk/saya/sandi",
    "/desk/saya/sesi",
    "/desk/saya/surat",
    "/desk/saya/cuti",
    "/desk/saya/kode",
    "/desk/saya/kode/mati",
    "/desk/akun",
    "/desk/akun/undangan/00000000-0000-4000-8000-000000000001",
    "/desk/akun/00000000-0000-4000-8000-000000000001",
]


def test_the_list_of_forms_is_complete(desk: Desk) -> None:
    """Each address that takes a form is in the list."""
    routes = [route for router in desk.pages().routers() for route in router.routes if isinstance(route, APIRoute)]
    paths = {route.path for route in routes if "POST" in (route.methods or ())}
    ids = {"token": "abc", "invitation_id": FORMS[-1][11:], "account_id": FORMS[-1][11:]}
    assert {path.format(**ids) for path in paths} == set(FORMS)


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_other_sites(desk: Desk, open_desk: OpenDesk, form: str) -> None:
    """A page of another site cannot send a form of a person who is signed in. Nothing is recorded."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    recorded = len(desk.log)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        answer = client.post(form, {"a": "b"}, headers)
        assert (answer.status_code, "tidak berasal dari halaman kami" in answer.text) == (HTTPStatus.FORBIDDEN, True)
    foreign = client.program("POST", form, {"Origin": "https://jahat.example"}, data={"a": "b"})
    assert foreign.status_code == HTTPStatus.FORBIDDEN
    assert client.program("POST", form, data={"a": "b"}).status_code == HTTPStatus.FORBIDDEN
    assert len(desk.log) == recorded
    assert client.get("/desk/laporan").text == NAME


def test_a_form_after_the_session_has_ended(desk: Desk, open_desk: OpenDesk) -> None:
    """The page says that what was typed is still in the browser."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    desk.clock.advance(IDLE_LIMIT)
    answer = client.post("/desk/laporan", {"text": "jawaban"})
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert "isiannya masih ada" in answer.text


def test_a_hash_with_former_parameters_is_renewed(desk: Desk, open_desk: OpenDesk) -> None:
    """After a change of the parameters each password is hashed again at the next sign-in."""
    account_id = desk.add(NAME)
    stronger = Desk(desk.engine, desk.clock, PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    former = stronger.services.accounts.by_id(account_id)
    for _ in range(2):
        sign_in(open_desk(stronger.app()), NAME)
    account = stronger.services.accounts.by_id(account_id)
    assert former
    assert account
    assert "m=8,t=1" in former.password_hash
    assert "m=16,t=2" in account.password_hash


def test_guesses_from_many_networks(desk: Desk) -> None:
    """A network of machines has 40 guesses an hour at one account; other accounts are not concerned."""
    desk.add(NAME)
    desk.add("Budi Santoso")
    sign_in_service, limits = desk.services.sign_in, []
    for number in range(ACCOUNT.attempts + 1):
        try:
            sign_in_service.with_password(email_of(NAME), "salah semua ini", f"198.51.100.{number}", "", "/desk")
        except Exception as error:  # noqa: BLE001 - its type is checked below
            limits.append(type(error).__name__)
    assert limits == ["TooManyAttempts"]
    colleague = sign_in_service.with_password(email_of("Budi Santoso"), PASSWORD, "198.51.100.1", "", "/desk")
    desk.clock.advance(timedelta(hours=1))
    person = sign_in_service.with_password(email_of(NAME), PASSWORD, "198.51.100.1", "", "/desk")
    assert (type(colleague), type(person)) == (SessionStarted, SessionStarted)


def test_no_secret_is_logged_or_recorded(desk: Desk, open_desk: OpenDesk) -> None:
    """The audit log holds ids, names of staff and constants: no password, token or code."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    wrong_password(client)
    text = str(desk.log)
    assert [secret for secret in (PASSWORD, client.cookies[SESSION], "salah semua ini") if secret in text] == []
