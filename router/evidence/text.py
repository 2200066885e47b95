"""A report as the router reads it: title and text, their words in normal form, and what is named in them."""

from dataclasses import dataclass

from language.spelling import SpellingCorrector
from language.words import Word, WordReader
from messages.shapes import Report
from router.location.location import location_text

_LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class ReportText:
    """`text` is title and text; `mended` are its `words` with wrong spellings mended, `normals` their normal forms."""

    text: str
    words: tuple[Word, ...]
    mended: tuple[Word, ...]
    normals: tuple[str, ...]

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Where words from `first` to before `end` stand in the text."""
        return self.words[first].start, self.words[end - 1].end

    def written(self, first: int, end: int) -> str:
        """Words from `first` to before `end` as they are written; see `quoted`."""
        return self.quoted(*self.span(first, end))

    def quoted(self, start: int, end: int) -> str:
        """A piece of the text in one line, cut where signs between its words make it long."""
        line = " ".join(self.text[start:end].split())
        return line if len(line) <= _LONGEST_QUOTE else f"{line[: _LONGEST_QUOTE - 1]}…"


class ReportReader:
    """Reads reports."""

    def __init__(self, words: WordReader, speller: SpellingCorrector) -> None:
        self._words = words
        self._speller = speller

    def read(self, report: Report) -> ReportText:
        """Title and text of a report."""
        text = location_text(report)
        words = tuple(self._words.of(text))
        meant = self._speller.meant
        normals = tuple(meant(word.normal) for word in words)
        mended = tuple(
            word if word.normal == normal else word._replace(normal=normal)
            for word, normal in zip(words, normals, strict=True)
        )
        return ReportText(text, words, mended, normals)
