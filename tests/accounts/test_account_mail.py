"""E-mail to persons who sign in: invitations, links for a forgotten password, and notices of changes."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from threading import Semaphore
from uuid import UUID, uuid4

import pyotp
import pytest
from sqlalchemy import Engine, text, update
from sqlmodel import col
from starlette.types import ASGIApp, Receive, Scope, Send

from accounts.authentication.attempts import LINKS_FOR_NETWORK, LINKS_TO_ADDRESS
from accounts.invitations import FORGOTTEN_PASSWORD_LIMIT, INVITATION_LIMIT, InvalidInvitation, NewPerson
from accounts.pages.forgotten_pages import FORGOTTEN_ADDRESS
from accounts.permissions import Role
from accounts.tables import AccountRow
from app.assembly.desk.account_mail import OutboxAccountMail
from config.database import read_transaction, write_transaction
from desk.mail.composer import MailComposer
from desk.mail.outbox import MailOutbox
from desk.mail.smtp import SmtpClient, SmtpServer
from desk.mail.worker import MailWorker
from messages.sealing import Sealer
from pages.translation.translator import load_translator
from tests.accounts.desk import AGENCIES, PASSWORD, Clock, Desk, email_of, sign_in, signed_in_client
from tests.accounts.desk_client import DeskClient, OpenDesk
from tests.desk.mail.mail_server import HOST, MailServer, mail_server

SITE = "https://meja.lapor.example"
SARI_EMAIL = email_of("Sari Dewi")
_PATIENCE_SECONDS = 60.0
NEW_PASSWORD = "sandi baru yang panjang"
NEW_FORM = {"sandi": NEW_PASSWORD, "ulang": NEW_PASSWORD}


@dataclass(frozen=True)
class SentMail:
    """An e-mail that arrived."""

    to: str
    subject: str
    body: str

    @property
    def path(self) -> str:
        """The path of its one-time link."""
        (path,) = re.findall(rf"{SITE}(/desk/undangan/[\w-]+)", self.body)
        return str(path)


@dataclass
class Mailing:
    """A desk with a mail server. `sent` sends what waits, and returns what arrived since the call before."""

    desk: Desk
    worker: MailWorker
    server: MailServer

    def sent(self) -> list[SentMail]:
        """Send, and return the e-mails in the order of their addresses and subjects."""
        while self.worker.step() == 0:
            pass
        mails = [
            SentMail(str(message["To"]), str(message["Subject"]), message.get_content())
            for message in self.server.messages
        ]
        self.server.messages.clear()
        return sorted(mails, key=lambda mail: (mail.to, mail.subject))


@pytest.fixture
def mailing(engine: Engine) -> Iterator[Mailing]:
    """A desk without persons whose outbox is sent to a mail server on loopback."""
    clock = Clock()
    outbox = MailOutbox(engine, Sealer([b"k" * 64]), clock)
    composer = MailComposer(load_translator().translate)
    mail = OutboxAccountMail(composer, outbox, clock, lambda code: AGENCIES.get(code, code), SITE)
    with mail_server() as server:
        client = SmtpClient(SmtpServer(HOST, server.port, "none", "", "", "satu-pintu@lapor.example"), clock)
        worker = MailWorker(outbox, client, lambda: uuid4().hex, threading.Event())
        yield Mailing(Desk(engine, clock, mail=mail), worker, server)


class Requests:
    """The desk's application. It counts the requests for a link whose answer and background task are complete."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.ended = Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        try:
            await self._app(scope, receive, send)
        finally:
            if (scope.get("method"), scope.get("path")) == ("POST", FORGOTTEN_ADDRESS):
                self.ended.release()


@dataclass(frozen=True)
class Asker:
    """A browser, and the requests for a link."""

    client: DeskClient
    requests: Requests

    def ask(self, email: str, network: str = "127.0.0.1") -> tuple[int, str]:
        """Ask for a link on the page of the sign-in, and wait until it is stored, if it is.

        Return status and page, without the nonce of its style.
        """
        answer = self.client.post(FORGOTTEN_ADDRESS, {"email": email}, {"X-Forwarded-For": network})
        assert self.requests.ended.acquire(timeout=_PATIENCE_SECONDS)
        is_limited = answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert not is_limited or int(answer.headers["Retry-After"]) > 0
        return answer.status_code, re.sub(r'nonce="[^"]*"', "", answer.text)


