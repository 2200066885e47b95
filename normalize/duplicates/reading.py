"""Makes of a complaint what is compared, and the keys under which it is found. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from config.troubles import Troubles
from config.vocabulary import Vocabulary
from language.gazetteer import Gazetteer
from language.words import Word, Words
from messages.shapes import Channel, Report
from normalize.duplicates.keys import named_keys, text_keys
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
# What people say who write again about what they reported.
_AGAIN = re.compile(
    r"\b(?:laporan saya|(?:sudah|sdh|udah|pernah|saya|sy|yg) (?:lapor|melapor|melaporkan)"
    r"|lapor(?:an)? (?:lagi|lg|ulang)|ke ?(?:dua|tiga|2|3) kali|kali ke|melengkapi|menyusul|lanjutan|ralat"
    r"|perbaikan laporan|salah ketik)",
    re.IGNORECASE,
)
_GROWING = frozenset({"menit", "jam", "hari", "minggu", "bulan", "tahun", "kali"})
_LONGEST = 400


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

    def read(self, report: Report, sender: str, channel: Channel, at: float | None) -> Matter:
        """The matter of a report. `at` is in seconds of the epoch; `sender` is empty where nobody is known."""
        said = f"{report.title}\n{report.text}"
        where = report.place
        fields = " , ".join(part for part in (where.address, where.district, where.region) if part)
        named = find(said, self._gazetteer)
        words = list(_lasting(self._words.of(said), named))
        place = self._words.of(fields) if fields else []
        located = find(fields, self._gazetteer) if fields else ()
        text = [word for word in words if word.start > len(report.title)]
        spot = None if where.latitude is None or where.longitude is None else (where.latitude, where.longitude)
        return Matter(
            words=self._telling(text),
            title=self._telling(words[: len(words) - len(text)]),
            place=self._telling(place),
            fine=frozenset((*self._fine(words, named), *self._fine(place, located))),
            named=self._named(named),
            located=self._named(located),
            topics=self._troubles.of([word.normal for word in words]),
            spot=spot,
            at=at,
            sender=sender,
            channel=channel.value,
            kind=report.kind.value,
            secret=report.rahasia,
            again=bool(_AGAIN.search(said)),
        )

    def keys(self, matter: Matter) -> list[int]:
        """The keys under which the matter is found, and finds others."""
        words = matter.words or matter.title
        weights = {word: self._vocabulary.weight(word) for word in words}
        telling = [(kind, value) for kind, value in {*matter.named, *matter.located} if kind in _TELLING]
        telling += [("fine", word) for word in matter.fine]
        identifiers = [(kind, value) for kind, value in matter.named if kind in _IDENTIFIERS]
        found = (*named_keys(identifiers, ()), *named_keys(telling, ()), *text_keys(words, weights))
        return list(dict.fromkeys(found))

    def _telling(self, words: Sequence[Word]) -> tuple[str, ...]:
        weight = self._vocabulary.weight
        kept = (word.normal for word in words[:_LONGEST] if weight(word.normal) > _SAYS_NOTHING)
        return tuple(self._secret(word) if word.isdecimal() and len(word) >= _SOMEBODYS else word for word in kept)

    def _fine(self, words: Sequence[Word], found: Iterable[Finding]) -> Iterator[str]:
        wide = [(finding.start, finding.end) for finding in found if finding.kind in _WIDE]
        for word in words[:_LONGEST]:
            name = word.normal.isalpha() and not self._vocabulary.knows(word.normal)
            if name and not any(start <= word.start < end for start, end in wide):
                yield word.normal

    def _named(self, findings: Iterable[Finding]) -> tuple[Named, ...]:
        found = {
            (finding.kind.value, self._secret(finding.value) if finding.kind in _IDENTIFIERS else finding.value)
            for finding in findings
            if finding.kind is not Kind.MASKED
        }
        return tuple(sorted(found))

    def _secret(self, value: str) -> str:
        return f"#{self._digest(value.encode())[:16]}"


def _lasting(words: Iterable[Word], named: Iterable[Finding]) -> Iterator[Word]:
    """Without how long and how often: both grow while nobody comes."""
    grows = [
        (one.start, one.end) for one in named if one.kind is Kind.MEASURE and one.value.rpartition(" ")[2] in _GROWING
    ]
    return (word for word in words if not any(start <= word.start < end for start, end in grows))
