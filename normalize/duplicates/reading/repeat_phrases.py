"""Phrases by which a sender refers to an earlier report of theirs. Pure."""

import re

# Phrases of senders who report the same matter again, in lower case. Each contains one of the stems below.
_REPEAT_PHRASE = re.compile(
    r"\b(?:laporan (?:saya|sy|kami|sebelumnya|kemarin|pertama|(?:se|dua|dulu|awal|hari)\w*)"
    r"|(?:sudah|sdh|udah|dah|pernah|prnh|telah|kemarin|kmrn|tadi|setelah|sempat|wis|wes|sampun|tos|alah) "
    r"(?:(?:dua|tiga|2|3) kali )?(?:saya |sy |kami |gw |di)?(?:lapor|melapor|laporkan|laporan|adukan|mengadu|ajukan)"
    r"|(?:saya|sy|kami) (?:adukan|laporkan|lapor (?:awal|soal|tentang|ttg|tiang|minggu|lewat|lwt))"
    r"|(?:minggu|hari) lalu (?:saya |sy )?(?:lapor|sms|melapor)"
    r"|menindaklanjuti laporan|tindak lanjut (?:surat|laporan)|nanyain laporan|kelanjutan laporan"
    r"|lapor(?:an)? (?:lagi|lg|ulang|minggu|mggu|bulan|awal|tgl|tanggal|[0-9])"
    r"|(?:yg|yang|sing|nan) (?:kemar[ei]n |kmrn |tempo hari )?(?:saya |sy )?(?:lapor|melapor|malapor|ngetwit|adukan)"
    r"|ke ?(?:dua|tiga|2|3) kali|kali ke|melengkapi|menyusul|lanjutan|ralat"
    r"|salah ketik)|\(\d ?/ ?\d\)|\A\W{0,3}\d ?/"
)
# Most texts contain no stem; the search for a stem is cheaper than the regular expression.
_STEMS = (
    *(
        "lapor",
        "adu",
        "ajukan",
        "ngetwit",
        "sms",
        "tindak lanjut",
        "kali",
        "melengkapi",
        "menyusul",
        "lanjutan",
        "ralat",
    ),
    *("salah ketik", "/"),
)


def mentions_earlier_report(lowercase_text: str) -> bool:
    """Return True if the text refers to an earlier report of its sender."""
    return any(map(lowercase_text.__contains__, _STEMS)) and bool(_REPEAT_PHRASE.search(lowercase_text))
