"""Texts of public replies on X: words only, without anything that X turns into a link. Pure.

A post with a link costs thirteen times as much as one without. X makes a link of every word that contains a domain,
also without a scheme: a label, a dot and a top-level domain, which begins with a letter (twitter-text, `validDomain`).
Marks before a word make hashtags, mentions and cashtags.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from messages.gsm_alphabet import SEGMENT, fits_one_sms, septets
from messages.replies.emergency_texts import emergency_hint
from messages.replies.reply_texts import UNNAMED_AGENCY, as_sms, cut_to_fit
from messages.shapes import Danger, Verdict
from messages.topics import TRIAGE

_DOT_BEFORE_LETTER = re.compile(r"\.(?=[^\W\d_])")
_MARK_BEFORE_WORD = re.compile(r"([@#$])(?=\w)")
_SCHEME = re.compile(r":(?=//)")
_ARCHIVED = "Laporan {} tidak kami teruskan ke instansi"
_ACTS: Mapping[Verdict, str] = MappingProxyType({"asked": "bertanya", "extended": "memperpanjang batas waktu"})
_PLACE_QUESTION = " Di mana? Balas dengan nama jalan atau desa, kecamatan, dan kota/kabupatennya."
_SHORT_PLACE_QUESTION = " Di mana (jalan, kecamatan, kota)?"
_PUBLIC = " Dapat dibaca umum; tidak mau? Balas RAHASIA."
# The page by its name: an address would be a link.
_WHERE = " Cek {} di halaman status."


def receipt_post(number: str, danger: Danger = "", *, asks_place: bool = False, tells_public: bool = False) -> str:
    """Return the text that a report was received, with the emergency number if it tells of danger to life.

    `asks_place`: the sender is asked for the place as well, where that fits. There is no second post about a receipt.
    `tells_public`: the sender is told that everybody may read the words, and how to prevent it. A report of danger is
    not public unless an officer releases it.
    """
    where = _WHERE.format(number)
    if danger:
        received = f"{emergency_hint(danger)} Laporan kami terima. Kami bukan layanan darurat."
        with_question = f"{received} Di mana?{where}"
        return with_question if asks_place and fits_one_sms(with_question) else received + where
    if tells_public:
        return f"Laporan kami terima.{_SHORT_PLACE_QUESTION if asks_place else ''}{_PUBLIC}{where}"
    if asks_place:
        return f"Terima kasih, laporan Anda kami terima.{_PLACE_QUESTION}{where}"
    return f"Terima kasih, laporan Anda kami terima.{where}"


def answer_post(verdict: Verdict, number: str, agency: str, agency_name: str, words: str) -> str:
    """Return the text about an answer with as many of the agency's words as one reply holds.

    `words` are empty if the public must not read them, `agency_name` if the agency must not be named.
    """
    where, shown_words = _WHERE.format(number), words_in_post(words)
    openings = _openings(verdict, number, agency, agency_name)
    texts = [f"{opening}.{where}" for opening in openings]
    if shown_words:
        with_words = [cut_to_fit(f"{opening}: ", shown_words, where) for opening in openings]
        texts = [*(text for text in with_words if text), *texts]
    return next(text for text in texts if fits_one_sms(text))


def post_septets_left(verdict: Verdict, number: str, agency: str, agency_name: str, words: str) -> int:
    """Return how many more septets of words one reply holds; negative if the words are cut."""
    openings = [f"{opening}: {_WHERE.format(number)}" for opening in _openings(verdict, number, agency, agency_name)]
    shortest_opening = min(size for opening in openings if (size := septets(opening)) is not None)
    return SEGMENT - shortest_opening - (septets(words_in_post(words)) or 0)


def words_in_post(words: str) -> str:
    """Return an agency's words as a reply has them."""
    return without_links(" ".join(as_sms(words).split()))


def _openings(verdict: Verdict, number: str, agency: str, agency_name: str) -> Sequence[str]:
    if agency == TRIAGE and verdict == "closed":
        return [_ARCHIVED.format(number)]
    act = _ACTS.get(verdict, "menjawab")
    names = [name for name in (without_links(as_sms(agency_name)), UNNAMED_AGENCY) if name]
    return [f"Laporan {number}: {name} {act}" for name in names]


def without_links(text: str) -> str:
    """Return the text with a space in each place where X would begin a link, a mention, a hashtag or a cashtag."""
    spaced = _SCHEME.sub(": ", _DOT_BEFORE_LETTER.sub(". ", text))
    return _MARK_BEFORE_WORD.sub(r"\1 ", spaced)
