"""The normal form of one written word: slang, stretched letters, doubling by "2", digits for letters, the clitic -nya.

It knows nothing of the words around it: that is `language.words`.
"""

import re
from collections.abc import Iterator, Mapping

_PIECE = re.compile(r"[0-9]+|[^\W\d_][^0-9]*")
_AREAS = frozenset({"m2", "m3", "cm2", "km2"})
_DOUBLED = re.compile(r"([^\W\d_]{3,})2(?:x|(nya|an|kan|i|ku|mu|lah))?")
# What has numbers: "lantai2" is the second floor, not floors.
_NUMBERED = re.compile(
    "ayat|bab|blok|gang|gedung|golongan|jalur|jam|kelas|koridor|lantai|loket|nomor|opsi|pasal|poin|pukul|ruang|sdn|"
    "semester|seri|shift|sma|sman|smk|smkn|smp|smpn|tahap|tanggal|tingkat|tipe|tol|type|unit|versi|zona"
)
_LEET = str.maketrans("013457", "oieast")
_LEETED = re.compile(r"[a-z]+(?:[013457]+[a-z]+)+")
_RUN = re.compile(r"(.)\1\1+")
# "golongan IIIb", "RT III", a masked "xxxx".
_ROMAN = re.compile(r"[ivx]+[a-e]?")
_CLITIC = "nya"
_STEM = range(3, 40)
_NOT_CLITIC = frozenset({"bertanya", "ditanya", "kutanya", "menanya", "nyonya", "penanya", "sadananya"})


class WordForms:
    """`slang` are formal words (several with spaces between) by an informal one.

    Raises `ValueError` when a formal word has another form itself: forms of forms would not end.
    """

    def __init__(self, slang: Mapping[str, str]) -> None:
        self._vocabulary = frozenset(slang) | {word for formal in slang.values() for word in formal.split()}
        self._formal: dict[str, tuple[str, ...]] = {}
        formal = {informal: tuple(self._spelled(words)) for informal, words in slang.items()}
        self._formal = formal
        if chained := [key for key, words in formal.items() if any(self.of(word) != (word,) for word in words)]:
            raise ValueError(f"formal words of these rows have other forms: {', '.join(chained)}")

    def of_odd(self, word: str) -> list[tuple[int, int, tuple[str, ...]]]:
        """The forms of a word with other signs than letters in it, with their places: it may be several words."""
        whole = self._whole(word)
        if whole is not None:
            return [(0, len(word), whole)]
        pieces = ((piece.start(), piece.end(), piece.group()) for piece in _PIECE.finditer(word))
        return [(start, end, self._piece(piece)) for start, end, piece in pieces]

    def _piece(self, piece: str) -> tuple[str, ...]:
        return (piece,) if piece.isdecimal() else self.of(piece.replace("'", ""))

    def _whole(self, word: str) -> tuple[str, ...] | None:
        if word in self._formal or word in _AREAS:
            return self._formal.get(word, (word,))
        if (match := _DOUBLED.fullmatch(word)) and not any(map(_NUMBERED.fullmatch, self.of(match[1]))):
            return self.of(match[1]) + self.of(match[1] + (match[2] or ""))
        if _LEETED.fullmatch(word) and (meant := word.translate(_LEET)) in self._vocabulary:
            return self.of(meant)
        return None

    def _spelled(self, formal: str) -> Iterator[str]:
        for word in formal.replace("-", " ").split():
            yield from self.of(word)

    def of(self, word: str) -> tuple[str, ...]:
        """Each turn but the last makes the word shorter."""
        while word not in self._formal:
            if shorter := self._shorter(word):
                word = shorter
            else:
                return () if word == _CLITIC else (word,)
        return self._formal[word]

    def _shorter(self, word: str) -> str:
        if _RUN.search(word) and not _ROMAN.fullmatch(word):
            return self._squeezed(word)
        if word[-2:-1] == word[-1:] and word[:-1] in self._vocabulary:
            return word[:-1]
        stem = word.removesuffix(_CLITIC)
        return stem if len(stem) < len(word) and len(stem) in _STEM and word not in _NOT_CLITIC else ""

    def _squeezed(self, word: str) -> str:
        """Letters that stand three times or more: once; twice where that is a word (maaf), or ends like one (-aan)."""
        once, twice = _RUN.sub(r"\1", word), _RUN.sub(r"\1\1", word)
        usual = twice in self._vocabulary or twice.endswith("aan")
        return twice if usual and once not in self._vocabulary else once
