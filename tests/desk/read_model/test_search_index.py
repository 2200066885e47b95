"""The index of words on SQLite: removed words leave it."""

import random
from uuid import UUID

import pytest
from sqlalchemy import Engine

from config.database import read_transaction, write_transaction
from desk.read_model.search import erase_removed_words, index_cases, remove_cases

CASES = 600
# No other word begins so, and FTS5 stores a word without the beginning that it shares with the one before.
CANARY = "qkenarijingga"


def case(number: int) -> dict[str, object]:
    """Return a case with words that few others have."""
    words = random.Random(number).choices(range(10**6), k=60)  # noqa: S311 - invented words
    text = " ".join(f"kata{word}" for word in words)
    return {"dispatch_id": id_of(number), "agency": "kota-3374", "title": "", "text": text, "place": ""}


def id_of(number: int) -> UUID:
    """Return an id whose number of the row does not rise with the cases."""
    return UUID(int=random.Random(-number - 1).getrandbits(128))  # noqa: S311 - an invented id


def blocks_with_canary(engine: Engine) -> int:
    """Return the number of stored parts of the index that have the word."""
    with read_transaction(engine) as connection:
        blocks = connection.exec_driver_sql("SELECT block FROM desk_search_data").scalars()
        return sum(CANARY[1:].encode() in block for block in blocks)


def matches(engine: Engine, word: str) -> int:
    """Return the number of cases that have a word."""
    with read_transaction(engine) as connection:
        query = "SELECT count(*) FROM desk_search WHERE desk_search MATCH ?"
        return int(connection.exec_driver_sql(query, (word,)).scalar_one())


@pytest.mark.only_on("sqlite", "its index of words is a table of FTS5")
def test_removed_words_leave_the_index(engine: Engine) -> None:
    """They leave it whatever is added meanwhile, and all other words stay."""
    for first in range(0, CASES, 100):
        rows = [case(number) for number in range(first, first + 100)]
        rows[50]["text"] = CANARY
        with write_transaction(engine) as connection:
            index_cases(connection, rows)
    assert (blocks_with_canary(engine), matches(engine, CANARY)) == (6, 6)
    for first in range(0, CASES, 100):
        with write_transaction(engine) as connection:
            remove_cases(connection, [id_of(first + 50)])
            index_cases(connection, [case(CASES + first)])
    assert matches(engine, CANARY) == 0
    assert blocks_with_canary(engine) > 0
    erase_removed_words(engine)
    assert blocks_with_canary(engine) == 0
    erase_removed_words(engine)
    assert matches(engine, "xagencyxkotax3374") == CASES
    with write_transaction(engine) as connection:
        connection.exec_driver_sql("INSERT INTO desk_search(desk_search, rank) VALUES ('integrity-check', 1)")
