"""The client of the mail server: TLS as set, and each failure as what it is."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from desk.mail.message import Mail
from desk.mail.smtp import MailResult, SmtpClient, SmtpServer
from tests.conftest import NOW
from tests.desk.mail.mail_server import HOST, PASSWORD, USERNAME, mail_server
from tests.support.certificates import tls_contexts

# Limit of a test in which the server stands still. Nothing asserts it.
_SHORT_SECONDS = 0.3
_SERVER = SmtpServer(HOST, 0, "none", "", "", "satu-pintu@lapor.example")
_MAIL = Mail(
    UUID(int=7), "digest", "petugas@instansi.example", "Ringkasan: 3 aduan, « hari ini »", "Selamat pagi.\n",
    NOW + timedelta(days=1),
)  # fmt: skip
Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    """TLS contexts of server and client."""
    return tls_contexts(tmp_path_factory.mktemp("tls"), HOST)


def client(server: SmtpServer, tls: ssl.SSLContext | None = None, seconds: float = 15) -> SmtpClient:
    """Return a client with a fixed clock."""
    return SmtpClient(server, lambda: NOW, tls, seconds)


def test_an_email_arrives_after_starttls_and_sign_in(contexts: Contexts) -> None:
    """Headers and body are those of the e-mail. The Message-ID follows from its id."""
    with mail_server(starttls=contexts[0], sign_in=True) as server:
        settings = replace(_SERVER, port=server.port, security="starttls", username=USERNAME, password=PASSWORD)
        assert client(settings, contexts[1]).send(_MAIL) == MailResult()
    (message,) = server.messages
    assert server.encrypted == [True]
    assert (message["From"], message["To"], message["Subject"]) == (
        "satu-pintu@lapor.example", "petugas@instansi.example", "Ringkasan: 3 aduan, « hari ini »",
    )  # fmt: skip
    assert (message["Message-ID"], message["Date"], message["Auto-Submitted"]) == (
        f"<{UUID(int=7)}@lapor.example>", "Tue, 24 Nov 2026 08:04:05 +0000", "auto-generated",
    )  # fmt: skip
    assert message.get_content().splitlines() == ["Selamat pagi."]


def test_an_email_arrives_by_tls_from_the_first_byte(contexts: Contexts) -> None:
    """As on port 465."""
    with mail_server(tls=contexts[0]) as server:
        assert client(replace(_SERVER, port=server.port, security="tls"), contexts[1]).send(_MAIL) == MailResult()
    assert len(server.messages) == 1


def test_nothing_is_sent_in_clear_if_the_server_has_no_starttls() -> None:
    """A person in the middle may have removed the offer."""
    with mail_server() as server:
        result = client(replace(_SERVER, port=server.port, security="starttls")).send(_MAIL)
    assert (result, server.messages) == (MailResult("starttls_missing", server_away=True), [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_is_not_trusted_is_refused(contexts: Contexts, security: str) -> None:
    """No e-mail is sent, and no password."""
    options = {security: contexts[0]}
    with mail_server(options.get("starttls"), options.get("tls")) as server:
        result = client(replace(_SERVER, port=server.port, security=security)).send(_MAIL)  # type: ignore[arg-type]  # parameter
    assert (result, server.messages) == (MailResult("certificate", server_away=True), [])


def test_a_wrong_password_is_the_operators_fault(contexts: Contexts) -> None:
    """Every e-mail waits for its correction."""
    with mail_server(starttls=contexts[0], sign_in=True) as server:
        settings = replace(_SERVER, port=server.port, security="starttls", username=USERNAME, password="salah")
        assert client(settings, contexts[1]).send(_MAIL) == MailResult("sign_in_refused", server_away=True)


@pytest.mark.parametrize(
    ("recipient", "data", "result"),
    [
        ("550 no such user", "", MailResult("recipient_refused", permanent=True)),
        ("451 try later", "", MailResult("recipient_refused")),
        ("", "554 refused", MailResult("message_refused", permanent=True)),
        ("", "452 full", MailResult("message_refused")),
    ],
)
def test_a_refusal_is_final_or_not(recipient: str, data: str, result: MailResult) -> None:
    """5xx is final, 4xx is tried again (RFC 5321, 4.2.1)."""
    with mail_server() as server:
        server.refusals, server.data_refusals = [recipient], [data] if data else []
        assert client(replace(_SERVER, port=server.port)).send(_MAIL) == result


def test_a_server_that_hangs_is_late() -> None:
    """It accepts the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = client(replace(_SERVER, port=silent.getsockname()[1]), seconds=_SHORT_SECONDS).send(_MAIL)
    assert result == MailResult("late", server_away=True)


def test_nobody_listens() -> None:
    """The port is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert client(replace(_SERVER, port=port)).send(_MAIL) == MailResult("connect_failed", server_away=True)


_INJECTIONS: dict[str, Callable[[Mail], Mail]] = {
    "subject": lambda mail: replace(mail, subject="Ringkasan\r\nBcc: semua@lain.example"),
    "recipient": lambda mail: replace(mail, to="petugas@instansi.example\nBcc: semua@lain.example"),
    "two recipients": lambda mail: replace(mail, to="petugas@instansi.example,semua@lain.example"),
    "name and address": lambda mail: replace(mail, to="Petugas <petugas@instansi.example>"),
}


@pytest.mark.parametrize("name", _INJECTIONS)
def test_no_value_adds_a_header_or_a_recipient(name: str) -> None:
    """Such an e-mail is refused before a connection is made."""
    with mail_server() as server:
        result = client(replace(_SERVER, port=server.port)).send(_INJECTIONS[name](_MAIL))
    assert (result, server.messages) == (MailResult("unusable_address", permanent=True), [])


def test_the_account_does_not_print() -> None:
    """An error with this value in its text reveals no password."""
    assert PASSWORD not in repr(replace(_SERVER, username=USERNAME, password=PASSWORD))
