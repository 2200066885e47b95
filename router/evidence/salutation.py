"""Recognises an institution that is only spoken to: in the salutation, called first of all, or as an account.

“Yth. Bapak Menteri Kesehatan” at the very beginning is a salutation, whatever the report is about.
"""

import re

from router.evidence.reading.report_text import ReportText

_SALUTATION = re.compile(
    r"(?:\byth|\bkepada|\bkpd|\bkepd|\bdear|\bhalo|\bbapak|\bbpk|\bibu|\bpak|\bbu)\b[\s.,:;]*(?:\w+[\s.,:;]+){0,3}$",
    re.IGNORECASE,
)
# Greetings that may stand before the institution.
_GREETING = re.compile(r"\W*(?:(?:@?lapor\w*|assalam\w*|selamat \w+|halo|hallo|untuk|ke)\W+)*", re.IGNORECASE)
# A salutation begins within so many characters of the text.
_MAX_SALUTATION_START = 80
# Words that follow an institution that is called: “PLN tolong”.
_CALL_WORDS = frozenset(
    ("tolong", "mohon", "harap", "kapan", "kenapa", "mengapa", "bagaimana", "mana", "apakah", "pak", "saya")
)


def is_salutation(text: ReportText, first: int, end: int) -> bool:
    """Return True if the words from `first` to before `end` only address somebody."""
    start = text.words[first].start
    if start and text.text[start - 1] == "@":
        return True
    body_start = text.body_start if text.body_start <= start else 0
    if start - body_start >= _MAX_SALUTATION_START:
        return False
    preceding_body = text.text[body_start:start]
    if not preceding_body.strip():
        return _is_call(text, end)
    return bool(_SALUTATION.search(preceding_body) or _GREETING.fullmatch(preceding_body))


def _is_call(text: ReportText, end: int) -> bool:
    """Return True for “PLN, tolong”, False for “Kapal Pelni penuh sesak”."""
    following = text.text[text.words[end - 1].end :].lstrip(" ")
    if not following or not following[0].isalnum():
        return True
    return end < len(text.normal_forms) and text.normal_forms[end] in _CALL_WORDS
