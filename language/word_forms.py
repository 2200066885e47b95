"""Normal forms of one written word: slang, stretched letters, doubling by "2", digits for letters, the clitic -nya.

It does not know the words around it; `language.words` does.
"""

import re
from collections.abc import Iterator, Mapping

_DIGITS_OR_LETTERS = re.compile(r"[0-9]+|[^\W\d_][^0-9]*")
_AREA_UNITS = frozenset({"m2", "m3", "cm2", "km2"})
_DOUBLED = re.compile(r"([^\W\d_]{3,})2(?:x|(nya|an|kan|i|ku|mu|lah))?")
# Words of numbered things: "lantai2" is the second floor, not floors.
_NUMBERED = re.compile(
    "ayat|bab|blok|gang|gedung|golongan|jalur|jam|kelas|koridor|lantai|loket|nomor|opsi|pasal|poin|pukul|ruang|sdn|"
    "semester|seri|shift|sma|sman|smk|smkn|smp|smpn|tahap|tanggal|tingkat|tipe|tol|type|unit|versi|zona"
)
_LETTERS_BY_DIGIT = str.maketrans("013457", "oieast")
_WITH_DIGITS_FOR_LETTERS = re.compile(r"[a-z]+(?:[013457]+[a-z]+)+")
_STRETCHED = re.compile(r"(.)\1\1+")
# "golongan IIIb", "RT III", a masked "xxxx".
_ROMAN = re.compile(r"[ivx]+[a-e]?")
_CLITIC = "nya"
# Letters of a word before the clitic.
_CLITIC_STEM_LETTERS = range(3, 40)
_NOT_CLITIC = frozenset({"bertanya", "ditanya", "kutanya", "menanya", "nyonya", "penanya", "sadananya"})

# A part of a written word: start, end and normal forms.
WordPart = tuple[int, int, tuple[str, ...]]


class WordForms:
    """Normal forms by the formal words of `slang`, which are separated by spaces.

    Raises `ValueError` if a formal word has another normal form itself: its form would have no fixed end.
    """

    def __init__(self, slang: Mapping[str, str]) -> None:
        self._vocabulary = frozenset(slang) | {word for formal in slang.values() for word in formal.split()}
        self._formal: dict[str, tuple[str, ...]] = {}
        formal = {informal: tuple(self._forms_of_formal(words)) for informal, words in slang.items()}
        self._formal = formal
        if chained := [key for key, words in formal.items() if any(self.forms(word) != (word,) for word in words)]:
            raise ValueError(f"formal words of these rows have other forms: {', '.join(chained)}")

    def forms(self, word: str) -> tuple[str, ...]:
        """Return the normal forms of a word of letters: mostly one, several for some slang, none for a bare clitic."""
        # Each turn but the last makes the word shorter.
        while word not in self._formal:
            if shorter := self._shorten(word):
                word = shorter
            else:
                return () if word == _CLITIC else (word,)
        return self._formal[word]

    def forms_of_mixed(self, word: str) -> list[WordPart]:
        """Return the normal forms of a word with other characters than letters; it may be several words."""
        forms = self._forms_of_whole(word)
        if forms is not None:
            return [(0, len(word), forms)]
        parts = ((part.start(), part.end(), part.group()) for part in _DIGITS_OR_LETTERS.finditer(word))
        return [(start, end, self._forms_of_part(part)) for start, end, part in parts]

    def _forms_of_part(self, part: str) -> tuple[str, ...]:
        return (part,) if part.isdecimal() else self.forms(part.replace("'", ""))

    def _forms_of_whole(self, word: str) -> tuple[str, ...] | None:
        """Return the forms of a word that must not be split at its digits; None for any other word."""
        if word in self._formal or word in _AREA_UNITS:
            return self._formal.get(word, (word,))
        if (match := _DOUBLED.fullmatch(word)) and not any(map(_NUMBERED.fullmatch, self.forms(match[1]))):
            return self.forms(match[1]) + self.forms(match[1] + (match[2] or ""))
        letters = word.translate(_LETTERS_BY_DIGIT)
        if _WITH_DIGITS_FOR_LETTERS.fullmatch(word) and letters in self._vocabulary:
            return self.forms(letters)
        return None

    def _forms_of_formal(self, formal: str) -> Iterator[str]:
        for word in formal.replace("-", " ").split():
            yield from self.forms(word)

    def _shorten(self, word: str) -> str:
        """Return the word without stretched letters, a doubled last letter or the clitic; "" if it has none."""
        if _STRETCHED.search(word) and not _ROMAN.fullmatch(word):
            return self._unstretch(word)
        if word[-2:-1] == word[-1:] and word[:-1] in self._vocabulary:
            return word[:-1]
        stem = word.removesuffix(_CLITIC)
        has_clitic = len(stem) < len(word) and len(stem) in _CLITIC_STEM_LETTERS and word not in _NOT_CLITIC
        return stem if has_clitic else ""

    def _unstretch(self, word: str) -> str:
        """Return three or more equal letters as one; as two where that is a word (maaf) or an ending (-aan)."""
        once, twice = _STRETCHED.sub(r"\1", word), _STRETCHED.sub(r"\1\1", word)
        is_double = twice in self._vocabulary or twice.endswith("aan")
        return twice if is_double and once not in self._vocabulary else once
