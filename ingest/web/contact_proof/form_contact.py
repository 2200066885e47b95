"""The contact of a form: checked before the report is sent, stored and written to after it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from config.database import DatabaseUnavailable
from ingest.web.contact_proof.addresses import mail_address, mobile_number
from ingest.web.contact_proof.contacts import ContactStore, ReportContact
from ingest.web.contact_proof.first_mail import FirstMail, first_mail
from messages.sealing import UnsealError
from messages.shapes import RawMessage
from pages.refusals import FieldError, Refused
from pages.translation.message import message as _

_NO_MOBILE = _("SMS tidak dapat dikirim ke nomor ini. Tulis nomor ponsel Indonesia, misalnya 0812 3456 7890.")
_NO_ADDRESS = _("Alamat email ini tidak lengkap. Tulis seperti nama@contoh.id.")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MailLinks:
    """Addresses in the first mail, by tracking number."""

    status: Callable[[str], str]
    confirm: Callable[[str], str]


class FormContact:
    """Checks, stores and looks up contacts. `ways`: `sms` and `email`, as far as the service has a provider.

    `queue_mail` stores a mail that is sent later, in a transaction. `mails_per_day` limits the mails of the service,
    and `check_rate` counts those that an address has us send: it raises `Refused` above the rate.
    """

    def __init__(
        self,
        store: ContactStore,
        ways: Collection[str],
        queue_mail: Callable[[Connection, FirstMail], None],
        mails_per_day: int,
        check_rate: Callable[[str, str], None],
        links: MailLinks,
        translate: Callable[[str], str],
    ) -> None:
        self.ways = frozenset(ways)
        self._store = store
        self._queue_mail = queue_mail
        self._mails_per_day = mails_per_day
        self._check_rate = check_rate
        self._links = links
        self._translate = translate

    def faults(self, values: Mapping[str, str]) -> list[Refused]:
        """Return a refusal for each contact that the service could not use. Pure."""
        faults = []
        if "sms" in self.ways and values.get("phone", "").strip() and not mobile_number(values["phone"]):
            faults.append(FieldError("phone", _NO_MOBILE))
        if "email" in self.ways and values.get("email", "").strip() and not mail_address(values["email"]):
            faults.append(FieldError("email", _NO_ADDRESS))
        return [Refused("invalid_submission", (fault,)) for fault in faults]

    async def remember(self, raw: RawMessage, values: Mapping[str, str], address: str) -> None:
        """Store the contact of an accepted report that a client at this address sent, and queue its first mail.

        The report is accepted already: without the database its sender gets the number and no news.
        """
        phone = mobile_number(values.get("phone", "")) if "sms" in self.ways else ""
        email = mail_address(values.get("email", "")) if "email" in self.ways else ""
        if not (phone or email):
            return
        try:
            await run_in_threadpool(self._remember, raw, phone, email, address)
        except DatabaseUnavailable as error:
            _log.warning("contact.store_failed", message_id=str(raw.id), cause=str(error))

    def contact(self, tracking: str) -> ReportContact:
        """Return the contact of a report; an empty one if none is stored or it cannot be read now."""
        try:
            return self._store.contact(tracking)
        except (DatabaseUnavailable, UnsealError):
            return ReportContact()

    def _remember(self, raw: RawMessage, phone: str, email: str, address: str) -> None:
        def queue_mail(connection: Connection) -> None:
            links = self._links.status(raw.tracking), self._links.confirm(raw.tracking)
            self._queue_mail(connection, first_mail(raw.id, email, raw.tracking, *links, self._translate))

        check_network = partial(self._check_rate, "first-mail", address)
        self._store.add(raw.tracking, raw.id, phone, email, self._mails_per_day, check_network, queue_mail)
