"""Changes between two lists of rows."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.console.list_changes import ListChange, RowPlacement, diff_rows

LISTS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.sampled_from("xyz"))


def apply_change(before: dict[str, str], change: ListChange | None) -> list[tuple[str, str]]:
    """Return the rows after the change."""
    rows = list(before.items())
    for key in change.removed if change else ():
        rows = [row for row in rows if row[0] != key]
    for key, above, text in change.placed if change else ():
        if above is None:
            rows = [(row_key, text if row_key == key else row_text) for row_key, row_text in rows]
            continue
        rows = [row for row in rows if row[0] != key]
        index = next(index for index, row in enumerate(rows) if row[0] == above) + 1 if above else 0
        rows.insert(index, (key, text))
    return rows


@given(LISTS, LISTS)
def test_applying_the_changes_gives_the_new_list(before: dict[str, str], after: dict[str, str]) -> None:
    """Rows may be removed, added, moved and changed."""
    assert apply_change(before, diff_rows(before, after)) == list(after.items())


@given(LISTS, st.randoms())
def test_rows_can_move_to_any_order(before: dict[str, str], random: Random) -> None:
    """The changes of a permutation give that permutation."""
    after = random.sample([*before.items()], len(before))

    assert apply_change(before, diff_rows(before, dict(after))) == after


@given(LISTS)
def test_equal_lists_have_no_change(rows: dict[str, str]) -> None:
    """No event is sent for them."""
    assert diff_rows(rows, dict(rows)) is None


def test_one_moved_row_is_one_placement() -> None:
    """The other 599 rows are not moved."""
    before = {str(number): "" for number in range(600)}
    order = [key for key in before if key != "7"]
    order.insert(5, "7")

    assert diff_rows(before, dict.fromkeys(order, "")) == ListChange([], [RowPlacement("7", "4", "")])


def test_a_changed_row_stays_in_its_place() -> None:
    """Its placement names no row above it."""
    assert diff_rows({"a": "1", "b": "1"}, {"a": "1", "b": "2"}) == ListChange([], [RowPlacement("b", None, "2")])
