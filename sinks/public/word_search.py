"""Search for words in what everybody reads of the reports: titles, texts and answers, all masked.

Nothing else is searched, so no search tells of a word that is not shown. PostgreSQL has an index of the words; SQLite
reads the list in its order until a page is full.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, or_
from sqlmodel import col

from config.conditions import contains_text
from sinks.public.tables import PublicReport

# Returns the stems of a word in small letters, without the word itself.
Stems: TypeAlias = Callable[[str], Collection[str]]

_WORD = re.compile(r"[^\W_]+")
# Words of a query that are used. More only slow the search.
_MAX_QUERY_WORDS = 8
# Characters of a word. A longer one is no word.
_MAX_WORD_CHARACTERS = 40
# As the migration creates the index.
_INDEXED_WORDS: ColumnElement[str] = literal_column("to_tsvector('simple', words)")


def search_words(texts: Iterable[str], stems: Stems) -> str:
    """Return the words of texts, each once and between spaces, with their stems. Pure."""
    words = sorted({word for text in texts for word in _words_of(text)})
    all_words = sorted({*words, *(stem for word in words for stem in stems(word))})
    return f" {' '.join(all_words)} " if all_words else ""


def query_words(query: str, stems: Stems) -> Sequence[Sequence[str]]:
    """Return each word of a query with its stems, the word first. Pure."""
    words = _words_of(query)[:_MAX_QUERY_WORDS]
    return tuple((word, *sorted(stems(word))) for word in words)


def has_words(connection: Connection, words: Sequence[Sequence[str]]) -> ColumnElement[bool]:
    """Return the condition that a report has all words of a query, in any form, the last one also as a beginning."""
    if connection.dialect.name == "postgresql":
        terms = [_term(forms, ":*" if last else "") for forms, last in _marked(words)]
        return _INDEXED_WORDS.op("@@")(func.to_tsquery("simple", " & ".join(terms)))
    stored = col(PublicReport.words)
    return and_(
        *(
            or_(
                contains_text(stored, f" {forms[0]}{'' if last else ' '}"),
                *(contains_text(stored, f" {stem} ") for stem in forms[1:]),
            )
            for forms, last in _marked(words)
        )
    )


def _marked(words: Sequence[Sequence[str]]) -> Sequence[tuple[Sequence[str], bool]]:
    """Return each word, and True for the last one: a person may not have typed it to its end."""
    return [(forms, number == len(words)) for number, forms in enumerate(words, start=1)]


def _term(forms: Sequence[str], ending: str) -> str:
    return f"({' | '.join((forms[0] + ending, *forms[1:]))})"


def _words_of(text: str) -> list[str]:
    return [word[:_MAX_WORD_CHARACTERS] for word in _WORD.findall(text.lower())]
