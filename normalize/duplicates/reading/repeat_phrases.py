"""Phrases by which a sender refers to an earlier report of theirs. Pure."""

import re

# Phrases of senders who report the same matter again, in lower case. Each contains one of the stems below.
_REPEAT_PHRASE = re.compile(
    r"\b(?:laporan (?:saya|kami|sebelumnya|kemarin|pertama)"
    r"|(?:sudah|sdh|udah|pernah|prnh|telah|kemarin|kmrn|tadi) (?:saya |sy |kami |di)?(?:lapor|melapor|laporkan)"
    r"|lapor(?:an)? (?:lagi|lg|ulang|minggu|bulan|tgl|tanggal|[0-9])|(?:yg|yang) (?:lapor|melapor)"
    r"|ke ?(?:dua|tiga|2|3) kali|kali ke|melengkapi|menyusul|lanjutan|ralat"
    r"|salah ketik)|\(\d ?/ ?\d\)|\A\W{0,3}\d ?/"
)
# Most texts contain no stem; the search for a stem is cheaper than the regular expression.
_STEMS = (
    *("lapor", "kali", "melengkapi", "menyusul", "lanjutan", "ralat"),
    *("salah ketik", "/"),
)


def mentions_earlier_report(lowercase_text: str) -> bool:
    """Return True if the text refers to an earlier report of its sender."""
    return any(map(lowercase_text.__contains__, _STEMS)) and bool(_REPEAT_PHRASE.search(lowercase_text))
