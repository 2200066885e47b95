"""Well-known places that lie in a region or several: stations, roads, markets, local apps, accounts of governments.

Read from `config/data/landmarks.csv`. Whether the matter is the operator's own is not decided here.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from config.regions import Regions
from config.settings import SettingsError
from language.words import Word

_FILE = Path(__file__).parent.parent / "config" / "data" / "landmarks.csv"


_ACCOUNTS = "akun"
_LEAST_JOINED = 8


class LandmarksError(SettingsError):
    """The file can't be read as landmarks; the text names the row."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """`names` in normal form, `codes` dotted, `operator` the code of the institution that runs it, if one does."""

    names: tuple[str, ...]
    kind: str
    codes: tuple[str, ...]
    operator: str


class Seen(NamedTuple):
    """A landmark in a text, which is `text[start:end]`."""

    landmark: Landmark
    start: int
    end: int


class Landmarks:
    """A fixed set of landmarks; looking for them costs time by the words of the text."""

    def __init__(self, landmarks: Iterable[Landmark] = ()) -> None:
        landmarks = tuple(landmarks)
        self._named = {tuple(name.split()): landmark for landmark in landmarks for name in landmark.names}
        # Accounts are written in one word: @luckyhakim.
        for landmark in landmarks:
            for name in landmark.names if landmark.kind == _ACCOUNTS else ():
                if len(joined := name.replace(" ", "")) >= _LEAST_JOINED:
                    self._named.setdefault((joined,), landmark)
        self._longest: dict[str, int] = {}
        for first, *others in self._named:
            self._longest[first] = max(1 + len(others), self._longest.get(first, 0))

    def find(self, words: Sequence[Word]) -> tuple[Seen, ...]:
        """Those in a text, the longest at each place, in order and none overlapping another."""
        longest = self._longest
        found: list[Seen] = []
        end = 0
        for at in [at for at, word in enumerate(words) if word.normal in longest]:
            if at >= end and (seen := self._at(words, at)):
                one, length = seen
                found.append(one)
                end = at + length
        return tuple(found)

    def _at(self, words: Sequence[Word], at: int) -> tuple[Seen, int] | None:
        for length in range(min(self._longest[words[at].normal], len(words) - at), 0, -1):
            if landmark := self._named.get(tuple(word.normal for word in words[at : at + length])):
                return Seen(landmark, words[at].start, words[at + length - 1].end), length
        return None


def load_landmarks(regions: Regions, path: Path = _FILE) -> Landmarks:
    """The landmarks in a file. Raises `LandmarksError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [_landmark(row) for row in csv.DictReader(file, strict=True)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError, TypeError) as error:
        raise LandmarksError(f"{path}: {error!r}") from error
    if faults := list(_faults(rows, regions)):
        raise LandmarksError("\n".join(f"{path}: {fault}" for fault in faults))
    return Landmarks(rows)


def _landmark(row: dict[str, str]) -> Landmark:
    return Landmark(_cells(row["name"]), row["kind"], _cells(row["codes"]), row["operator"])


def _cells(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split("|")))


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
