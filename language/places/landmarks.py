"""Well-known places that lie in a region or several: stations, roads, markets, local apps, accounts of governments.

Read from `config/data/landmarks.csv`. Whether the matter is the operator's own is not decided here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from config.reference.folder import SHIPPED_FOLDER
from config.reference.regions import Regions
from config.reference.table_reader import TableRow, raise_faults, read_table
from language.phrase_lexicon import PhraseLexicon
from language.words import Word

LANDMARKS = "landmarks.csv"
_COLUMNS = ("name", "kind", "codes", "operator")
_ACCOUNTS = "akun"
_LEAST_JOINED = 8


@dataclass(frozen=True, slots=True)
class Landmark:
    """`names` in normal form, `codes` dotted, `operator` the code of the institution that runs it, if one does."""

    names: tuple[str, ...]
    kind: str
    codes: tuple[str, ...]
    operator: str

    @property
    def account(self) -> bool:
        """Whether it is an account or the head of a government."""
        return self.kind == _ACCOUNTS


class LandmarkMatch(NamedTuple):
    """A landmark in a text, which is `text[start:end]`."""

    landmark: Landmark
    start: int
    end: int


class Landmarks:
    """A fixed set of landmarks; looking for them costs time by the words of the text."""

    def __init__(self, landmarks: Iterable[Landmark] = ()) -> None:
        landmarks = tuple(landmarks)
        self.operators = frozenset(one.operator for one in landmarks if one.operator)
        named = {tuple(name.split()): landmark for landmark in landmarks for name in landmark.names}
        # Accounts are written in one word: @luckyhakim.
        for landmark in landmarks:
            for name in landmark.names if landmark.account else ():
                if len(joined := name.replace(" ", "")) >= _LEAST_JOINED:
                    named.setdefault((joined,), landmark)
        self._names = PhraseLexicon(named)

    def find(self, words: Sequence[Word]) -> tuple[LandmarkMatch, ...]:
        """Those in a text, the longest at each place, in order and none overlapping another."""
        found: list[LandmarkMatch] = []
        end = 0
        for hit in self._names.find([word.normal for word in words]):
            if hit.first >= end:
                found.append(LandmarkMatch(hit.meaning, words[hit.first].start, words[hit.end - 1].end))
                end = hit.end
        return tuple(found)


def load_landmarks(regions: Regions, path: Path = SHIPPED_FOLDER / LANDMARKS) -> Landmarks:
    """The landmarks in a file. Raises `TableError`."""
    rows = [_landmark(row) for row in read_table(path, _COLUMNS)]
    raise_faults(path, _faults(rows, regions))
    return Landmarks(rows)


def _landmark(row: TableRow) -> Landmark:
    return Landmark(row.parts("name"), row.cells["kind"], row.parts("codes"), row.cells["operator"])


def _faults(landmarks: Sequence[Landmark], regions: Regions) -> Iterator[str]:
    seen: set[str] = set()
    for landmark in landmarks:
        if not landmark.names:
            yield "a landmark has no name"
        for name in landmark.names:
            if name != " ".join(name.lower().split()):
                yield f"{name!r} must be words in lower case with single spaces"
            if name in seen:
                yield f"{name} stands twice"
            seen.add(name)
        for code in landmark.codes:
            if regions.get(code) is None:
                yield f"{'|'.join(landmark.names)}: {code} is no region"