def asker(desk: Desk, open_desk: OpenDesk) -> Asker:
    """Serve the desk, and return a browser."""
    requests = Requests(desk.app())
    return Asker(open_desk(requests), requests)


def test_an_invitation_is_mailed(mailing: Mailing, open_desk: OpenDesk) -> None:
    """It goes to the invited person alone, with role, institution and the link, which works; then nothing is left."""
    desk = mailing.desk
    desk.add("Budi Santoso", Role.COORDINATOR)
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    mailing.sent()
    page = client.post("/desk/akun", {"nama": "Sari Dewi", "email": SARI_EMAIL}).text
    assert f"Kami mengirim tautan ini ke {SARI_EMAIL}" in page
    (mail,) = mailing.sent()
    assert (mail.to, mail.subject) == (SARI_EMAIL, "Satu Pintu: undangan untuk Sari Dewi")
    assert "sebagai Pejabat penghubung untuk Kota Semarang" in mail.body
    assert "Berlaku 72 jam." in mail.body
    assert mail.path in page
    assert client.post(mail.path, NEW_FORM).status_code == HTTPStatus.SEE_OTHER
    with read_transaction(desk.engine) as connection:
        assert {row.content for row in connection.execute(text("SELECT content FROM desk_mail"))} >= {""}


def test_no_link_is_readable_in_the_database(mailing: Mailing) -> None:
    """A token is a hash, the e-mail is sealed until it is sent, and empty after it."""
    desk = mailing.desk
    token = desk.services.people.invite(NewPerson(SARI_EMAIL, "Sari Dewi", Role.OFFICER, "kota-3374"), "Tester", "test")

    def stored() -> str:
        with read_transaction(desk.engine) as connection:
            rows = [*connection.execute(text("SELECT * FROM desk_mail"))]
            return str([*rows, *connection.execute(text("SELECT * FROM account_invitation"))])

    def contents() -> list[str]:
        with read_transaction(desk.engine) as connection:
            return [str(row.content) for row in connection.execute(text("SELECT content FROM desk_mail"))]

    assert token not in stored()
    assert all(contents())
    mailing.sent()
    assert contents() == [""]


def test_a_forgotten_password(mailing: Mailing, open_desk: OpenDesk) -> None:
    """The person gets a link, sets a new password, and is told. All sessions end, and the former password too."""
    desk = mailing.desk
    desk.add("Sari Dewi")
    browser = asker(desk, open_desk)
    client, officer = browser.client, DeskClient(browser.client.address)
    sign_in(officer, "Sari Dewi")
    mailing.sent()
    assert 'href="/desk/masuk/lupa"' in client.get("/desk/masuk").text
    status, page = browser.ask(f" {SARI_EMAIL.upper()} ")
    assert (status, "Periksa email Anda" in page) == (HTTPStatus.OK, True)
    (mail,) = mailing.sent()
    assert (mail.to, mail.subject) == (SARI_EMAIL, "Satu Pintu: tautan untuk kata sandi baru")
    assert "Berlaku 30 menit." in mail.body
    assert client.post(mail.path, NEW_FORM).headers["Location"] == "/desk/masuk?selesai=sandi"
    assert client.get(mail.path).status_code == HTTPStatus.GONE
    assert officer.get("/desk/laporan").headers["Location"].startswith("/desk/masuk")
    refused = client.post("/desk/masuk", {"email": SARI_EMAIL, "sandi": PASSWORD})
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    sign_in(client, "Sari Dewi", NEW_PASSWORD)
    (notice,) = mailing.sent()
    assert (notice.to, notice.subject) == (SARI_EMAIL, "Satu Pintu: kata sandi Anda diganti")
    assert f"({SITE}{FORGOTTEN_ADDRESS})" in notice.body
    assert desk.actions()[-3:] == ["account.password_link_mailed", "account.password_set", "account.signed_in"]


def test_a_new_password_leaves_the_second_factor_on(mailing: Mailing, open_desk: OpenDesk) -> None:
    """Who has the mailbox alone does not get in."""
    desk = mailing.desk
    account_id = desk.add("Sari Dewi")
    secret = desk.switch_on_second_factor(account_id)
    browser = asker(desk, open_desk)
    mailing.sent()
    browser.ask(SARI_EMAIL)
    (mail,) = mailing.sent()
    client = browser.client
    client.post(mail.path, NEW_FORM)
    assert sign_in(client, "Sari Dewi", NEW_PASSWORD) == "/desk/masuk/kode"
    assert client.get("/desk/laporan").headers["Location"].startswith("/desk/masuk")
    desk.clock.advance(timedelta(seconds=30))
    answer = client.post("/desk/masuk/kode", {"kode": pyotp.TOTP(secret).at(desk.clock.time)})
    assert answer.status_code == HTTPStatus.SEE_OTHER


