"""Well-known places in one region or several: stations, roads, markets, local apps, accounts of governments.

Read from `landmarks.csv`. It does not decide if the matter is that of the landmark's operator.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from config.reference.folder import SHIPPED_FOLDER
from config.reference.regions import Regions
from config.reference.table_reader import TableRow, phrase_words, raise_faults, read_table
from language.phrase_lexicon import LexiconMatch
from language.words import Word

LANDMARKS = "landmarks.csv"
_COLUMNS = ("name", "kind", "codes", "operator")
_ACCOUNT_KIND = "akun"
# Minimum letters of an account's name in one word; a shorter one may be an ordinary word.
_MIN_ACCOUNT_LETTERS = 8


@dataclass(frozen=True, slots=True)
class Landmark:
    """`names` in normal form, `codes` dotted, `operator` the code of the institution that runs it, or empty."""

    names: tuple[str, ...]
    kind: str
    codes: tuple[str, ...]
    operator: str

    @property
    def account(self) -> bool:
        """True for an account, or the head of a government."""
        return self.kind == _ACCOUNT_KIND


class LandmarkMatch(NamedTuple):
    """A landmark in a text, where it is `text[start:end]`."""

    landmark: Landmark
    start: int
    end: int


class Landmarks:
    """A fixed set of landmarks, by the `phrases` of their names."""

    def __init__(self, landmarks: Iterable[Landmark] = ()) -> None:
        landmarks = tuple(landmarks)
        self.operators = frozenset(landmark.operator for landmark in landmarks if landmark.operator)
        self.phrases = {phrase_words(name): landmark for landmark in landmarks for name in landmark.names}
        # Accounts are written in one word: @luckyhakim.
        for landmark in filter(lambda landmark: landmark.account, landmarks):
            for account in (name.replace(" ", "") for name in landmark.names):
                if len(account) >= _MIN_ACCOUNT_LETTERS:
                    self.phrases.setdefault((account,), landmark)


def landmarks_in_text(phrases: Iterable[LexiconMatch[Landmark]], words: Sequence[Word]) -> tuple[LandmarkMatch, ...]:
    """Return the landmarks whose names are among the words of a text, without those that overlap a previous one."""
    matches: list[LandmarkMatch] = []
    last_end = 0
    for landmark, first, end in phrases:
        if first >= last_end:
            matches.append(LandmarkMatch(landmark, words[first].start, words[end - 1].end))
            last_end = end
    return tuple(matches)


def load_landmarks(regions: Regions, path: Path = SHIPPED_FOLDER / LANDMARKS) -> Landmarks:
    """Return the landmarks in a table. Raises `TableError`."""
    rows = read_table(path, _COLUMNS)
    raise_faults(path, _faults(rows, regions))
    return Landmarks(map(_landmark, rows))


def _landmark(row: TableRow) -> Landmark:
    return Landmark(row.parts("name"), row.cells["kind"], row.parts("codes"), row.cells["operator"])


def _faults(rows: Sequence[TableRow], regions: Regions) -> Iterator[str]:
    previous_names: set[str] = set()
    for row in rows:
        landmark = _landmark(row)
        if not landmark.names:
            yield f"line {row.line}: a landmark has no name; add it"
        for name in landmark.names:
            if name != " ".join(name.lower().split()):
                yield f"line {row.line}: {name!r} must be words in lower case with single spaces"
            if name in previous_names:
                yield f"line {row.line}: {name} stands twice; keep one row"
            previous_names.add(name)
        for code in landmark.codes:
            if regions.get(code) is None:
                yield f"line {row.line}: {'|'.join(landmark.names)}: {code} is no region"
