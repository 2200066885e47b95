"""The second factor: enrolment, codes, recovery codes, and the attacks on them."""

import re
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import pyotp
import pytest

from accounts.authentication.attempts import SECOND_FACTOR
from accounts.authentication.pending_sign_ins import PENDING_LIMIT
from accounts.permissions import SECOND_FACTOR_ROLES, Role
from accounts.tables import SecondFactorRow
from accounts.tokens import token_hash
from tests.accounts.desk import PASSWORD, SESSION, Desk, email_of, sign_in, signed_in_client
from tests.accounts.desk_client import DeskClient, OpenDesk

NAME = "Sari Dewi"
STEP = timedelta(seconds=30)


def shown_secret(page: str) -> str:
    """Return the secret that the page shows."""
    (secret,) = re.findall(r'<p class="code">([A-Z2-7 ]+)</p>', page)
    return str(secret).replace(" ", "")


def enrol(desk: Desk, client: DeskClient) -> tuple[pyotp.TOTP, list[str]]:
    """Switch the second factor on by the pages. Return the app and the recovery codes."""
    app = pyotp.TOTP(shown_secret(client.get("/desk/saya/kode").text))
    answer = client.post("/desk/saya/kode", {"sandi": PASSWORD, "kode": app.at(desk.clock.time)})
    return app, re.findall(r'<li class="code">([a-z2-7-]+)</li>', answer.text)


@pytest.fixture
def enrolled(desk: Desk, open_desk: OpenDesk) -> tuple[DeskClient, pyotp.TOTP, list[str]]:
    """A person with a second factor, a step of time later, in a browser that is not signed in."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    app, recovery_codes = enrol(desk, client)
    desk.clock.advance(STEP)
    return DeskClient(client.address), app, recovery_codes


def test_enrolment(desk: Desk, open_desk: OpenDesk) -> None:
    """A wrong code changes nothing. A right one begins a new session, ends all others and shows ten codes once."""
    account_id = desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    elsewhere = DeskClient(client.address)
    sign_in(elsewhere, NAME)
    former = client.cookies[SESSION]
    wrong = client.post("/desk/saya/kode", {"sandi": PASSWORD, "kode": "000000"})
    assert (wrong.status_code, client.cookies[SESSION]) == (HTTPStatus.BAD_REQUEST, former)
    _, recovery_codes = enrol(desk, client)
    assert len(set(recovery_codes)) == 10
    assert client.cookies[SESSION] != former
    assert client.get("/desk/laporan").text == NAME
    assert elsewhere.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER
    assert "kode pemulihan yang belum dipakai: 10" in client.get("/desk/saya").text.lower()
    assert client.get("/desk/saya/kode").headers["Location"] == "/desk/saya"
    assert desk.actions()[-1] == "account.second_factor_added"
    assert desk.log[-1].subject == str(account_id)


def test_the_password_is_needed_to_change_it(desk: Desk, open_desk: OpenDesk) -> None:
    """Somebody at an open computer can neither switch it on nor off."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    code = pyotp.TOTP(shown_secret(client.get("/desk/saya/kode").text)).at(desk.clock.time)
    assert "Kata sandi Anda yang sekarang salah" in client.post("/desk/saya/kode", {"sandi": "?", "kode": code}).text
    enrol(desk, client)
    assert client.post("/desk/saya/kode/mati", {"sandi": "?"}).status_code == HTTPStatus.BAD_REQUEST
    assert client.post("/desk/saya/kode/mati", {"sandi": PASSWORD}).status_code == HTTPStatus.SEE_OTHER
    assert sign_in(DeskClient(client.address), NAME) == "/desk"