def test_nobody_learns_who_has_an_account(mailing: Mailing, open_desk: OpenDesk) -> None:
    """The page is the same for an account, a stranger, a revoked and an invited person, and one without a password."""
    desk = mailing.desk
    desk.add("Sari Dewi")
    desk.services.people.revoke(desk.add("Agus Salim"), "Tester", "left")
    provider_person = desk.add("Tono Wijaya")
    with write_transaction(desk.engine) as connection:
        changed = update(AccountRow).where(col(AccountRow.id) == provider_person).values(password_hash="")
        connection.execute(changed)
    invited = NewPerson(email_of("Rina Putri"), "Rina Putri", Role.OFFICER, "kota-3374")
    desk.services.people.invite(invited, "Tester", "test")
    browser = asker(desk, open_desk)
    mailing.sent()
    recorded = len(desk.log)
    names = ("Orang Lain", "Agus Salim", "Tono Wijaya", "Rina Putri", "Sari Dewi")
    assert len({browser.ask(email_of(name)) for name in names}) == 1
    assert [mail.to for mail in mailing.sent()] == [SARI_EMAIL]
    assert [row.action for row in desk.log[recorded:]] == ["account.password_link_mailed"]


@pytest.mark.parametrize(
    "typed",
    ["", " ", "sari", "sari@kota", f"{SARI_EMAIL}, budi@kota.example", f"{SARI_EMAIL}\r\nBcc: a@b.example", "a" * 300],
)
def test_what_is_no_address_is_refused(mailing: Mailing, open_desk: OpenDesk, typed: str) -> None:
    """The page says so, and nothing is sent."""
    mailing.desk.add("Sari Dewi")
    mailing.sent()
    status, page = asker(mailing.desk, open_desk).ask(typed)
    assert (status, "Alamat email tidak benar" in page) == (HTTPStatus.BAD_REQUEST, True)
    assert mailing.sent() == []


def test_a_link_for_a_forgotten_password_ends_soon(mailing: Mailing, open_desk: OpenDesk) -> None:
    """It works for half an hour; a later e-mail server gets no dead link."""
    desk = mailing.desk
    desk.add("Sari Dewi")
    browser = asker(desk, open_desk)
    mailing.sent()
    browser.ask(SARI_EMAIL)
    (mail,) = mailing.sent()
    browser.ask(SARI_EMAIL)
    desk.clock.advance(FORGOTTEN_PASSWORD_LIMIT)
    assert browser.client.post(mail.path, NEW_FORM).status_code == HTTPStatus.GONE
    assert mailing.sent() == []


def test_a_mailbox_is_not_filled(mailing: Mailing, open_desk: OpenDesk) -> None:
    """Above the limits of an address the page says the same and nothing is sent."""
    desk = mailing.desk
    desk.add("Sari Dewi")
    browser = asker(desk, open_desk)
    mailing.sent()
    hourly, daily = LINKS_TO_ADDRESS
    for sent in (hourly.attempts, daily.attempts - hourly.attempts, 0):
        pages = {browser.ask(SARI_EMAIL) for _ in range(hourly.attempts + 1)}
        assert len(pages) == 1
        assert len(mailing.sent()) == sent
        desk.clock.advance(hourly.period)
    desk.clock.advance(daily.period)
    browser.ask(SARI_EMAIL)
    assert len(mailing.sent()) == 1


def test_a_network_asks_for_few_links(mailing: Mailing, open_desk: OpenDesk) -> None:
    """Above its limit it has to wait, for known and unknown addresses alike. Others do not."""
    desk = mailing.desk
    desk.add("Sari Dewi")
    browser = asker(desk, open_desk)
    mailing.sent()

    strangers = [f"orang{number}@kota.example" for number in range(LINKS_FOR_NETWORK.attempts)]
    assert {browser.ask(stranger, "198.51.100.7")[0] for stranger in strangers} == {HTTPStatus.OK}
    assert browser.ask("orang@kota.example", "198.51.100.7")[0] == HTTPStatus.TOO_MANY_REQUESTS
    assert browser.ask(SARI_EMAIL, "198.51.100.7")[0] == HTTPStatus.TOO_MANY_REQUESTS
    assert mailing.sent() == []
    assert browser.ask(SARI_EMAIL, "198.51.100.8")[0] == HTTPStatus.OK
    assert len(mailing.sent()) == 1


