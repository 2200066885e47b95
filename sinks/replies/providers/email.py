"""Replies by e-mail, and the choice between e-mail and SMS for senders who proved how they can be reached.

A mail server takes no idempotency key. Each attempt has the same Message-ID, by which a mailbox recognises a mail that
was sent twice because the connection broke at its end.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from config.database import DatabaseUnavailable
from messages.replies.mail_texts import reply_mail
from sinks.replies.providers.provider import (
    OutgoingReply,
    PermanentFailure,
    ReplyProvider,
    ReplyWithheld,
    RetryLater,
)


@dataclass(frozen=True, slots=True)
class MailFault:
    """Fault of one attempt: a constant, and whether another attempt is useless."""

    error: str
    is_permanent: bool


class MailTransport(Protocol):
    """Connection to the mail server. Has a timeout, and raises nothing for a fault of the server or the address."""

    def __call__(self, message_id: UUID, to: str, subject: str, body: str) -> MailFault | None:
        """Send one mail. Return the fault, `None` if the server took it."""
        ...


class EmailReplies:
    """Provider of e-mail. It writes to addresses that the sender confirmed, so each mail has the sender's own link.

    `status_url` returns the address of a number's status page, `link_of` the own link to the report of a raw message.
    """

    repeatable = False

    def __init__(self, send: MailTransport, status_url: Callable[[str], str], link_of: Callable[[UUID], str]) -> None:
        self._send = send
        self._status_url = status_url
        self._link_of = link_of

    def address(self, reply: OutgoingReply) -> str:
        """Return the mail address. Raises `ReplyWithheld`."""
        if not reply.contact.email:
            raise ReplyWithheld("no_address")
        return f"mailto:{reply.contact.email.casefold()}"

    def deliver(self, reply: OutgoingReply) -> str:
        """Send; see `ReplyProvider`. Return the id of the reply: a mail server gives none."""
        status = self._status_url(reply.tracking)
        link = self._link_of(reply.message_id) if reply.message_id else status
        mail = reply_mail(reply.tracking, reply.mail_text or reply.text, link, status)
        fault = self._send(reply.id, reply.contact.email, mail.subject, mail.body)
        if fault is None:
            return str(reply.id)
        if fault.is_permanent:
            raise PermanentFailure(fault.error)
        raise RetryLater(fault.error)


class ProvenContactReplies:
    """Provider for senders of the form: SMS if the sender proved the number, else e-mail if the address is confirmed.

    `proven_ways` returns `sms` and `email` as far as the sender of a tracking number proved them; it may raise
    `DatabaseUnavailable`. Nobody else is written to: anybody can type another person's number or address.
    """

    repeatable = False

    def __init__(
        self, sms: ReplyProvider | None, email: ReplyProvider | None, proven_ways: Callable[[str], Collection[str]]
    ) -> None:
        self._providers = {"sms": sms, "email": email}
        self._proven_ways = proven_ways

    def address(self, reply: OutgoingReply) -> str:
        """Return the number or the mail address. Raises `ReplyWithheld` if neither is proven."""
        return self._provider(reply).address(reply)

    def deliver(self, reply: OutgoingReply) -> str:
        """Send; see `ReplyProvider`."""
        try:
            provider = self._provider(reply)
        except (DatabaseUnavailable, ReplyWithheld):
            # The proof was read a moment ago.
            raise RetryLater("database_away") from None
        return provider.deliver(reply)

    def _provider(self, reply: OutgoingReply) -> ReplyProvider:
        ways = self._proven_ways(reply.tracking)
        for way, provider in self._providers.items():
            if way in ways and provider:
                return provider
        raise ReplyWithheld("unproven")
