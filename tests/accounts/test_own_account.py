"""The page of the own account: sessions, password and preferences."""

from datetime import timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest

from accounts.authentication.attempts import ACCOUNT_IN_NETWORK
from accounts.device import device_name
from tests.accounts.desk import PASSWORD, SESSION, Desk, email_of, sign_in, signed_in_client
from tests.accounts.desk_client import DeskClient, OpenDesk

NAME = "Sari Dewi"
NEW = "sandi baru yang panjang"


def changed(client: DeskClient, present: str = PASSWORD, new: str = NEW, again: str = NEW) -> HTTPStatus:
    """Send the form of the password."""
    answer = client.post("/desk/saya/sandi", {"sandi": present, "sandi_baru": new, "ulang": again})
    return HTTPStatus(answer.status_code)


def test_a_new_password(desk: Desk, open_desk: OpenDesk) -> None:
    """The session gets a new token, all others end, and only the new password works."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    elsewhere = DeskClient(client.address)
    sign_in(elsewhere, NAME)
    former = client.cookies[SESSION]
    assert changed(client) == HTTPStatus.SEE_OTHER
    assert client.cookies[SESSION] != former
    assert client.get("/desk/laporan").text == NAME
    for token in (former, elsewhere.cookies[SESSION]):
        elsewhere.set_cookie(SESSION, token)
        assert elsewhere.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER
    assert sign_in(DeskClient(client.address), NAME, NEW) == "/desk"
    refused = elsewhere.post("/desk/masuk", {"email": email_of(NAME), "sandi": PASSWORD})
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert "account.password_changed" in desk.actions()


@pytest.mark.parametrize(
    ("present", "new", "again"),
    [("salah semua ini", NEW, NEW), (PASSWORD, NEW, NEW + "x"), (PASSWORD, "pendek", "pendek"), (PASSWORD, "", "")],
)
def test_a_refused_password(desk: Desk, open_desk: OpenDesk, present: str, new: str, again: str) -> None:
    """The present password must be right, and the new one usable. Otherwise nothing changes."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    former = client.cookies[SESSION]
    assert changed(client, present, new, again) == HTTPStatus.BAD_REQUEST
    assert client.cookies[SESSION] == former
    sign_in(DeskClient(client.address), NAME)


def test_guesses_on_the_own_page_are_limited(desk: Desk, open_desk: OpenDesk) -> None:
    """Somebody at an open computer cannot try passwords without limit."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    for _ in range(ACCOUNT_IN_NETWORK.attempts):
        changed(client, "salah semua ini")
    answer = client.post("/desk/saya/sandi", {"sandi": PASSWORD, "sandi_baru": NEW, "ulang": NEW})
    assert "Terlalu banyak percobaan" in answer.text


def test_sessions_of_other_devices(desk: Desk, open_desk: OpenDesk) -> None:
    """A person sees the own sessions, ends one, and ends all others. Sessions of other persons are out of reach."""
    desk.add(NAME)
    colleague_id = desk.add("Budi Santoso")
    client = signed_in_client(desk, open_desk, NAME)
    colleague, phone, tablet = (DeskClient(client.address) for _ in range(3))
    sign_in(colleague, "Budi Santoso")
    android = {"User-Agent": "Mozilla/5.0 (Android) Chrome/140.0"}
    phone.post("/desk/masuk", {"email": email_of(NAME), "sandi": PASSWORD}, android)
    sign_in(tablet, NAME)
    page = client.get("/desk/saya").text
    assert page.count("Akhiri sesi ini") == 2
    assert "Chrome, Android" in page
    account = desk.services.accounts.by_email(email_of(NAME))
    assert account
    sessions = desk.services.sessions.of_account(account.id)
    phone_session = next(session for session in sessions if session.device == "Chrome, Android")
    colleague_session = desk.services.sessions.of_account(colleague_id)[0]
    for session_id in (colleague_session.id, uuid4(), "x", ""):
        client.post("/desk/saya/sesi", {"sesi": str(session_id)})
    assert colleague.get("/desk/laporan").text == "Budi Santoso"
    client.post("/desk/saya/sesi", {"sesi": str(phone_session.id)})
    assert phone.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER
    assert tablet.get("/desk/laporan").text == NAME
    client.post("/desk/saya/sesi", {"sesi": "lain"})
    assert tablet.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER
    assert client.get("/desk/laporan").text == NAME


def test_the_digest(desk: Desk, open_desk: OpenDesk) -> None:
    """A person switches the daily e-mail off and on."""
    account_id = desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    wishes = []
    for fields in ({"x": "1"}, {"surat": "1"}):
        client.post("/desk/saya/surat", fields)
        account = desk.services.accounts.by_id(account_id)
        assert account
        wishes.append(account.wants_digest)
    assert wishes == [False, True]


def test_many_sessions_of_one_person(desk: Desk) -> None:
    """The twenty-first session ends the one that was used the longest time ago."""
    account_id = desk.add(NAME)
    sessions = desk.services.sessions
    tokens = []
    for _ in range(21):
        desk.clock.advance(timedelta(seconds=1))
        tokens.append(sessions.start(account_id, ""))
    assert [sessions.find(token) is not None for token in tokens] == [False] + [True] * 20


def test_the_page_needs_a_session(desk: Desk, open_desk: OpenDesk) -> None:
    """Nobody sees or changes an account without a session."""
    client = open_desk(desk.app())
    for path in ("/desk/saya", "/desk/saya/kode", "/desk/akun"):
        assert client.get(path).headers["Location"].startswith("/desk/masuk?lanjut=")
    for path in (
        "/desk/saya/sandi",
        "/desk/saya/sesi",
        "/desk/saya/surat",
        "/desk/saya/cuti",
        "/desk/saya/kode",
        "/desk/saya/kode/mati",
    ):
        assert client.post(path).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Linux; Android 13) SamsungBrowser/24.0 Chrome/117 Mobile", "Samsung Internet, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0", "Firefox, Linux"),
        ("curl/8.0", ""),
        ("", ""),
        ("<script>Firefox</script>", "Firefox"),
    ],
)
def test_names_of_devices(user_agent: str, name: str) -> None:
    """Browser and system, without versions."""
    assert device_name(user_agent) == name
