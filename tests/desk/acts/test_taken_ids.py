"""An answer that is not the agency's own, or not about its case, may have the id of a valid one. It blocks nothing."""

from contextlib import suppress
from typing import Any

import pytest

from bus.errors import Reject
from desk.units.tiers import Tier
from messages.shapes import AnswerContent
from tests.desk.harness import OFFICER, DeskHarness
from tests.router.test_linked import complaint_of, id_of
from tests.support.agency_answers import unsigned_answer

HEALTH = "kementerian-kemenkes"


@pytest.mark.parametrize("forged", [{"agency": "bumn-pln"}, {"complaint_id": id_of(2)}])
def test_a_forged_answer_does_not_block_the_true_one(desk: DeskHarness, forged: dict[str, Any]) -> None:
    """Each is signed by the agency that it names. The router rejects it, and the desk has read it before the act."""
    (dispatch,) = desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    record = desk.answer_record(unsigned_answer(dispatch, "accepted"), **forged)
    with pytest.raises(Reject):
        desk.router.route_record(record)
    with suppress(Reject):
        desk.sink.handle([record])
    answers = desk.officer_answers()
    result = answers.give(OFFICER, Tier(HEALTH), "NOMOR1", 0, AnswerContent(verdict="accepted"))
    assert (result.fault, answers.with_pending_acts([dispatch.id])) == (None, {dispatch.id})
    desk.deliver()
    view = answers.case(Tier(HEALTH), "NOMOR1")
    assert view
    assert (view.state, view.version, view.pending) == ("proses", 1, [])
    assert answers.with_pending_acts([dispatch.id]) == set()
