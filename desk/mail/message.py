"""An e-mail as a value, and as the message that goes to the mail server. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from uuid import UUID, uuid5

# Namespace of the ids of e-mails. An id follows from the cause of the e-mail: the same cause sends it once.
_NAMESPACE = UUID("5d1c3f0e-52a0-4a51-9d37-0b0c5a3c1708")
# Any visible characters, with one `@`. The mail server knows which addresses exist.
_ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
# Days for which an ordinary e-mail is tried.
DEFAULT_LIFETIME: Final = timedelta(days=2)


class UnusableAddress(ValueError):
    """The recipient's address is not one. It is not quoted."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail to one person. It is not sent after `expires_at`. `kind` is a constant for logs."""

    id: UUID
    kind: str
    to: str
    subject: str
    body: str
    expires_at: datetime


def mail_id(*cause: str) -> UUID:
    """Return the id of the e-mail that follows from a cause, such as a digest, an account and a day."""
    return uuid5(_NAMESPACE, "\n".join(cause))


def check_address(address: str) -> str:
    """Return the address if it has the form of one. Raises `UnusableAddress`."""
    if not _ADDRESS.fullmatch(address) or not address.isprintable():
        raise UnusableAddress("not a mail address")
    return address


def build_message(mail: Mail, sender: str, sent_at: datetime) -> EmailMessage:
    """Return the message. `EmailMessage` refuses line breaks in headers, so that no value adds a header.

    Raises `ValueError`. The Message-ID is the same in each attempt: a mail server recognises a repeated one.
    """
    local_part, _, domain = check_address(mail.to).rpartition("@")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(username=local_part, domain=domain)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    # RFC 3834: no absence notice answers this.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message
