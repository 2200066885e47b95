"""Texts of the e-mails to persons who sign in. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from accounts.invitations import Invitation
from accounts.mail import AccountChange, AccountNotice
from accounts.pages import wording
from pages.translation.message import Message, counted
from pages.translation.message import message as _

_HOUR = timedelta(hours=1)
_INVITED_SUBJECT = _("Satu Pintu: undangan untuk {name}")
_INVITED = _("Anda diundang sebagai {role}. Buat kata sandi Anda di sini:")
_INVITED_TO_AGENCY = _("Anda diundang sebagai {role} untuk {agency}. Buat kata sandi Anda di sini:")
_UNEXPECTED_INVITATION = _("Tidak menunggu undangan ini? Abaikan email ini.")
_PASSWORD_SUBJECT = _("Satu Pintu: tautan untuk kata sandi baru")
_PASSWORD = _("{by} membuat tautan agar Anda dapat membuat kata sandi baru:")
_FORGOTTEN = _("Seseorang meminta tautan untuk membuat kata sandi baru bagi akun Anda:")
_UNEXPECTED_LINK = _("Bukan Anda yang meminta? Abaikan email ini. Kata sandi Anda tidak berubah.")
_FACTOR_STAYS = _("Verifikasi dua langkah tetap aktif.")
_ONCE = _("Tautan ini rahasia dan hanya dapat dipakai satu kali. {period}")
# Subject and sentence of a notice, when the person made the change.
_OWN_CHANGES: Mapping[AccountChange, tuple[Message, Message]] = {
    "created": (_("Satu Pintu: akun Anda aktif"), _("Akun Anda aktif. Anda dapat masuk sebagai {role}.")),
    "password_set": (_("Satu Pintu: kata sandi Anda diganti"), _("Kata sandi akun Anda diganti lewat tautan.")),
    "password_changed": (
        _("Satu Pintu: kata sandi Anda diganti"),
        _("Kata sandi akun Anda diganti di halaman akun Anda."),
    ),
    "second_factor_added": (
        _("Satu Pintu: verifikasi dua langkah diaktifkan"),
        _("Verifikasi dua langkah akun Anda diaktifkan."),
    ),
    "second_factor_removed": (
        _("Satu Pintu: verifikasi dua langkah dimatikan"),
        _("Verifikasi dua langkah akun Anda dimatikan di halaman akun Anda."),
    ),
    "revoked": (_("Satu Pintu: akses Anda dicabut"), _("Akses Anda dicabut.")),
}
# Sentence when somebody else made it. A person sets the own password alone.
_CHANGES_BY: Mapping[AccountChange, Message] = {
    "second_factor_removed": _("{by} mematikan verifikasi dua langkah akun Anda. Semua sesi Anda diakhiri."),
    "revoked": _("{by} mencabut akses Anda. Semua sesi Anda diakhiri."),
}
_CREATED_FOR_AGENCY = _("Akun Anda aktif. Anda dapat masuk sebagai {role} untuk {agency}.")
_SIGN_IN = _("Masuk: {link}")
_NOT_YOU = _("Bukan Anda? Segera buat kata sandi baru ({link}), lalu beri tahu koordinator atau administrator.")
_NOT_YOUR_ACCOUNT = _("Bukan Anda yang memakai undangan? Segera beri tahu koordinator atau administrator.")
_QUESTIONS = _("Ada pertanyaan? Hubungi koordinator instansi Anda atau administrator.")


class MailText(NamedTuple):
    """Subject and paragraphs of an e-mail. A paragraph has lines."""

    subject: Message
    paragraphs: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class AccountLinks:
    """Addresses of the page of the sign-in, and of that for a forgotten password."""

    sign_in: str
    forgotten: str


def link_text(invitation: Invitation, link: str, by: str, agency_name: str) -> MailText:
    """Return the e-mail with a one-time link. `by` is the name of who made it, `agency_name` may be empty."""
    once = [_ONCE.filled(period=_period(invitation.lifetime))]
    if invitation.account_id is None:
        template = _INVITED_TO_AGENCY if agency_name else _INVITED
        opening = template.filled(role=wording.ROLES[invitation.role], agency=agency_name)
        subject = _INVITED_SUBJECT.filled(name=invitation.name)
        return MailText(subject, [[opening, link], once, [_UNEXPECTED_INVITATION]])
    opening = _FORGOTTEN if invitation.is_for_forgotten_password else _PASSWORD.filled(by=by)
    return MailText(_PASSWORD_SUBJECT, [[opening, link], [*once, _FACTOR_STAYS], [_UNEXPECTED_LINK]])


def notice_text(notice: AccountNotice, links: AccountLinks, agency_name: str) -> MailText:
    """Return the e-mail that tells of a change of the account. `agency_name` is empty without an institution."""
    subject, sentence = _OWN_CHANGES[notice.change]
    if notice.by:
        sentence = _CHANGES_BY.get(notice.change, sentence)
    if notice.change == "created" and agency_name:
        sentence = _CREATED_FOR_AGENCY
    paragraphs = [[sentence.filled(by=notice.by, role=wording.ROLES[notice.role], agency=agency_name)]]
    if notice.change == "revoked":
        return MailText(subject, [*paragraphs, [_QUESTIONS]])
    if notice.change == "created":
        return MailText(subject, [*paragraphs, [_SIGN_IN.filled(link=links.sign_in)], [_NOT_YOUR_ACCOUNT]])
    return MailText(subject, [*paragraphs, [_NOT_YOU.filled(link=links.forgotten)]])


def _period(lifetime: timedelta) -> Message:
    if lifetime < _HOUR:
        return counted("Berlaku {count} menit.", int(lifetime.total_seconds()) // 60)
    return counted("Berlaku {count} jam.", int(lifetime / _HOUR))