def test_a_stranger_takes_no_link_away(mailing: Mailing, open_desk: OpenDesk) -> None:
    """The link of a coordinator, and an earlier one that the person asked for, work after further requests."""
    desk = mailing.desk
    account_id = desk.add("Sari Dewi")
    made = desk.services.people.new_password_link(account_id, "Tester", "test")
    browser = asker(desk, open_desk)
    browser.ask(SARI_EMAIL)
    browser.ask(SARI_EMAIL)
    assert browser.client.get(f"/desk/undangan/{made}").status_code == HTTPStatus.OK
    mailing.sent()
    desk.services.acceptance.accept(made, NEW_PASSWORD)
    # One use ends the others.
    assert desk.services.invitations.open() == []


def test_a_new_password_ends_the_links(mailing: Mailing) -> None:
    """A person who changes the password on the own page takes all open links back."""
    desk = mailing.desk
    account_id = desk.add("Sari Dewi")
    token = desk.services.people.new_password_link(account_id, "Tester", "test")
    account = desk.services.accounts.by_id(account_id)
    assert account
    desk.services.own_account.change_password(account, NEW_PASSWORD)
    with pytest.raises(InvalidInvitation):
        desk.services.acceptance.accept(token, PASSWORD)


def test_a_link_gives_no_access_back(mailing: Mailing) -> None:
    """A link that is made at the moment of the revocation is worth nothing."""
    desk = mailing.desk
    account_id = desk.add("Sari Dewi")

    def revoke_meanwhile(action: str) -> None:
        if action == "account.password_link_mailed":
            desk.services.people.revoke(account_id, "Tester", "left")

    desk.record_hook = revoke_meanwhile
    mailing.sent()
    desk.services.forgotten_password.send_link(SARI_EMAIL)
    (path,) = (mail.path for mail in mailing.sent() if "kata sandi baru" in mail.subject)
    with pytest.raises(InvalidInvitation):
        desk.services.acceptance.accept(path.rpartition("/")[2], NEW_PASSWORD)
    account = desk.services.accounts.by_id(account_id)
    assert account
    assert account.revoked_at


def test_without_a_mail_server_the_page_says_what_to_do(desk: Desk, open_desk: OpenDesk) -> None:
    """No form, no link, and the way to a person who can make one."""
    desk.add("Sari Dewi")
    browser = asker(desk, open_desk)
    page = browser.client.get(FORGOTTEN_ADDRESS).text
    assert "Minta tautan baru kepada koordinator instansi Anda atau administrator" in page
    assert "<form" not in page
    assert browser.ask(SARI_EMAIL)[0] == HTTPStatus.OK
    assert desk.services.invitations.open() == []


def _factor_on(desk: Desk, account_id: UUID) -> None:
    account = desk.services.accounts.by_id(account_id)
    assert account
    secret = desk.services.own_account.new_second_factor(account)
    assert desk.services.own_account.switch_on_second_factor(account, pyotp.TOTP(secret).at(desk.clock.time))


def _factor_off(desk: Desk, account_id: UUID) -> None:
    account = desk.services.accounts.by_id(account_id)
    assert account
    desk.services.own_account.switch_off_second_factor(account)


def _new_password(desk: Desk, account_id: UUID) -> None:
    account = desk.services.accounts.by_id(account_id)
    assert account
    desk.services.own_account.change_password(account, NEW_PASSWORD)


BY = "Budi Santoso [00000000-0000-4000-8000-000000000001]"


