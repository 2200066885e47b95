"""Makes of a complaint what is compared, and the keys under which it is found. Pure."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import compress
from operator import itemgetter
from typing import NamedTuple

from config.troubles import Troubles
from config.vocabulary import Vocabulary
from language.gazetteer import Gazetteer
from language.words import Word, Words
from messages.shapes import Channel, Report
from normalize.duplicates.keys import Keyring, Keys
from normalize.duplicates.matter import Matter, Named
from normalize.findings import Finding, Kind, find

# Words that so many texts have say nothing (of a weight from 0 to 1).
_SAYS_NOTHING = 0.22
# A number of so many digits is somebody's: kept as its keyed hash alone.
_SOMEBODYS = 6
# What is enough to look a complaint up by, with its kind of trouble.
_TELLING = frozenset(
    (
        *(Kind.STREET, Kind.ALLEY, Kind.LANDMARK, Kind.UNIT, Kind.BRANCH, Kind.VILLAGE, Kind.HAMLET, Kind.BLOCK),
        *(Kind.DISTRICT, Kind.AREA, Kind.NAME),
    )
)
_IDENTIFIERS = frozenset(
    (
        *(Kind.NIK, Kind.KK, Kind.BPJS, Kind.KPJ, Kind.NPWP, Kind.IDPEL, Kind.METER, Kind.ACCOUNT, Kind.PHONE),
        *(Kind.EMAIL, Kind.PLATE, Kind.TRACKING, Kind.REFERENCE, Kind.NUMBER),
    )
)
_WIDE = frozenset((Kind.CITY, Kind.PROVINCE))
# What people say who write again about what they reported, in small letters; each has one of the stems in it.
_AGAIN = re.compile(
    r"\b(?:laporan saya|(?:sudah|sdh|udah|pernah|saya|sy|yg) (?:lapor|melapor|melaporkan)"
    r"|lapor(?:an)? (?:lagi|lg|ulang)|ke ?(?:dua|tiga|2|3) kali|kali ke|melengkapi|menyusul|lanjutan|ralat"
    r"|perbaikan laporan|salah ketik)"
)
_STEMS = ("lapor", "kali", "melengkapi", "menyusul", "lanjutan", "ralat", "salah ketik")
_GROWING = frozenset({"menit", "jam", "hari", "minggu", "bulan", "tahun", "kali"})
_LONGEST = 400
_START, _NORMAL = itemgetter(0), itemgetter(2)
# Of what was looked up.
_NAME = itemgetter(1)
# Rarities are compared in steps, so that a word counted once more changes no order.
_STEPS = 10
# What is known of a word is remembered.
_REMEMBERED = 1 << 15


class _Said(NamedTuple):
    """A word: as it is compared, or nothing if it says nothing; whether no dictionary has it; how usual, in steps."""

    telling: str
    name: bool
    usual: int


class MatterReader:
    """`digest` is a keyed hash: equal for equal values, and nothing to whoever has no key."""

    def __init__(
        self,
        words: Words,
        vocabulary: Vocabulary,
        troubles: Troubles,
        gazetteer: Gazetteer,
        digest: Callable[[bytes], str],
    ) -> None:
        self._words = words
        self._vocabulary = vocabulary
        self._troubles = troubles
        self._gazetteer = gazetteer
        self._digest = digest
        self._keyring = Keyring(digest(b"keys").encode()[:64])
        self._said = lru_cache(_REMEMBERED)(self._look)

    def read(self, report: Report, sender: str, channel: Channel, at: float | None) -> Matter:
        """The matter of a report. `at` is in seconds of the epoch; `sender` is empty where nobody is known."""
        said = f"{report.title}\n{report.text}"
        where = report.place
        fields = " , ".join(part for part in (where.address, where.district, where.region) if part)
        named = find(said, self._gazetteer)
        words = _lasting(self._words.of(said), named)
        place = self._words.of(fields) if fields else []
        located = find(fields, self._gazetteer) if fields else ()
        begins = bisect_right(words, len(report.title), key=_START)
        title, text = words[: min(begins, _LONGEST)], words[begins : begins + _LONGEST]
        in_title, in_text, in_place = map(self._look_up, (title, text, place[:_LONGEST]))
        return Matter(
            words=_telling(in_text),
            title=_telling(in_title),
            place=_telling(in_place),
            fine=frozenset(
                (
                    *_fine([*title, *text][:_LONGEST], [*in_title, *in_text], named),
                    *_fine(place[:_LONGEST], in_place, located),
                )
            ),
            named=self._named(named),
            located=self._named(located),
            topics=self._troubles.of([normal for _, _, normal in words]),
            spot=None if where.latitude is None or where.longitude is None else (where.latitude, where.longitude),
            at=at,
            sender=sender,
            channel=channel.value,
            kind=report.kind.value,
            secret=report.rahasia,
            again=_says_again(said.lower()),
        )

    def keys(self, matter: Matter) -> Keys:
        """The keys under which the matter is found, and finds others."""
        words = matter.words or matter.title
        said = self._said
        sure = [one for one in matter.named if one[0] in _IDENTIFIERS]
        telling = [one for one in {*matter.named, *matter.located} if one[0] in _TELLING]
        fine = [("fine", word) for word in matter.fine]
        usual = [said(word)[2] for word in words]
        return self._keyring.keys(words, usual, (*sure, *telling, *fine), len(sure), matter.sender)

    def _look_up(self, words: Iterable[Word]) -> list[_Said]:
        return [*map(self._said, map(_NORMAL, words))]

    def _look(self, word: str) -> _Said:
        weight = self._vocabulary.weight(word)
        telling = self._secret(word) if word.isdecimal() and len(word) >= _SOMEBODYS else word
        name = word.isalpha() and not self._vocabulary.knows(word)
        return _Said(telling if weight > _SAYS_NOTHING else "", name, -int(_STEPS * weight))

    def _named(self, findings: Iterable[Finding]) -> tuple[Named, ...]:
        found = {
            (finding.kind.value, self._secret(finding.value) if finding.kind in _IDENTIFIERS else finding.value)
            for finding in findings
            if finding.kind is not Kind.MASKED
        }
        return tuple(sorted(found))

    def _secret(self, value: str) -> str:
        return f"#{self._digest(value.encode())[:16]}"


def _telling(words: Iterable[_Said]) -> tuple[str, ...]:
    return tuple([telling for telling, _, _ in words if telling])


def _fine(words: Sequence[Word], said: Iterable[_Said], found: Iterable[Finding]) -> set[str]:
    """Those that name something, but no city or province."""
    names = list(compress(words, map(_NAME, said)))
    wide = [(finding.start, finding.end) for finding in found if finding.kind in _WIDE] if names else []
    return {word.normal for word in names if not any(start <= word.start < end for start, end in wide)}


def _lasting(words: list[Word], named: Iterable[Finding]) -> list[Word]:
    """Without how long and how often: both grow while nobody comes."""
    grows = [
        (one.start, one.end) for one in named if one.kind is Kind.MEASURE and one.value.rpartition(" ")[2] in _GROWING
    ]
    if not grows:
        return words
    return [word for word in words if not any(start <= word[0] < end for start, end in grows)]


def _says_again(said: str) -> bool:
    return any(map(said.__contains__, _STEMS)) and bool(_AGAIN.search(said))
