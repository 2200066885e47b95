"""Whether somebody says that they have written of it before. Pure."""

import re

# What people say who write again about what they reported, in small letters; each has one of the stems in it.
_AGAIN = re.compile(
    r"\b(?:laporan (?:saya|kami|sebelumnya|kemarin|pertama)"
    r"|(?:sudah|sdh|udah|pernah|prnh|telah|kemarin|kmrn|tadi) (?:saya |sy |kami |di)?(?:lapor|melapor|laporkan)"
    r"|lapor(?:an)? (?:lagi|lg|ulang|minggu|bulan|tgl|tanggal|[0-9])|(?:yg|yang) (?:lapor|melapor)"
    r"|ke ?(?:dua|tiga|2|3) kali|kali ke|melengkapi|menyusul|lanjutan|ralat"
    r"|salah ketik)|\(\d ?/ ?\d\)|\A\W{0,3}\d ?/"
)
_STEMS = (
    *("lapor", "kali", "melengkapi", "menyusul", "lanjutan", "ralat"),
    *("salah ketik", "/"),
)


def says_again(said: str) -> bool:
    """Whether a text, in small letters, says so."""
    return any(map(said.__contains__, _STEMS)) and bool(_AGAIN.search(said))
