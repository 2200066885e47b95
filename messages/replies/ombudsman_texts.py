"""Text by which a sender is asked if the Ombudsman may have the case: one SMS. Pure. It has no word of the report."""

from messages.gsm_alphabet import fits_one_sms

_OPENING = "Laporan {number} belum selesai setelah {days} hari."
_QUESTION = _OPENING + " Boleh kami serahkan ke Ombudsman?"
_BY_LINK = " Jawab: {link}"
_SHORT = "Laporan {number}, {days} hari: serahkan ke Ombudsman? {link}"
_WITHOUT_LINK = " Jawab di halaman laporan Anda."


def ombudsman_question(number: str, days: int, link: str) -> str:
    """Return the question about a case without an end for so many days. Never for a public post: its form has no text.

    The answer is given on the sender's own page, where the consequences are explained. An SMS is no consent: its sender
    can be forged, and a consent gives name and contact away. A link that is too long for one SMS is left out.
    """
    question = _QUESTION.format(number=number, days=days)
    by_link, short = question + _BY_LINK.format(link=link), _SHORT.format(number=number, days=days, link=link)
    candidates = (text for text in (by_link, short) if link and fits_one_sms(text))
    return next(candidates, question + _WITHOUT_LINK)