def test_each_page_shows_a_new_secret(desk: Desk, open_desk: OpenDesk) -> None:
    """Nobody reads a secret that another page has shown. Only the page after a wrong code keeps it."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    first, second = (shown_secret(client.get("/desk/saya/kode").text) for _ in range(2))
    assert first != second
    wrong_password = client.post("/desk/saya/kode", {"sandi": "?", "kode": pyotp.TOTP(second).at(desk.clock.time)})
    third = shown_secret(wrong_password.text)
    assert third != second
    fields = {"sandi": PASSWORD, "kode": pyotp.TOTP(second).at(desk.clock.time)}
    wrong_code = client.post("/desk/saya/kode", {**fields, "kunci": token_hash(third)})
    assert (shown_secret(wrong_code.text), "kuncinya baru" in wrong_code.text) == (third, False)
    right_code = client.post("/desk/saya/kode", {"sandi": PASSWORD, "kode": pyotp.TOTP(third).at(desk.clock.time)})
    assert len(re.findall(r'<li class="code">', right_code.text)) == 10


def test_a_secret_that_another_page_has_replaced(desk: Desk, open_desk: OpenDesk) -> None:
    """A person is not led to a secret that an intruder with a session has read: a third one is shown, as new."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    intruder = DeskClient(client.address)
    sign_in(intruder, NAME)
    page = client.get("/desk/saya/kode").text
    (key,) = re.findall(r'name="kunci" value="(\w+)"', page)
    read_by_intruder = shown_secret(intruder.get("/desk/saya/kode").text)
    code = pyotp.TOTP(shown_secret(page)).at(desk.clock.time)
    answer = client.post("/desk/saya/kode", {"sandi": PASSWORD, "kode": code, "kunci": key})
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert shown_secret(answer.text) not in {shown_secret(page), read_by_intruder}
    assert "kuncinya baru" in answer.text


@pytest.mark.parametrize("act", ["password", "sessions"])
def test_a_secret_that_is_not_confirmed_ends(desk: Desk, open_desk: OpenDesk, act: str) -> None:
    """A change of the password and the end of all sessions forget it: an intruder may know it."""
    account_id = desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    secret = shown_secret(client.get("/desk/saya/kode").text)
    if act == "password":
        changed = {"sandi": PASSWORD, "sandi_baru": "sandi baru yang panjang", "ulang": "sandi baru yang panjang"}
        client.post("/desk/saya/sandi", changed)
    else:
        desk.services.people.end_sessions(account_id, "Tester", "test")
    code = pyotp.TOTP(secret).at(desk.clock.time)
    assert desk.services.second_factors.confirm(account_id, code) == []


def test_the_end_of_sessions_keeps_a_confirmed_second_factor(desk: Desk) -> None:
    """Only a secret that is not confirmed is forgotten."""
    account_id = desk.add(NAME)
    desk.switch_on_second_factor(account_id)
    desk.services.people.end_sessions(account_id, "Tester", "test")
    account = desk.services.accounts.by_id(account_id)
    assert account
    assert account.has_second_factor


def test_sign_in_with_a_code(enrolled: tuple[DeskClient, pyotp.TOTP, list[str]], desk: Desk) -> None:
    """The password alone opens nothing; with the code the person continues at the opened page."""
    client, app, _ = enrolled
    assert sign_in(client, NAME, continue_at="/desk/laporan") == "/desk/masuk/kode"
    assert client.get("/desk/laporan").status_code == HTTPStatus.SEE_OTHER
    answer = client.post("/desk/masuk/kode", {"kode": app.at(desk.clock.time)})
    assert answer.headers["Location"] == "/desk/laporan"
    assert client.get("/desk/laporan").text == NAME
    assert desk.log[-1].why == "password and second factor"


def test_a_code_is_accepted_once(enrolled: tuple[DeskClient, pyotp.TOTP, list[str]], desk: Desk) -> None:
    """A code that somebody read over the shoulder is worth nothing, also in its own half minute."""
    client, app, _ = enrolled
    code, thief = app.at(desk.clock.time), DeskClient(client.address)
    for browser in (client, thief):
        sign_in(browser, NAME)
    assert client.post("/desk/masuk/kode", {"kode": code}).status_code == HTTPStatus.SEE_OTHER
    assert thief.post("/desk/masuk/kode", {"kode": code}).status_code == HTTPStatus.BAD_REQUEST
    assert SESSION not in thief.cookies


@pytest.mark.parametrize(("steps", "is_accepted"), [(-2, False), (-1, False), (0, True), (1, True), (2, False)])
def test_clocks_of_phones(
    enrolled: tuple[DeskClient, pyotp.TOTP, list[str]], desk: Desk, steps: int, *, is_accepted: bool
) -> None:
    """A code of the next step is accepted. The step before was used at the enrolment."""
    client, app, _ = enrolled
    sign_in(client, NAME)
    answer = client.post("/desk/masuk/kode", {"kode": app.at(desk.clock.time + steps * STEP)})
    assert (answer.status_code == HTTPStatus.SEE_OTHER) is is_accepted


