"""An extended deadline in the figures: later, and no reaction of the agency."""

from datetime import timedelta

from sqlalchemy import Engine, select
from sqlmodel import col

from config.database import read_transaction
from messages.shapes import Kind
from oversight.read_model.tables import OversightCase
from tests.conftest import NOW
from tests.oversight.harness import OversightHarness
from tests.router.test_linked import complaint_of


def test_an_extension_moves_the_deadline_and_is_no_reaction(engine: Engine) -> None:
    """An agency that only extends has not touched the case; its answer on the twelfth working day is in time."""
    harness = OversightHarness(engine, NOW)
    complaint = complaint_of(1, "Mohon data puskesmas dari Kemenkes")
    report = complaint.report.model_copy(update={"kind": Kind.PERMINTAAN_INFORMASI})
    (dispatch,) = harness.send(complaint.model_copy(update={"report": report}))
    harness.time += timedelta(hours=1)
    harness.answer(dispatch, "extended", text="Masih dicari.", extension_days=7)
    columns = (col(OversightCase.touch_outcome), col(OversightCase.first_agency_outcome))
    times = (col(OversightCase.touched_at), col(OversightCase.answer_due_at))
    with read_transaction(engine) as connection:
        row = connection.execute(select(*columns, *times)).one()
    assert (row.touch_outcome, row.first_agency_outcome, row.touched_at) == ("open", "open", None)
    assert row.answer_due_at - dispatch.due_at >= timedelta(days=9)
    harness.time = row.answer_due_at
    harness.answer(dispatch, "responded")
    with read_transaction(engine) as connection:
        assert connection.execute(select(col(OversightCase.answer_outcome))).scalar_one() == "met"
