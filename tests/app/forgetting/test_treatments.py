"""What forgetting a person does with each table is done.

Each table has a line, and a row of the retention table: `tests/app/retention/test_retention_table.py`.
"""

from app.operations.forgetting.erasure import STEPS
from app.operations.forgetting.treatments import TREATMENTS

# Written with another table, or by the destruction of keys.
_WITHOUT_STEP = {"desk_search", "person_key"}


def test_a_table_is_changed_exactly_if_its_line_says_so() -> None:
    """A line that promises an effect has a step, and no step is without a line."""
    changed = {table for table, treatment in TREATMENTS.items() if treatment.effect != "kept"}
    assert changed - _WITHOUT_STEP == set(STEPS)
    assert all(treatment.reason for treatment in TREATMENTS.values())
