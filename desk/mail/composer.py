"""Composes an e-mail for each reader, in the reader's language. Pure apart from the log."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from desk.mail.message import Mail, UnusableAddress, check_address, mail_id
from desk.mail.recipients import Recipient
from desk.mail.texts import MailText
from pages.translation.language import in_language

_log = structlog.get_logger()


class MailComposer:
    """Composes e-mails. `translate` translates a marked text into the current language."""

    def __init__(self, translate: Callable[[str], str]) -> None:
        self._translate = translate

    def compose(
        self, kind: str, cause: Sequence[str], readers: Sequence[Recipient], text: MailText, expires_at: datetime
    ) -> list[Mail]:
        """Return one e-mail for each reader with a usable address. The same cause gives the same ids."""
        mails = []
        for reader in readers:
            try:
                address = check_address(reader.address)
            except UnusableAddress:
                _log.warning("mail.address_unusable", kind=kind, account_id=reader.account_id)
                continue
            with in_language(reader.language):
                subject, body = text.render(self._translate)
            mails.append(Mail(mail_id(kind, *cause, reader.account_id), kind, address, subject, body, expires_at))
        return mails
