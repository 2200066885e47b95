"""Search for words in an agency's cases: a full-text index of each database (tsvector on PostgreSQL, FTS5 on SQLite).

The agency is a word of the index too, so that a search never reads another agency's cases. Each word is there with its
stems (`language.stems`): "berlubang" finds "lubang".
"""

import re
from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Engine,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy import column as sql_column
from sqlmodel import Uuid, col

from config.conditions import contains_text, is_one_of
from config.database import write_transaction
from config.table_declaration import ClearData, declared, emptied
from desk.read_model.tables import DeskCase
from language.stems import stems

_WORD = re.compile(r"\w+")
# Words of a query that are used. More only slow the search.
_MAX_QUERY_WORDS = 8
# Cases that are looked up by the index of words. More would have to be sorted for one page.
_MAX_MATCHES = 2_000
# Characters of an indexed word. A longer one is no word.
_MAX_WORD_CHARACTERS = 40
# The migration creates it: a table with a tsvector, or a virtual table.
_SEARCH = table("desk_search", sql_column("rowid"), sql_column("dispatch_id", Uuid()), sql_column("words"))
SEARCH_DECLARATION = declared(
    emptied("words of the case"),
    retention="case-words",
    clear=[ClearData("words", "all", "words", "Search of an institution in its own cases.")],
)
# Built once: each batch executes one of them.
_ROW_ID = bindparam("row_id", type_=Uuid())
_ROW_WORDS: BindParameter[str] = bindparam("row_words")
_INSERTION = insert(_SEARCH).values(dispatch_id=_ROW_ID, words=func.to_tsvector("simple", _ROW_WORDS))
# On SQLite. Of two cases with one number, which hardly exist, the second one is found by its words.
_NUMBERED_INSERTION = (
    insert(_SEARCH)
    .prefix_with("OR REPLACE")
    .values(rowid=bindparam("row_number"), dispatch_id=_ROW_ID, words=_ROW_WORDS)
)
# SQLite's numbers of rows have 63 bits, an id has 128.
_DROPPED_BITS = 65


def words_of(text: str) -> Sequence[str]:
    """Return the words of a text in small letters, each cut to the length that is indexed."""
    return [word[:_MAX_WORD_CHARACTERS] for word in _WORD.findall(text.lower())]


def index_cases(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store the words of rows of `DeskCase` that are not in the index yet."""
    if not rows:
        return
    values = [{"row_id": row["dispatch_id"], "row_words": _indexed_words(row)} for row in rows]
    if connection.dialect.name == "postgresql":
        connection.execute(_INSERTION, values)
        return
    numbered = [{**row, "row_number": row_number(row["row_id"])} for row in values]
    # FTS5 writes its memory to the disk before each number that is smaller than the one before.
    connection.execute(_NUMBERED_INSERTION, sorted(numbered, key=itemgetter("row_number")))


def remove_cases(connection: Connection, dispatch_ids: Collection[UUID]) -> None:
    """Remove the words of these cases. On SQLite the index has them until `erase_removed_words`."""
    if not dispatch_ids:
        return
    if connection.dialect.name == "postgresql":
        is_removed = is_one_of(_SEARCH.c.dispatch_id, dispatch_ids)
    else:
        is_removed = is_one_of(_SEARCH.c.rowid, [row_number(dispatch_id) for dispatch_id in dispatch_ids])
    connection.execute(delete(_SEARCH).where(is_removed))


def erase_removed_words(engine: Engine) -> None:
    """Let the words of removed cases leave the index on SQLite: FTS5 drops them when it merges the parts of the index.

    It is one transaction, 1.5 s for 150,000 cases. A merge in several ones damages the index if another transaction
    adds words between them (SQLite 3.40). Raises `DatabaseUnavailable`.
    """
    if engine.dialect.name == "sqlite":
        with write_transaction(engine) as connection:
            connection.exec_driver_sql("INSERT INTO desk_search(desk_search) VALUES ('optimize')")


def row_number(dispatch_id: UUID) -> int:
    """Return the number of a case in SQLite's index. FTS5 finds a row by its number alone, and by no other column."""
    return dispatch_id.int >> _DROPPED_BITS


class WordMatches(NamedTuple):
    """Cases that have the words of a query. `condition` is one about a row of `DeskCase`.

    `counted` is a condition that is cheap to count by. `is_part`: it has the first matches only, since very many cases
    have the words.
    """

    condition: ColumnElement[bool]
    counted: ColumnElement[bool]
    is_part: bool


def find_words(connection: Connection, agency: str, query: str) -> WordMatches | None:
    """Find the cases that have all words of the query, in any form of the word, the last one also as a beginning.

    `None` for a query without a word. Words that very many cases have are looked for in the texts of the list itself,
    in its order: a page is full after few rows. There they may also stand inside of other words.
    """
    words = words_of(query)[:_MAX_QUERY_WORDS]
    if not words:
        return None
    if connection.dialect.name == "postgresql":
        terms = [_alternatives(word, " | ", "{}", ":*" if last else "") for word, last in _marked(words)]
        text = " & ".join([_agency_word(agency), *terms])
        matches = sql_column("words").op("@@")(func.to_tsquery("simple", text))
    else:
        terms = [_alternatives(word, " OR ", '"{}"', "*" if last else "") for word, last in _marked(words)]
        text = " AND ".join([f'"{_agency_word(agency)}"', *terms])
        matches = literal_column("desk_search").op("MATCH")(text)
    matching_ids = select(_SEARCH.c.dispatch_id).where(matches).limit(_MAX_MATCHES + 1)
    ids = connection.execute(matching_ids).scalars().all()
    is_among = is_one_of(col(DeskCase.dispatch_id), ids)
    is_part = len(ids) > _MAX_MATCHES
    return WordMatches(_text_has(connection, words) if is_part else is_among, is_among, is_part)


def _marked(words: Sequence[str]) -> Sequence[tuple[str, bool]]:
    """Return each word, and True for the last one: a person may not have typed it to its end."""
    return [(word, number == len(words)) for number, word in enumerate(words, start=1)]


def _alternatives(word: str, between: str, quoted: str, ending: str) -> str:
    """Return the term for a word in any of its forms. `ending` makes the written word a beginning."""
    terms = [quoted.format(word) + ending, *map(quoted.format, sorted(stems(word)))]
    return f"({between.join(terms)})"


def _text_has(connection: Connection, words: Sequence[str]) -> ColumnElement[bool]:
    text: ColumnElement[str] = col(DeskCase.title) + " " + col(DeskCase.text) + " " + col(DeskCase.place)
    if connection.dialect.name == "postgresql":
        # The collation of bytes, which the columns have, knows no capital letters beyond ASCII.
        text = text.collate("default")
    small_text = func.lower(text)
    return and_(*(or_(*(contains_text(small_text, form) for form in (word, *sorted(stems(word))))) for word in words))


def _indexed_words(row: Mapping[str, Any]) -> str:
    words = words_of(f"{row['title']} {row['text']} {row['place']}")
    all_stems = sorted({stem for word in words for stem in stems(word)}.difference(words))
    return " ".join([_agency_word(row["agency"]), *words, *all_stems])


def _agency_word(agency: str) -> str:
    """Return a word for the agency that no text contains: its code without hyphens, between two marks."""
    return f"xagencyx{agency.replace('-', 'x')}"