@pytest.mark.parametrize(
    ("change", "subject", "sentence"),
    [
        (_factor_on, "verifikasi dua langkah diaktifkan", "akun Anda diaktifkan"),
        (_factor_off, "verifikasi dua langkah dimatikan", "dimatikan di halaman akun Anda"),
        (_new_password, "kata sandi Anda diganti", "diganti di halaman akun Anda"),
        (
            lambda desk, account_id: desk.services.people.remove_second_factor(account_id, BY, "hilang"),
            "verifikasi dua langkah dimatikan",
            "Budi Santoso mematikan verifikasi dua langkah akun Anda.",
        ),
        (
            lambda desk, account_id: desk.services.people.revoke(account_id, BY, "pindah"),
            "akses Anda dicabut",
            "Budi Santoso mencabut akses Anda.",
        ),
        (
            lambda desk, account_id: desk.services.people.new_password_link(account_id, BY, "lupa"),
            "tautan untuk kata sandi baru",
            "Budi Santoso membuat tautan",
        ),
    ],
)
def test_a_person_hears_of_a_change(
    mailing: Mailing, change: Callable[[Desk, UUID], object], subject: str, sentence: str
) -> None:
    """Whoever made it: one e-mail to the address of the account, without the reason of the act and ids."""
    account_id = mailing.desk.add("Sari Dewi")
    mailing.sent()
    change(mailing.desk, account_id)
    (mail,) = mailing.sent()
    assert (mail.to, mail.subject) == (SARI_EMAIL, f"Satu Pintu: {subject}")
    assert sentence in mail.body
    assert not {"hilang", "pindah", "[0000"} & set(re.findall(r"hilang|pindah|\[0000", mail.body))


def test_a_new_account_is_told_with_role_and_institution(mailing: Mailing) -> None:
    """Also after a revocation: the person learns that role and institution are others now."""
    desk = mailing.desk
    desk.services.people.revoke(desk.add("Sari Dewi"), "Tester", "left")
    mailing.sent()
    desk.clock.advance(timedelta(days=1))
    desk.add("Sari Dewi", Role.COORDINATOR, "bumn-pln")
    notice, invitation = mailing.sent()
    assert (notice.subject, invitation.subject[:20]) == ("Satu Pintu: akun Anda aktif", "Satu Pintu: undangan")
    assert "sebagai Koordinator instansi untuk PT PLN (Persero)" in invitation.body
    assert "masuk sebagai Koordinator instansi untuk PT PLN (Persero)" in notice.body


def test_a_refused_act_is_not_told(mailing: Mailing) -> None:
    """The last administrator stays, and hears nothing."""
    account_id = mailing.desk.add("Rina Putri", Role.ADMINISTRATOR)
    mailing.sent()
    with pytest.raises(Exception, match="last_administrator"):
        mailing.desk.services.people.revoke(account_id, "Tester", "left")
    assert mailing.sent() == []


def test_an_expired_invitation_is_renewed_in_one_click(mailing: Mailing, open_desk: OpenDesk) -> None:
    """It stays on the page of the accounts. The new link is mailed and works, the former one does not."""
    desk = mailing.desk
    desk.add("Budi Santoso", Role.COORDINATOR)
    person = NewPerson(SARI_EMAIL, "Sari Dewi", Role.OFFICER, "kota-3374")
    former = desk.services.people.invite(person, "Tester", "test")
    desk.clock.advance(INVITATION_LIMIT + timedelta(days=30))
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    mailing.sent()
    page = client.get("/desk/akun").text
    assert "Undangan yang lewat waktu" in page
    (address,) = re.findall(r'action="(/desk/akun/undangan/[0-9a-f-]+)"', page)
    renewed = client.post(address, {"tindakan": "perbarui"})
    assert renewed.status_code == HTTPStatus.OK
    (mail,) = mailing.sent()
    assert (mail.to, mail.path in renewed.text) == (SARI_EMAIL, True)
    assert "Undangan yang lewat waktu" not in client.get("/desk/akun").text
    # A second click on the page of before.
    assert client.post(address, {"tindakan": "perbarui"}).status_code == HTTPStatus.BAD_REQUEST
    stranger = DeskClient(client.address)
    assert stranger.get(f"/desk/undangan/{former}").status_code == HTTPStatus.GONE
    assert stranger.post(mail.path, NEW_FORM).status_code == HTTPStatus.SEE_OTHER
    assert desk.log[-2].action == "account.invited"
    assert desk.log[-2].actor.startswith("Budi Santoso [")


def test_an_expired_invitation_can_be_dropped(desk: Desk, open_desk: OpenDesk) -> None:
    """It leaves the page. Expired links for a password are not on it."""
    account_id = desk.add("Budi Santoso", Role.COORDINATOR)
    desk.services.people.new_password_link(account_id, "Tester", "test")
    person = NewPerson(SARI_EMAIL, "Sari Dewi", Role.OFFICER, "kota-3374")
    desk.services.people.invite(person, "Tester", "test")
    desk.clock.advance(INVITATION_LIMIT)
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    (address,) = re.findall(r'action="(/desk/akun/undangan/[0-9a-f-]+)"', client.get("/desk/akun").text)
    assert client.post(address, {"tindakan": "batal"}).status_code == HTTPStatus.SEE_OTHER
    assert "Undangan yang lewat waktu" not in client.get("/desk/akun").text


