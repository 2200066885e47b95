"""Client of a mail server. It sends one e-mail, and says whether a failure is final."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Final, Literal, TypeAlias

from desk.mail.message import Mail, build_message

SmtpSecurity: TypeAlias = Literal["starttls", "tls", "none"]
SMTP_SECONDS: Final = 15.0
_FIRST_PERMANENT_CODE, _LAST_PERMANENT_CODE = 500, 599


@dataclass(frozen=True, slots=True)
class MailResult:
    """Result of one attempt. `error` is a constant, empty on success. A `permanent` one is not tried again.

    `server_away`: every other e-mail would fail, too.
    """

    error: str = ""
    permanent: bool = False
    server_away: bool = False


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Address of the mail server and the account there; without a user name there is no sign-in."""

    host: str
    port: int
    security: SmtpSecurity
    username: str
    password: str
    sender: str

    def __repr__(self) -> str:
        """Return the address without the account."""
        return f"SmtpServer({self.host}:{self.port})"


class SmtpClient:
    """Sends e-mails, each in a connection of its own. `tls` verifies the server; `seconds` limits each step."""

    def __init__(
        self,
        server: SmtpServer,
        now: Callable[[], datetime],
        tls: ssl.SSLContext | None = None,
        seconds: float = SMTP_SECONDS,
    ) -> None:
        self._server = server
        self._now = now
        self._tls = tls or ssl.create_default_context()
        self._seconds = seconds

    def send(self, mail: Mail) -> MailResult:
        """Send one e-mail. Never raises for a fault of the server, the network or the address."""
        try:
            message = build_message(mail, self._server.sender, self._now())
        except ValueError:
            return MailResult("unusable_address", permanent=True)
        try:
            connection = self._connect()
            try:
                return _send_message(connection, message)
            finally:
                _close(connection)
        except (OSError, smtplib.SMTPException) as error:
            return MailResult(_connection_error(error), server_away=True)

    def _connect(self) -> smtplib.SMTP:
        """Return a connection that is encrypted and signed in as set. Raises `OSError` and `SMTPException`."""
        server = self._server
        # Without this name smtplib resolves that of this host, which may take long.
        hostname = server.sender.rpartition("@")[2]
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, hostname, timeout=self._seconds, context=self._tls
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, hostname, timeout=self._seconds)
        try:
            if server.security == "starttls":
                # Raises if the server does not offer it: nothing is sent in clear.
                connection.starttls(context=self._tls)
            if server.username:
                connection.login(server.username, server.password)
        except (OSError, smtplib.SMTPException):
            connection.close()
            raise
        return connection


def _send_message(connection: smtplib.SMTP, message: EmailMessage) -> MailResult:
    """Send the message, and return what the server says about it. Raises the errors of the connection."""
    try:
        connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        ((code, _),) = error.recipients.values()
        return _refusal("recipient_refused", code)
    except smtplib.SMTPResponseException as error:
        return _refusal("message_refused", error.smtp_code)
    except smtplib.SMTPNotSupportedError:
        # The address has characters outside ASCII, and the server has no SMTPUTF8.
        return MailResult("unusable_address", permanent=True)
    return MailResult()


def _close(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()


def _refusal(error: str, code: int) -> MailResult:
    return MailResult(error, permanent=_FIRST_PERMANENT_CODE <= code <= _LAST_PERMANENT_CODE)


def _connection_error(error: Exception) -> str:
    """Return a constant for the fault. The order is from the most specific type to the most general."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (ssl.SSLCertVerificationError, "certificate"),
        (ssl.SSLError, "tls_failed"),
        (smtplib.SMTPAuthenticationError, "sign_in_refused"),
        (smtplib.SMTPNotSupportedError, "starttls_missing"),
        (smtplib.SMTPServerDisconnected, "connection_broken"),
        (smtplib.SMTPException, "server_refused"),
        (TimeoutError, "late"),
    )
    # smtplib reports a timeout while it reads as a disconnection.
    cause = error.__context__ if isinstance(error.__context__, TimeoutError) else error
    return next((name for kind, name in kinds if isinstance(cause, kind)), "connect_failed")
