"""Text by which a sender is asked how a report was handled: one SMS. Pure. It has no word of the report.

It names no agency and does not say that the case is closed, so it is true for every sender: a case can be closed that
somebody else reported first.
"""

from messages.channels import ReplyForm
from messages.gsm_alphabet import fits_one_sms

_QUESTION = "Bagaimana penanganan laporan {number} menurut Anda?"
_SHORT = "Penanganan laporan {number}: beri nilai 1-5 di {link}"
_BY_SMS = " Balas satu angka saja, dari 1 (buruk) sampai 5 (sangat baik)."
_BY_LINK = " Beri nilai 1 sampai 5: {link}"
_WITHOUT_LINK = " Beri nilai 1 sampai 5 di halaman laporan Anda."


def rating_question(form: ReplyForm, number: str, link: str) -> str:
    """Return the question about a report. Never for a public post: everybody would read it, and the answer.

    Only an SMS is answered by itself. Elsewhere the sender's own page takes the rating; a link that is too long for one
    SMS is left out.
    """
    question = _QUESTION.format(number=number)
    if form == "sms":
        return question + _BY_SMS
    by_link, short = question + _BY_LINK.format(link=link), _SHORT.format(number=number, link=link)
    candidates = (text for text in (by_link, short) if link and fits_one_sms(text))
    return next(candidates, question + _WITHOUT_LINK)
