"""The text of a report in which places, units and institutions are looked for."""

import re

from messages.shapes import Report

# A word that begins a line, directly behind the small letters of another word.
_RUN_TOGETHER = re.compile(
    r"(?<=[a-z]{3})(?=(?:Saya|Kami|Mohon|Tolong|Pak|Bapak|Bu|Ibu|Terima|Trims|Kepada|Yth|Sekian|Demikian|Assalam|Selamat"
    r"|Karena|Untuk|Jalan|Jl|Dan|Di|Lokasi|Alamat)[a-z]*\b)"
)


def location_text(report: Report) -> str:
    """Return title and text, one line each. The spans of place evidence and units are positions in this text.

    Lines that ran together are separated again: “ranting pohon ituKami sudah lapor”.
    """
    return _RUN_TOGETHER.sub("\n", f"{report.title}\n{report.text}")
