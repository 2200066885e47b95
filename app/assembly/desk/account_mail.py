"""Sends the e-mail to persons who sign in, by the outbox that the process of the desk sends."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from accounts.invitations import Invitation
from accounts.mail import AccountMail, AccountNotice, NoAccountMail
from accounts.pages.forgotten_pages import FORGOTTEN_ADDRESS
from accounts.pages.invitation_pages import invitation_link
from accounts.pages.mail_texts import AccountLinks, link_text, notice_text
from accounts.permissions import TRIAGE_AGENCY, person_name
from accounts.signed_in import SIGN_IN_ADDRESS
from app.assembly.parts import Parts
from desk.mail.composer import MailComposer
from desk.mail.message import DEFAULT_LIFETIME
from desk.mail.outbox import MailOutbox
from desk.mail.recipients import Recipient
from desk.mail.texts import MailText
from pages.translation.translator import load_translator


class OutboxAccountMail:
    """See `AccountMail`. `own_address` is the public address of the desk, without a slash at its end."""

    is_sent = True

    def __init__(
        self,
        composer: MailComposer,
        outbox: MailOutbox,
        now: Callable[[], datetime],
        agency_name: Callable[[str], str],
        own_address: str,
    ) -> None:
        self._composer = composer
        self._outbox = outbox
        self._now = now
        self._agency_name = agency_name
        self._own_address = own_address

    def send_link(self, connection: Connection, invitation: Invitation, token: str) -> None:
        """See the protocol. The e-mail is worth nothing after the end of its link."""
        if not invitation.email:
            return
        link = invitation_link(self._own_address, token)
        text = link_text(invitation, link, person_name(invitation.invited_by), self._name(invitation.agency))
        reader = Recipient(str(invitation.account_id or invitation.id), invitation.email)
        mails = self._composer.compose(
            "account-link", (str(invitation.id),), [reader], MailText(*text), invitation.expires_at
        )
        self._outbox.add_within(connection, mails)

    def send_notice(self, connection: Connection, notice: AccountNotice) -> None:
        """See the protocol."""
        now = self._now()
        links = AccountLinks(self._own_address + SIGN_IN_ADDRESS, self._own_address + FORGOTTEN_ADDRESS)
        text = notice_text(notice, links, self._name(notice.agency))
        reader = Recipient(str(notice.account_id), notice.email)
        cause = (notice.change, now.isoformat())
        mails = self._composer.compose("account-notice", cause, [reader], MailText(*text), now + DEFAULT_LIFETIME)
        self._outbox.add_within(connection, mails)

    def _name(self, agency: str) -> str:
        """Return the name of an institution; empty for a role with none. That of triage says it already."""
        return self._agency_name(agency) if agency not in {"", TRIAGE_AGENCY} else ""


def account_mail(parts: Parts, own_address: str) -> AccountMail:
    """Return the e-mail to persons who sign in: none without a mail server."""
    if not parts.settings.smtp_host:
        return NoAccountMail()
    composer = MailComposer(load_translator().translate)
    outbox = MailOutbox(parts.engine, parts.sealer, parts.now)

    def agency_name(code: str) -> str:
        return parts.registry.name_of(code)

    return OutboxAccountMail(composer, outbox, parts.now, agency_name, own_address)
