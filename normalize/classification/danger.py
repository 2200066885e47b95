"""Recognises that a message tells of danger to life at this moment, by the phrases of `dangers.csv`.

A denial, a mere possibility, the past and idioms cancel a phrase. The reader has no state and reads no file. It never
decides where a message goes: the result is a hint for the sender and a mark for staff.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from config.reference.danger_phrases import IDIOM, PRESENT, YEAR, DangerRow
from config.reference.table_reader import phrase_words
from language.phrase_lexicon import Phrase, PhraseLexicon, longest_by_word
from language.text import fold_text
from messages.shapes import Danger

# Characters that are read. A person in danger writes little.
_MAX_CHARACTERS = 2_000
# A message of at most so many words is one sentence: who is in a hurry writes no full stops.
_MAX_ONE_SENTENCE = 25
# Words between a cancelling phrase and the danger after it.
_MAX_CANCELLING_DISTANCE = 4
# Words between a danger and the phrase that it needs.
_MAX_NEAR_DISTANCE = 9
# Letters of words like *di*, *ke*, *dan*.
_MAX_PARTICLE = 3
_CANCELLING_BEFORE = frozenset({"not", "maybe"})

_WORD_OR_END = re.compile(r"[^\W_]+|[.!?;\n]")
_YEAR = re.compile(r"(?:19|20)\d\d")
# "kebakaraaan" is "kebakaran".
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_POSSESSIVE = re.compile(r"nya\b")
_NOT_LETTERS = {code: " " for code in range(128) if not chr(code).isalnum()}


class _Match(NamedTuple):
    """A phrase of a row in the words `start` to `end` (exclusive) of a sentence."""

    row: DangerRow
    start: int
    end: int


class DangerReader:
    """Reads by `rows`. Of two kinds of danger in a message, the one whose row stands first counts."""

    def __init__(self, rows: Iterable[DangerRow]) -> None:
        self._rows = tuple(rows)
        rows_by_phrase: dict[Phrase, list[DangerRow]] = defaultdict(list)
        for row in self._rows:
            for phrase in row.phrases:
                rows_by_phrase[phrase_words(_fold(phrase))].append(row)
        self._phrases = PhraseLexicon(rows_by_phrase)
        self._phrases_by_key_word = _phrases_by_key_word(self._rows)

    def danger(self, text: str, title: str = "") -> Danger:
        """Return the kind of danger that a message tells of, or an empty text."""
        folded_text = _fold(f"{title}\n{text}" if title else text)
        # Most messages have no phrase of danger. This check takes a fifth of the time of the rest.
        if not self._may_have_phrase(folded_text):
            return ""
        matches = [self._matches(words) for words in _sentences(folded_text)]
        is_over = any(match.row.means == "over" for sentence in matches for match in sentence)
        dangers = [match.row for sentence in matches for match in _dangers(sentence, is_over=is_over)]
        if not dangers:
            return ""
        return cast("Danger", min(dangers, key=self._rows.index).means)

    def _may_have_phrase(self, folded_text: str) -> bool:
        """Return False if no phrase of danger has all its words in the text.

        In other than ASCII texts words may be separated by other signs: there one word of a phrase is enough.
        """
        words = frozenset(folded_text.translate(_NOT_LETTERS).split())
        key_words = self._phrases_by_key_word.keys() & words
        if not key_words or not folded_text.isascii():
            return bool(key_words)
        return any(phrase <= words for word in key_words for phrase in self._phrases_by_key_word[word])

    def _matches(self, words: Sequence[str]) -> list[_Match]:
        """Return the longest phrases at each word. The words of an idiom begin no other phrase."""
        matches: list[_Match] = []
        idiom_end = 0
        for rows, start, end in longest_by_word(self._phrases.find_all(words)):
            if start >= idiom_end:
                matches += [_Match(row, start, end) for row in rows]
                if any(row.means == IDIOM for row in rows):
                    idiom_end = end
        return matches


def _fold(text: str) -> str:
    """Return the text in small letters, without stretched letters and without *-nya*: "apinya" is "api"."""
    return _POSSESSIVE.sub("", _STRETCHED.sub(r"\1", fold_text(text[:_MAX_CHARACTERS])))


def _phrases_by_key_word(rows: Sequence[DangerRow]) -> Mapping[str, Sequence[frozenset[str]]]:
    """Return the words of the phrases of danger by one word of each, by which most other messages are recognised.

    A word of a group (*ada*, *tolong*) is ordinary; of the others a long and frequent one is taken: for "lebih baik
    mati" it is *mati*. A year is no word here.
    """
    groups = [row for row in rows if not row.is_danger and row.means != IDIOM]
    ordinary = {word for row in groups for phrase in row.phrases for word in _fold(phrase).split(" ")}
    phrases = [_fold(phrase).split(" ") for row in rows if row.is_danger for phrase in row.phrases]
    frequencies = Counter(word for words in phrases for word in words)
    phrases_by_key_word: dict[str, list[frozenset[str]]] = defaultdict(list)
    for words in phrases:
        key_word = max(words, key=lambda word: (word not in ordinary, len(word) > _MAX_PARTICLE, frequencies[word]))
        phrases_by_key_word[key_word].append(frozenset(words) - {YEAR})
    return phrases_by_key_word


def _sentences(text: str) -> list[list[str]]:
    """Return the words of each sentence; of a short text as one sentence. A year is a mark."""
    sentences: list[list[str]] = [[]]
    for token in _WORD_OR_END.findall(text):
        if not token[0].isalnum():
            sentences.append([])
        else:
            sentences[-1].append(YEAR if _YEAR.fullmatch(token) else token)
    if sum(map(len, sentences)) <= _MAX_ONE_SENTENCE:
        return [[word for sentence in sentences for word in sentence]]
    return sentences


def _dangers(sentence: Sequence[_Match], *, is_over: bool) -> Iterator[_Match]:
    """Yield the dangers of a sentence that nothing cancels. `is_over`: the message tells of the past."""
    is_present = any(match.row.means == PRESENT for match in sentence)
    for match in sentence:
        is_past = is_over and not is_present and "over" in match.row.unless
        if match.row.is_danger and not is_past and _has_near(match, sentence) and not _is_cancelled(match, sentence):
            yield match


def _has_near(danger: _Match, sentence: Sequence[_Match]) -> bool:
    """Return whether the phrase that a danger needs is within reach, outside the danger's own words."""
    if not danger.row.near:
        return True
    return any(
        match.row.means == danger.row.near
        and (match.end <= danger.start or match.start >= danger.end)
        and max(danger.start - match.end, match.start - danger.end) <= _MAX_NEAR_DISTANCE
        for match in sentence
    )


def _is_cancelled(danger: _Match, sentence: Sequence[_Match]) -> bool:
    """Return whether a denial or a possibility stands shortly before the danger, or a condition directly after it."""
    cancelling = danger.row.unless & _CANCELLING_BEFORE
    return any(
        match.row.means in cancelling
        and (
            match.start < danger.start <= match.end + _MAX_CANCELLING_DISTANCE
            or (match.row.means == "maybe" and match.start == danger.end)
        )
        for match in sentence
    )
