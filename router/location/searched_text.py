"""The text of a report in which places, units and institutions are looked for."""

import re

from messages.shapes import Report

# Words that begin a line or a part of an address. Others than these may be the second half of a name (IndiHome).
_LINE_BEGINNINGS = (
    "Ada|Agar|Air|Alamat|Apakah|Assalam|Atas|Bagaimana|Banyak|Bapak|Banjir|Bu|Dan|Demikian|Dengan|Desa|Di|Ds|Dusun|Gang"
    "|Gg|Harap|Hormat|Ibu|Ini|Itu|Jalan|Jl|Jln|Kami|Kapan|Karena|Kec|Kecamatan|Kel|Kelurahan|Kepada"
    "|Lampu|Lokasi|Mohon|Nama|No|Nomor|Pak|Perum|Perumahan|Sampah|Sampai|Saya|Sekian|Selamat|Semoga|Sudah"
    "|Terima|Tolong|Trims|Untuk|Wassalam|Yang|Yth"
)
# The same if a name follows; at the end of a tag they belong to the name (#LaporSlemanKab).
_REGION_TYPES = "Kab|KAB|Kabupaten|Kota|Prov|Provinsi"
# A line break was lost behind a word in small letters before any capital (jalanRT 03), and behind any word before one
# that begins a line (TrucukKabupaten Klaten).
_LOST_BREAK = re.compile(
    r"(?<![^\W_])[a-z]{4,}(?=[A-Z])"
    rf"|[a-z]{{3}}(?=(?:{_LINE_BEGINNINGS})[a-z]*\b|(?:RT|RW|JL|JLN|DS|KEC)(?![A-Za-z])|(?:{_REGION_TYPES})[.: ]+[A-Z])"
)
# No break was lost in most texts: this is found much faster.
_MIDDLE_CAPITAL = re.compile(r"[a-z][A-Z]")


def location_text(report: Report) -> str:
    """Return title and text, one line each. The spans of place evidence and units are positions in this text.

    Lines that ran together are separated again: “ranting pohon ituKami sudah lapor”.
    """
    text = f"{report.title}\n{report.text}"
    return _LOST_BREAK.sub(r"\g<0>\n", text) if _MIDDLE_CAPITAL.search(text) else text
