"""Text by which a sender is asked if the Ombudsman may have the case: one SMS. Pure. It has no word of the report."""

from messages.cases.ombudsman_consent import ASK_DAYS
from messages.channels import ReplyForm
from messages.gsm_alphabet import fits_one_sms

_OPENING = "Laporan {number} belum selesai setelah {days} hari."
_SMS = _OPENING + " Serahkan ke Ombudsman, dengan nama dan kontak Anda? Balas YA {number} atau TIDAK {number}."
_NOTICE = _OPENING + " Boleh kami serahkan ke Ombudsman?"
_BY_LINK = " Jawab: {link}"
_WITHOUT_LINK = " Jawab di halaman laporan Anda."


def ombudsman_question(form: ReplyForm, number: str, link: str) -> str:
    """Return the question. Never for a public post: its form has no text.

    An SMS names the exact answers. A notice leads to the sender's own page, where the consequences are explained.
    """
    if form == "sms":
        return _SMS.format(number=number, days=ASK_DAYS)
    question = _NOTICE.format(number=number, days=ASK_DAYS)
    by_link = question + _BY_LINK.format(link=link)
    return by_link if fits_one_sms(by_link) else question + _WITHOUT_LINK