def test_a_coordinator_renews_the_own_officers_only(desk: Desk, open_desk: OpenDesk) -> None:
    """The invitation of another agency, of a higher role, and a link for a password are out of reach."""
    desk.add("Budi Santoso", Role.COORDINATOR)
    people = desk.services.people
    people.invite(NewPerson(SARI_EMAIL, "Sari Dewi", Role.OFFICER, "bumn-pln"), "Tester", "test")
    people.invite(NewPerson(email_of("A B"), "A B", Role.COORDINATOR, "kota-3374"), "Tester", "test")
    client = signed_in_client(desk, open_desk, "Budi Santoso")
    recorded = len(desk.log)
    for invitation in desk.services.invitations.open():
        answer = client.post(f"/desk/akun/undangan/{invitation.id}", {"tindakan": "perbarui"})
        assert answer.status_code == HTTPStatus.FORBIDDEN
    officer = desk.add("Tono Wijaya")
    recorded = len(desk.log) + 1
    people.new_password_link(officer, "Tester", "test")
    (link,) = (entry for entry in desk.services.invitations.open() if entry.account_id)
    answer = client.post(f"/desk/akun/undangan/{link.id}", {"tindakan": "perbarui"})
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert len(desk.log) == recorded


def _invite(client: DeskClient, **fields: str) -> str:
    answer = client.post("/desk/akun", {"nama": "Sari Dewi", "email": SARI_EMAIL, "peran": "officer", **fields})
    return answer.text


@pytest.mark.parametrize("typed", ["Kota Semarang", "kota semarang", " semarang ", "KOTA-3374"])
def test_an_institution_is_typed_by_name(desk: Desk, open_desk: OpenDesk, typed: str) -> None:
    """Its whole name, a part that fits it alone, or its code."""
    desk.add("Rina Putri", Role.ADMINISTRATOR)
    _invite(signed_in_client(desk, open_desk, "Rina Putri"), instansi=typed)
    assert [entry.agency for entry in desk.services.invitations.open()] == ["kota-3374"]


def test_one_of_several_institutions_is_chosen(desk: Desk, open_desk: OpenDesk) -> None:
    """The page keeps what was typed and asks. No choice, or another name, searches again."""
    desk.add("Rina Putri", Role.ADMINISTRATOR)
    client = signed_in_client(desk, open_desk, "Rina Putri")
    page = _invite(client, instansi="t")
    assert "Beberapa instansi cocok. Pilih satu." in page
    assert re.findall(r'name="kode" value="([^"]*)"', page) == ["kota-3374", "bumn-pln", ""]
    assert f'value="{SARI_EMAIL}"' in page
    assert desk.services.invitations.open() == []
    assert "Beberapa instansi cocok" in _invite(client, instansi="t", kode="")
    _invite(client, instansi="t", kode="bumn-pln")
    assert [entry.agency for entry in desk.services.invitations.open()] == ["bumn-pln"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"instansi": "Kementerian Cuaca"}, "Tidak ada instansi dengan nama atau kode ini"),
        ({"instansi": ""}, "Peran ini tidak cocok"),
        ({"instansi": "triage"}, "Peran ini tidak cocok"),
        ({"instansi": "t", "kode": "kota-9999"}, "Tidak ada instansi dengan nama atau kode ini"),
        ({"instansi": "Kota Semarang", "peran": "auditor"}, "Peran ini tidak cocok"),
    ],
)
def test_institutions_that_do_not_fit(desk: Desk, open_desk: OpenDesk, fields: dict[str, str], problem: str) -> None:
    """The page says what to change, and nothing is stored."""
    desk.add("Rina Putri", Role.ADMINISTRATOR)
    assert problem in _invite(signed_in_client(desk, open_desk, "Rina Putri"), **fields)
    assert desk.services.invitations.open() == []


def test_triage_needs_no_institution(desk: Desk, open_desk: OpenDesk) -> None:
    """The role says it."""
    desk.add("Rina Putri", Role.ADMINISTRATOR)
    _invite(signed_in_client(desk, open_desk, "Rina Putri"), peran="triage")
    assert [entry.agency for entry in desk.services.invitations.open()] == ["triage"]
