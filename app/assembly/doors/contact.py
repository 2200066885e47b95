"""Builds the proof of contacts: codes by SMS through the provider of replies, and first mails through the outbox."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from app.assembly.doors.parts import DoorParts
from app.randomness import Randomness
from desk.mail.message import DEFAULT_LIFETIME, Mail
from desk.mail.outbox import MailOutbox
from ingest.code_sms import code_sms
from ingest.web.contact_proof.code_mail import code_mail
from ingest.web.contact_proof.code_proof import CodeNotSent, CodeProof, SendCode
from ingest.web.contact_proof.code_store import CodeToSend
from ingest.web.contact_proof.contacts import ContactStore
from ingest.web.contact_proof.decision import CODE_DIGITS, CODE_LIFETIME
from ingest.web.contact_proof.first_mail import FirstMail
from ingest.web.contact_proof.form_contact import FormContact, MailLinks
from ingest.web.contact_proof.pages import confirm_address
from ingest.web.form_token import FormTokens
from messages.shapes import Contact
from pages.translation.translator import load_translator
from sinks.replies.providers.provider import (
    OutcomeUnknown,
    OutgoingReply,
    PermanentFailure,
    ReplyProvider,
    ReplyWithheld,
    RetryLater,
)


def contact_store(parts: DoorParts) -> ContactStore:
    """Return the store of contacts of the form's reports."""
    return ContactStore(parts.engine, parts.sealer, parts.secrets.sender_key, parts.now)


def contact_ways(parts: DoorParts) -> frozenset[str]:
    """Return the ways by which the settings let the service write to senders of the form."""
    settings = parts.settings
    ways = {"sms": settings.twilio_from or settings.smpp_host, "email": settings.smtp_host}
    return frozenset(way for way, provider in ways.items() if provider)


def phone_proof(
    parts: DoorParts, open_provider: Callable[[DoorParts], ReplyProvider | None], new_id: Callable[[], UUID]
) -> CodeProof | None:
    """Return the proof of phone numbers, `None` without a provider of SMS. `open_provider` opens a new one."""
    if "sms" not in contact_ways(parts):
        return None
    return _code_proof(parts, partial(_send_code, partial(open_provider, parts)), new_id)


def mail_proof(parts: DoorParts, new_id: Callable[[], UUID]) -> CodeProof | None:
    """Return the proof of mail addresses, `None` without a mail server."""
    if "email" not in contact_ways(parts):
        return None
    translate = load_translator().translate
    outbox = mail_outbox(parts)

    def send(code: CodeToSend) -> None:
        text = code_mail(code.code, translate)
        outbox.add([Mail(code.id, "code", code.contact, text.subject, text.body, parts.now() + CODE_LIFETIME)])

    return _code_proof(parts, send, new_id)


def _code_proof(parts: DoorParts, send: SendCode, new_id: Callable[[], UUID]) -> CodeProof:
    new_code = partial(_new_code, parts.randomness)
    limit = parts.settings.codes_per_day
    return CodeProof(parts.engine, parts.secrets.sender_key, send, limit, new_id, new_code, parts.now)


def form_contact(parts: DoorParts, tokens: FormTokens, check_rate: Callable[[str, str], None]) -> FormContact:
    """Return what the form does with a contact. `check_rate` counts what an address does."""
    address = parts.settings.reached_at
    links = MailLinks(
        lambda number: f"{address}/status/{number}",
        lambda number: address + confirm_address(number, tokens.sign_mail_link(number)),
    )
    queue = partial(_queue_mail, mail_outbox(parts), parts)
    limit = parts.settings.first_mails_per_day
    translate = load_translator().translate
    return FormContact(contact_store(parts), contact_ways(parts), queue, limit, check_rate, links, translate)


def mail_outbox(parts: DoorParts) -> MailOutbox:
    """Return the outbox from which the process of the desk sends e-mail."""
    return MailOutbox(parts.engine, parts.sealer, parts.now)


def _queue_mail(outbox: MailOutbox, parts: DoorParts, connection: Connection, mail: FirstMail) -> None:
    expires_at = parts.now() + DEFAULT_LIFETIME
    outbox.add_within(connection, [Mail(mail.id, "first", mail.to, mail.subject, mail.body, expires_at)])


def _send_code(open_provider: Callable[[], ReplyProvider | None], code: CodeToSend) -> None:
    """Send a code by SMS at once, so that it is stored nowhere. Raises `CodeNotSent` if it certainly was not sent.

    A provider is not safe for two threads: each code has its own.
    """
    provider = open_provider()
    if provider is None:
        raise CodeNotSent
    contact = Contact(phone=code.contact)
    sms = OutgoingReply(code.id, "", "code", code_sms(code.code), secret=False, attempts=0, contact=contact)
    try:
        provider.deliver(sms)
    except (RetryLater, PermanentFailure, ReplyWithheld) as error:
        raise CodeNotSent from error
    except OutcomeUnknown:
        # It may have arrived: the person can type it.
        return


def _new_code(randomness: Randomness) -> str:
    return f"{randomness.below(10**CODE_DIGITS):0{CODE_DIGITS}}"
