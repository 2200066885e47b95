"""Title and text of a report with its words, their corrected forms and their normal forms."""

from typing import NamedTuple

from language.words import Word

# Longest quotation in an explanation, in characters.
_MAX_QUOTE_LENGTH = 80


class ReportText(NamedTuple):
    """A report's text and words. The three sequences of words have the same length.

    `text` is `location_text` of the report. `corrected_words` are `words` with spelling corrected; `normal_forms` are
    their normal forms, and `different_forms` each of these once. `body_start` is the position behind the first line,
    which is the title; 0 if there is one line.
    """

    text: str
    words: tuple[Word, ...]
    corrected_words: tuple[Word, ...]
    normal_forms: tuple[str, ...]
    different_forms: frozenset[str]
    body_start: int

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Return the position in the text of the words from `first` to before `end`."""
        return self.words[first].start, self.words[end - 1].end

    def quote_words(self, first: int, end: int) -> str:
        """Return the words from `first` to before `end` as they are written; see `quote`."""
        return self.quote(*self.span(first, end))

    def quote(self, start: int, end: int) -> str:
        """Return a part of the text in one line. Punctuation between words can make it long: it is cut then."""
        line = " ".join(self.text[start:end].split())
        return line if len(line) <= _MAX_QUOTE_LENGTH else f"{line[: _MAX_QUOTE_LENGTH - 1]}…"
