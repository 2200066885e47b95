"""The outbox: each e-mail once, tried again as long as it makes sense, and unreadable in the database."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from config.database import read_transaction
from desk.change_age import KEPT_AGE
from desk.mail.message import DEFAULT_LIFETIME, Mail
from desk.mail.outbox import LEASE_LENGTH, RETRY_DELAYS, MailOutbox, MailOutcome, decide_outcome
from desk.mail.smtp import MailResult, SmtpClient, SmtpServer
from desk.mail.worker import MailWorker
from messages.sealing import Sealer
from tests.conftest import NOW
from tests.desk.mail.mail_server import HOST, MailServer, mail_server
from tests.desk.webhooks.receiver import Clock
from tests.support.log_capture import captured_log
from tests.support.waiting import wait_for

_SEALER = Sealer([b"k" * 64])
_EXPIRES_AT = NOW + DEFAULT_LIFETIME


def mail(number: int) -> Mail:
    """Return an e-mail."""
    body = f"https://lapor.example/masuk/token-{number}\n"
    return Mail(UUID(int=number), "notice", f"petugas{number}@instansi.example", f"Surat {number}", body, _EXPIRES_AT)


@pytest.fixture
def clock() -> Clock:
    """A clock that a test advances."""
    return Clock()


@pytest.fixture
def outbox(engine: Engine, clock: Clock) -> MailOutbox:
    """An empty outbox on each kind of database."""
    return MailOutbox(engine, _SEALER, clock)


def worker(outbox: MailOutbox, port: int, stopping: threading.Event | None = None) -> MailWorker:
    """Return a worker that sends to a server on loopback."""
    client = SmtpClient(SmtpServer(HOST, port, "none", "", "", "satu-pintu@lapor.example"), lambda: NOW)
    return MailWorker(outbox, client, lambda: "lease", stopping or threading.Event(), pause=1.0, server_away_pause=30.0)


def stored(engine: Engine) -> list[tuple[str, str, int]]:
    """Return status, error and attempts of each e-mail."""
    with read_transaction(engine) as connection:
        rows = connection.execute(text("SELECT status, error, attempts FROM desk_mail ORDER BY id"))
        return [(row.status, row.error, row.attempts) for row in rows]


def subjects(server: MailServer) -> list[str]:
    """Return the subjects that arrived."""
    return [str(message["Subject"]) for message in server.messages]


@pytest.mark.parametrize(
    ("result", "earlier_attempts", "outcome"),
    [
        (MailResult(), 0, MailOutcome("sent", NOW)),
        (MailResult("message_refused", permanent=True), 0, MailOutcome("failed", NOW)),
        (MailResult("late", server_away=True), 0, MailOutcome("waiting", NOW + RETRY_DELAYS[0])),
        (MailResult("late", server_away=True), 2, MailOutcome("waiting", NOW + RETRY_DELAYS[2])),
        (MailResult("late", server_away=True), 99, MailOutcome("waiting", NOW + RETRY_DELAYS[-1])),
    ],
)
def test_what_follows_from_an_attempt(result: MailResult, earlier_attempts: int, outcome: MailOutcome) -> None:
    """Sent, refused for good, or tried again later."""
    assert decide_outcome(result, earlier_attempts, _EXPIRES_AT, NOW) == outcome


def test_an_attempt_after_the_end_is_not_planned() -> None:
    """A digest that arrives in the evening helps nobody."""
    expires_at = NOW + RETRY_DELAYS[0]
    assert decide_outcome(MailResult("late"), 0, expires_at, NOW).status == "expired"


def test_the_same_email_is_stored_and_sent_once(engine: Engine, outbox: MailOutbox) -> None:
    """Before and after it was sent."""
    with mail_server() as server:
        outbox.add([mail(1), mail(2), mail(1)])
        while worker(outbox, server.port).step() == 0:
            outbox.add([mail(1)])
    assert sorted(subjects(server)) == ["Surat 1", "Surat 2"]
    assert stored(engine) == [("sent", "", 1), ("sent", "", 1)]


def test_content_is_unreadable_in_the_database(engine: Engine, outbox: MailOutbox) -> None:
    """A link may let its reader in. When the e-mail is sent, even the sealed content goes."""
    outbox.add([mail(1)])

    def content() -> str:
        with read_transaction(engine) as connection:
            return str(connection.execute(text("SELECT * FROM desk_mail")).mappings().one())

    assert not [word for word in ("token-1", "petugas1", "Surat 1") if word in content()]
    with mail_server() as server:
        assert worker(outbox, server.port).step() == 0
    assert "'content': ''" in content()


def test_urgent_emails_wait_behind_no_other(outbox: MailOutbox, clock: Clock) -> None:
    """A danger, then a link that somebody waits for, then digests and notices in the order of their age."""
    kinds = ("digest", "account-link", "notice", "danger")
    for number, kind in enumerate(kinds):
        outbox.add([replace(mail(number), kind=kind)])
        clock.advance(timedelta(seconds=1))
    claimed = [outbox.claim("lease") for _ in kinds]
    assert [item.mail.kind for item in claimed if item] == ["danger", "account-link", "digest", "notice"]


def test_an_email_waits_while_the_server_is_away(engine: Engine, outbox: MailOutbox, clock: Clock) -> None:
    """The worker rests, and sends when the server is back."""
    with mail_server() as server:
        port = server.port
    outbox.add([mail(1)])
    assert worker(outbox, port).step() == 30.0
    assert stored(engine) == [("waiting", "connect_failed", 1)]
    with mail_server() as server:
        assert worker(outbox, server.port).step() == 1.0
        clock.advance(RETRY_DELAYS[0])
        assert worker(outbox, server.port).step() == 0.0
    assert subjects(server) == ["Surat 1"]


def test_a_refused_recipient_does_not_hold_back_the_others(engine: Engine, outbox: MailOutbox) -> None:
    """It is not tried again. The log names neither the address nor the text."""
    outbox.add([mail(1), mail(2)])
    with mail_server() as server, captured_log() as log:
        server.refusals = ["550 petugas1 unknown", ""]
        while worker(outbox, server.port).step() == 0:
            pass
    assert stored(engine) == [("failed", "recipient_refused", 1), ("sent", "", 1)]
    assert [line["event"] for line in log.lines] == ["mail.given_up", "mail.sent"]
    assert log.logged_words(["petugas1", "instansi.example", "token-1", "Surat"]) == []


def test_a_process_that_died_loses_no_email(outbox: MailOutbox, clock: Clock) -> None:
    """Its lease ends, and another process sends it."""
    outbox.add([mail(1)])
    assert outbox.claim("of the dead process")
    with mail_server() as server:
        assert worker(outbox, server.port).step() == 1.0
        clock.advance(LEASE_LENGTH)
        assert worker(outbox, server.port).step() == 0.0
    assert subjects(server) == ["Surat 1"]


def test_an_expired_email_is_not_sent(engine: Engine, outbox: MailOutbox, clock: Clock) -> None:
    """Its row is kept for some time, then deleted."""
    outbox.add([mail(1)])
    clock.advance(DEFAULT_LIFETIME)
    with mail_server() as server:
        assert worker(outbox, server.port).step() == 1.0
    assert (subjects(server), outbox.sweep()) == ([], 1)
    assert stored(engine) == [("expired", "", 0)]
    clock.advance(KEPT_AGE)
    assert outbox.sweep() == 0
    assert stored(engine) == []


def test_an_email_sealed_with_another_key_is_reported(engine: Engine, outbox: MailOutbox, clock: Clock) -> None:
    """It waits for the right key, and the others are sent."""
    MailOutbox(engine, Sealer([b"x" * 64]), clock).add([mail(1)])
    clock.advance(timedelta(seconds=1))
    outbox.add([mail(2)])
    with mail_server() as server, captured_log() as log:
        worker(outbox, server.port).step()
        worker(outbox, server.port).step()
    assert [line["event"] for line in log.lines] == ["mail.unreadable", "mail.sent"]
    assert stored(engine)[0][0] == "waiting"


def test_a_running_worker_sends_what_comes(outbox: MailOutbox) -> None:
    """Until it is stopped."""
    stopping = threading.Event()
    with mail_server() as server:
        thread = threading.Thread(target=worker(outbox, server.port, stopping).run)
        thread.start()
        try:
            outbox.add([mail(5)])
            wait_for(lambda: len(server.messages) == 1)
        finally:
            stopping.set()
            thread.join()
    assert subjects(server) == ["Surat 5"]
