"""Every table has a line that says what forgetting a person does with it."""

from sqlalchemy import Engine, inspect

from app.operations.forgetting.erasure import STEPS
from app.operations.forgetting.treatments import TREATMENTS
from app.tables import METADATA

# Written with another table, or by the destruction of keys.
_WITHOUT_STEP = {"desk_search", "person_key"}


def test_every_table_has_a_line(engine: Engine) -> None:
    """The lines are those of the tables in the database: a new table needs a decision."""
    present = {name for name in inspect(engine).get_table_names() if not name.startswith("desk_search_")}
    assert present == set(TREATMENTS)
    assert set(METADATA.tables) <= set(TREATMENTS)


def test_a_table_is_changed_exactly_if_its_line_says_so() -> None:
    """A line that promises an effect has a step, and no step is without a line."""
    changed = {table for table, treatment in TREATMENTS.items() if treatment.effect != "kept"}
    assert changed - _WITHOUT_STEP == set(STEPS)
    assert all(treatment.reason for treatment in TREATMENTS.values())
