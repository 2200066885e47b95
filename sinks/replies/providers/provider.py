"""Port of a reply provider, and the four errors that it raises instead of returning the provider's id."""

from dataclasses import dataclass
from ssl import SSLCertVerificationError
from typing import Protocol
from uuid import UUID

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from messages.shapes import Contact


@dataclass(frozen=True, slots=True)
class OutgoingReply:
    """Reply with its opened contact. `secret`: the sender asked for anonim or rahasia.

    `kind` is that of the `Reply`, `message_id` the raw message of the report; `None` for one that is about no report.
    `attempts` counts earlier deliveries. `mail_text` is the text for an e-mail; empty if it is `text`.
    """

    id: UUID
    tracking: str
    kind: str
    text: str
    secret: bool
    attempts: int
    contact: Contact
    message_id: UUID | None = None
    mail_text: str = ""


class RetryLater(Exception):
    """The provider did not take the reply and takes nothing now. `seconds` is the wait that it asks for, if any."""

    def __init__(self, cause: str, seconds: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.seconds = seconds


class PermanentFailure(Exception):
    """The provider will never take this reply. With `unreachable`, it takes no reply to the same address either."""

    def __init__(self, code: str, unreachable: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.unreachable = unreachable


class OutcomeUnknown(Exception):
    """The reply may have been sent. It is not sent again."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class ReplyWithheld(Exception):
    """The reply is not sent; `reason` is a constant of the code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ReplyProvider(Protocol):
    """One provider. Not safe for two threads.

    `repeatable`: the receiver sees a reply once even if it is sent twice, so a reply with an unknown outcome is resent.
    """

    repeatable: bool

    def address(self, reply: OutgoingReply) -> str:
        """Return the receiving address. Raises `ReplyWithheld`."""
        ...

    def deliver(self, reply: OutgoingReply) -> str:
        """Send and return the provider's id. Has a timeout.

        Raises `RetryLater`, `PermanentFailure` or `OutcomeUnknown`.
        """
        ...


def phone_address(reply: OutgoingReply) -> str:
    """Return the address of a phone number. Raises `ReplyWithheld` for a name (`BANK`) or a short code."""
    if not reply.contact.phone.startswith("+"):
        raise ReplyWithheld("no_number")
    return f"tel:{reply.contact.phone}"


def is_unsent(error: requests.RequestException) -> bool:
    """Return True if no connection was made, so that nothing can have been sent."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    retry_error = error.args[0] if error.args else None
    reason = retry_error.reason if isinstance(retry_error, MaxRetryError) else None
    return isinstance(reason, NewConnectionError) or _is_bad_certificate(reason)


def _is_bad_certificate(reason: Exception | None) -> bool:
    if not isinstance(reason, SSLError) or not reason.args:
        return False
    return isinstance(reason.args[0], SSLCertVerificationError)


def retry_after_seconds(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header. The header's date form is ignored."""
    return float(header) if header and header.isascii() and header.isdigit() else None
