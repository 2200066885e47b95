"""Kinds of trouble, and the words that citizens say them in. Facts read from `config/data/troubles.csv`."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from config.settings import SettingsError

_FILE = Path(__file__).parent / "data" / "troubles.csv"


class TroublesError(SettingsError):
    """The file can't be read as troubles; the text names the row."""


class Troubles:
    """Finds topics in words; `phrases` says which topic each phrase (words with single spaces) speaks of."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self._topics: dict[tuple[str, ...], str] = {tuple(phrase.split()): topic for phrase, topic in phrases.items()}
        self._lengths: dict[str, list[int]] = {}
        for phrase in self._topics:
            lengths = self._lengths.setdefault(phrase[0], [])
            if len(phrase) not in lengths:
                lengths.append(len(phrase))

    def of(self, words: Sequence[str]) -> frozenset[str]:
        """The topics that words in their normal form speak of."""
        return frozenset(self._found(words))

    def _found(self, words: Sequence[str]) -> Iterable[str]:
        for place, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                if topic := self._topics.get(tuple(words[place : place + length])):
                    yield topic


def load_troubles(path: Path = _FILE) -> Troubles:
    """The topics in a file. Raises `TroublesError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(row["topic"].strip(), row["words"].split("|")) for row in csv.DictReader(file, strict=True)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError) as error:
        raise TroublesError(f"{path}: {error!r}") from error
    phrases: dict[str, str] = {}
    for topic, words in rows:
        for phrase in words:
            if not topic or phrase != " ".join(phrase.lower().split()) or not phrase:
                raise TroublesError(f"{path}: {topic!r}: {phrase!r} is not a phrase in lower case with single spaces")
            if phrase in phrases:
                raise TroublesError(f"{path}: {phrase!r} stands under {phrases[phrase]!r} and {topic!r}")
            phrases[phrase] = topic
    return Troubles(phrases)