def test_recovery_codes(enrolled: tuple[DeskClient, pyotp.TOTP, list[str]]) -> None:
    """Each replaces one code of the app, once, however it is typed."""
    client, _, recovery_codes = enrolled
    sign_in(client, NAME)
    typed = recovery_codes[0].upper().replace("-", " ")
    assert client.post("/desk/masuk/kode", {"kode": typed}).status_code == HTTPStatus.SEE_OTHER
    other_browser = DeskClient(client.address)
    sign_in(other_browser, NAME)
    assert other_browser.post("/desk/masuk/kode", {"kode": recovery_codes[0]}).status_code == HTTPStatus.BAD_REQUEST
    assert other_browser.post("/desk/masuk/kode", {"kode": recovery_codes[1]}).status_code == HTTPStatus.SEE_OTHER
    assert "belum dipakai: 8" in client.get("/desk/saya").text


def test_guessing_codes(enrolled: tuple[DeskClient, pyotp.TOTP, list[str]], desk: Desk) -> None:
    """After five wrong codes the password is asked for again, after twenty in a day no code is accepted."""
    client, app, _ = enrolled
    statuses = []
    for _ in range(SECOND_FACTOR.attempts // 5):
        sign_in(client, NAME)
        statuses += [client.post("/desk/masuk/kode", {"kode": "000000"}).status_code for _ in range(5)]
        ended = client.post("/desk/masuk/kode", {"kode": app.at(desk.clock.time)})
        assert "Masuklah dari awal" in ended.text
    assert statuses == [HTTPStatus.BAD_REQUEST] * SECOND_FACTOR.attempts
    sign_in(client, NAME)
    limited = client.post("/desk/masuk/kode", {"kode": app.at(desk.clock.time)})
    assert limited.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert desk.actions().count("account.sign_in_limited") == 1
    desk.clock.advance(SECOND_FACTOR.period)
    sign_in(client, NAME)
    assert client.post("/desk/masuk/kode", {"kode": app.at(desk.clock.time)}).status_code == HTTPStatus.SEE_OTHER


def test_a_pending_sign_in_ends(enrolled: tuple[DeskClient, pyotp.TOTP, list[str]], desk: Desk) -> None:
    """After ten minutes, and without a cookie, a right code signs nobody in."""
    client, app, _ = enrolled
    sign_in(client, NAME)
    desk.clock.advance(PENDING_LIMIT)
    assert client.post("/desk/masuk/kode", {"kode": app.at(desk.clock.time)}).status_code == HTTPStatus.BAD_REQUEST
    stranger = DeskClient(client.address)
    assert stranger.post("/desk/masuk/kode", {"kode": app.at(desk.clock.time)}).status_code == HTTPStatus.BAD_REQUEST


def test_a_lost_phone(enrolled: tuple[DeskClient, pyotp.TOTP, list[str]], desk: Desk) -> None:
    """A coordinator switches the second factor of an officer off, with a reason."""
    client, _, _ = enrolled
    desk.add("Budi Santoso", Role.COORDINATOR)
    coordinator = DeskClient(client.address)
    sign_in(coordinator, "Budi Santoso")
    account = desk.services.accounts.by_email(email_of(NAME))
    assert account
    coordinator.post(f"/desk/akun/{account.id}", {"tindakan": "kode", "alasan": "ponsel hilang"})
    assert sign_in(client, NAME) == "/desk"
    assert (desk.log[-2].action, desk.log[-2].why) == ("account.second_factor_removed", "ponsel hilang")


def test_the_secret_is_sealed(desk: Desk) -> None:
    """The database holds no secret, and a sealed one opens for its own account alone."""
    account_id = desk.add(NAME)
    secret = desk.switch_on_second_factor(account_id)
    with desk.engine.begin() as connection:
        table = SecondFactorRow.__table__  # type: ignore[attr-defined]  # SQLModel has no type for it
        row = connection.execute(table.select()).one()
        connection.execute(table.update().values(account_id=UUID(int=7)))
    assert secret not in str(tuple(row))
    desk.clock.advance(STEP)
    second_factors, code = desk.services.second_factors, pyotp.TOTP(secret).at(desk.clock.time)
    assert not second_factors.use(UUID(int=7), code)
    with desk.engine.begin() as connection:
        connection.execute(table.update().values(account_id=account_id))
    assert second_factors.use(account_id, code)


NEEDED = [Role.TRIAGE, Role.OPERATOR, Role.ADMINISTRATOR]


def test_the_roles_that_need_a_second_factor() -> None:
    """Administrators, triage and operators need one; all others may postpone it."""
    assert set(NEEDED) == SECOND_FACTOR_ROLES


@pytest.mark.parametrize("role", NEEDED)
def test_a_needed_factor_comes_first(desk: Desk, open_desk: OpenDesk, role: Role) -> None:
    """With the password alone, pages and forms lead to the set-up, and a program is refused. Nothing is changed."""
    account_id = desk.add(NAME, role)
    client = open_desk(desk.app())
    assert sign_in(client, NAME, continue_at="/desk/laporan?q=1") == "/desk/saya/kode?lanjut=/desk/laporan%3Fq%3D1"
    before = desk.actions()
    for path in ("/desk/akun", "/desk/saya", "/desk/laporan", "/desk"):
        assert client.get(path).headers["Location"].startswith("/desk/saya/kode"), path
    for path in ("/desk/akun", "/desk/laporan", "/desk/saya/sandi", "/desk/saya/sesi", "/desk/saya/kode/mati"):
        answer = client.post(path, {"sandi": PASSWORD, "sandi_baru": "x" * 20, "ulang": "x" * 20, "sesi": "lain"})
        assert answer.headers["Location"] == "/desk/saya/kode", path
    assert client.program("GET", "/desk/akun").status_code == HTTPStatus.FORBIDDEN
    assert desk.actions() == before
    page = client.get("/desk/saya/kode?lanjut=/desk/laporan").text
    assert "Peran Anda memerlukan langkah kedua" in page
    assert "Nanti saja" not in page
    former = client.cookies[SESSION]
    _, recovery_codes = enrol(desk, client)
    assert len(recovery_codes) == 10
    assert client.cookies[SESSION] != former
    assert client.get("/desk/saya").status_code == HTTPStatus.OK
    assert desk.services.sessions.find(former) is None
    desk.services.second_factors.remove(account_id)
    assert client.get("/desk/saya").headers["Location"] == "/desk/saya/kode?lanjut=/desk/saya"


@pytest.mark.parametrize("role", NEEDED)
def test_a_needed_factor_stays_on(desk: Desk, open_desk: OpenDesk, role: Role) -> None:
    """The person cannot switch it off."""
    desk.add(NAME, role)
    client = signed_in_client(desk, open_desk, NAME)
    assert "/desk/saya/kode/mati" not in client.get("/desk/saya").text
    answer = client.post("/desk/saya/kode/mati", {"sandi": PASSWORD})
    assert (answer.status_code, "tidak dapat dimatikan" in answer.text) == (HTTPStatus.BAD_REQUEST, True)
    assert client.get("/desk/saya").status_code == HTTPStatus.OK


def test_an_officer_may_postpone_it(desk: Desk, open_desk: OpenDesk) -> None:
    """It is proposed at the first sign-in, with a way on to the page that was opened, and not again."""
    desk.add(NAME)
    client = open_desk(desk.app())
    proposal = sign_in(client, NAME, continue_at="/desk/laporan")
    assert proposal == "/desk/saya/kode?lanjut=/desk/laporan"
    assert '<a class="button quiet" href="/desk/laporan">Nanti saja</a>' in client.get(proposal).text
    assert client.get("/desk/laporan").text == NAME
    assert sign_in(DeskClient(client.address), NAME, continue_at="/desk/laporan") == "/desk/laporan"


@pytest.mark.parametrize("address", ["https://jahat.example", "//jahat.example", "/desk/saya/kode?lanjut=/desk"])
def test_the_set_up_leads_to_no_other_site(desk: Desk, open_desk: OpenDesk, address: str) -> None:
    """Only a page for persons who sign in follows, and never the set-up itself."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    page = client.get(f"/desk/saya/kode?lanjut={address}").text
    assert "jahat" not in page
    (following,) = re.findall(r'href="([^"]*)">Nanti saja', page)
    assert following == ("/desk/saya" if address.startswith("/desk") else "/desk")


def test_a_person_without_a_password_is_exempt(desk: Desk, open_desk: OpenDesk) -> None:
    """Whoever signs in by the provider only has its factors: there is no password that they would protect."""
    account_id = desk.add(NAME, Role.ADMINISTRATOR)
    client = open_desk(desk.app())
    sign_in(client, NAME)
    desk.services.accounts.change(account_id, {"password_hash": ""})
    assert client.get("/desk/akun").status_code == HTTPStatus.OK
