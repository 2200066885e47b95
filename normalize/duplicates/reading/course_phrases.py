"""Phrases by which a text says how a trouble went on: it came back after a repair, or it is still there. Pure.

A trouble that came back is a new occurrence: the agency has to come once more. One that is still there is the same.
"""

import re

_AGAIN = re.compile(r"\b(?:lagi|lg|kembali|balik|kambuh|terulang|berulang|maneh|maning|malih|deui|baliak)\b")
# Most texts contain no stem; the search for a stem is cheaper than the regular expression.
_AGAIN_STEMS = ("lagi", "lg", "kembali", "bali", "kambuh", "ulang", "man", "malih", "deui")
# A repair, or the end of a trouble, in lower case.
_ENDED = (
    r"(?:di(?:perbaiki|betul(?:kan|in)|benah[ik]|bener?in|tambal|ganti|keruk|bersihkan|angkut|tegur|tertibkan|atasi"
    r"|tangani|pangkas|aspal|servis|cor|jadwalkan|dandani)|didandos[ai]n?|diurup(?:ake|no|ake)n?|dibeneri|dibenak(?:no|e|ke)"
    r"|diangkuik|dibenerkeun|dioméan|hurung|urip|iduik|normal|hidup|nyala|menyala|lancar|surut|tenang|reda|beres|bagus)"
)
_AFTER_END = re.compile(
    rf"\b(?:sudah|sdh|udah|dah|telah|baru|sempat|sempet|habis|abis|setelah|stlh|usai|pernah|wis|wes|sampun|tos|lah|alah)\W+(?:\w+\W+){{0,2}}?{_ENDED}\b"
    r"|\btambalan\b|\bperbaikan (?:kemarin|kmrn|bulan|minggu|lalu)\b"
)
# Nothing was mended: the sender waits.
_NOT_ENDED = re.compile(
    rf"\b(?:belum|blm|belom|tidak|tdk|tak|ga|gak|nggak|kapan|supaya|agar|minta|mohon|tolong|harus|kalau|kalo|jika)"
    rf"\W+(?:\w+\W+){{0,3}}?{_ENDED}\b"
)


def says_recurred(lowercase_text: str) -> bool:
    """Return True if the text says that the trouble is back after a repair or after it had ended."""
    if not any(map(lowercase_text.__contains__, _AGAIN_STEMS)) or not _AGAIN.search(lowercase_text):
        return False
    without_waiting = _NOT_ENDED.sub(" ", lowercase_text)
    return bool(_AFTER_END.search(without_waiting))


# Troubles that come and go, or come anew: a power cut, a flood, a breakdown, a rotten repair.
_COMES_ANEW = (
    r"(?:mati|pejah|pareum|poek|peteng|padam|gelap|bergilir|byarpet|putus|gangguan|mogok|brenti|berhenti|ketahan|error|eror|down|kosong|langka"
    r"|penuh|macet|banjir|kebanjiran|tenggelam|masuk|longsor|jebol|bocor|mampet|tersumbat|keruh|hitam|numpuk|menumpuk"
    r"|bau|berisik|asap|kebakar|kebakaran|balap|balapan|rusak|berlubang|lubang|ambles|amblas|ngelupas|retak|hancur"
    r"|roboh|tumbang|terguling|jatuh)"
)
_COMES_AGAIN = re.compile(
    rf"\b{_COMES_ANEW}\W{{1,3}}(?:lagi|lg|deui|maneh|maning|kembali|baliak|malih)\b|\b(?:kambuh|kumat|terulang)\b"
)
_COMES_AGAIN_STEMS = (
    "lagi",
    "lg",
    "deui",
    "maneh",
    "maning",
    "kembali",
    "baliak",
    "malih",
    "kambuh",
    "kumat",
    "terulang",
)


def says_again(lowercase_text: str) -> bool:
    """Return True if the text says that a trouble came again: `mati lagi`. Not that it is reported again."""
    return any(map(lowercase_text.__contains__, _COMES_AGAIN_STEMS)) and bool(_COMES_AGAIN.search(lowercase_text))


_CONTINUING = re.compile(
    r"\b(?:masih|msh|tetap|tetep|ttp|isih|jik|durung|dereng|alun|teu acan|acan|makin|beuki"
    r"|ora ono|(?:sampai|sampe|sampek|smp|dugi ka) (?:sekarang|skrg|saiki|ayeuna|hari ini|saat ini)"
    r"|hari (?:ke ?-? ?\d+|kedua|ketiga|keempat|kelima)|(?:belum|blm|belom) (?:ada\b|di|jg\b|juga\b))"
)


def says_continuing(lowercase_text: str) -> bool:
    """Return True if the text says that a trouble is still there, or that nobody came."""
    return bool(_CONTINUING.search(lowercase_text))
