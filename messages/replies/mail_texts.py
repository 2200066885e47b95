"""Text of a reply by e-mail. Pure. The provider sends it, and the desk shows it to the officer before it is sent."""

from typing import NamedTuple

_SUBJECT = "Kabar laporan {number}"
_BODY = """\
{text}

Halaman Anda sendiri, dengan seluruh jawaban. Jangan bagikan tautan ini:
{link}

Untuk orang lain cukup status laporan: {status}

Email ini dibuat otomatis. Mohon tidak dibalas.
"""


class ReplyMail(NamedTuple):
    """Subject and text of a mail."""

    subject: str
    body: str


def reply_mail(number: str, text: str, link: str, status: str) -> ReplyMail:
    """Return the mail with a reply. `link` is the sender's own link to the report, `status` the public status page."""
    return ReplyMail(_SUBJECT.format(number=number), _BODY.format(text=text, link=link, status=status))
