"""From one list of rows to the next."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.console.list_changes import Change, Put, change

LISTS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.sampled_from("xyz"))


def applied(before: dict[str, str], done: Change | None) -> list[tuple[str, str]]:
    """What a reader has afterwards."""
    rows = list(before.items())
    for key in done.gone if done else ():
        rows = [row for row in rows if row[0] != key]
    for key, after, text in done.put if done else ():
        if after is None:
            rows = [(each, text if each == key else said) for each, said in rows]
            continue
        rows = [row for row in rows if row[0] != key]
        at = next(place for place, row in enumerate(rows) if row[0] == after) + 1 if after else 0
        rows.insert(at, (key, text))
    return rows


@given(LISTS, LISTS)
def test_whoever_does_what_is_said_has_the_new_list(before: dict[str, str], now: dict[str, str]) -> None:
    """Whatever went, came, moved or changed."""
    assert applied(before, change(before, now)) == list(now.items())


@given(LISTS, st.randoms())
def test_rows_that_only_moved(before: dict[str, str], random: Random) -> None:
    """In any order."""
    now = random.sample([*before.items()], len(before))

    assert applied(before, change(before, dict(now))) == now


@given(LISTS)
def test_the_same_list_needs_nothing(rows: dict[str, str]) -> None:
    """Nothing is sent where nothing changed."""
    assert change(rows, dict(rows)) is None


def test_one_row_that_passes_another_is_one_row_sent() -> None:
    """Of six hundred rows those stay where they are whose order stays."""
    before = {str(at): "" for at in range(600)}
    order = [key for key in before if key != "7"]
    order.insert(5, "7")

    assert change(before, dict.fromkeys(order, "")) == Change([], [Put("7", "4", "")])


def test_a_changed_row_stays_in_its_place() -> None:
    """It has no place to go to."""
    assert change({"a": "1", "b": "1"}, {"a": "1", "b": "2"}) == Change([], [Put("b", None, "2")])
